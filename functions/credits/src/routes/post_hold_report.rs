//! `POST /api/users/{userId}/holds/{holdId}/report`: reports the use so far, so that a
//! hold whose caller dies can be settled from it.

use shared::http::{ApiError, Event, Response};

use crate::app::App;
use crate::asked::Asked;
use crate::bodies;
use crate::service::{ServiceRequest, answer};

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/holds/{holdId}/report";

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse; models are loaded to check whether the named one is on offer
    let request = ServiceRequest::of(app, event)?;
    let hold = request.hold_of_path(event)?;
    let spending = request.body(app, event, bodies::spending).await?;

    // decide, commit
    let asked = Asked::Report { hold, spending };
    let committed = request.commit(app, asked).await?;

    // render
    answer(&committed)
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    let text = "Report the use of a hold so far";
    crate::openapi::of_hold(
        ROUTE_KEY,
        "reportHold",
        text,
        crate::openapi::Body::Spending,
    )
    .finish()
}

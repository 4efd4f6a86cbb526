//! `POST /api/users/{userId}/holds`: holds credits for a call whose price is not known
//! yet, all or nothing.

use shared::http::{ApiError, Event, Response};

use crate::app::App;
use crate::asked::Asked;
use crate::bodies;
use crate::service::{ServiceRequest, answer};

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/holds";

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let request = ServiceRequest::of(app, event)?;
    let terms = request.body(app, event, bodies::hold_terms).await?;

    // decide, commit
    let hold = request.new_hold();
    let committed = request.commit(app, Asked::Hold { hold, terms }).await?;

    // render
    answer(&committed)
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    crate::openapi::hold(ROUTE_KEY)
}

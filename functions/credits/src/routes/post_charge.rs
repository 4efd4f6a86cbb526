//! `POST /api/users/{userId}/charges`: charges credits, all or nothing. A repeat under
//! the same key gets the recorded answer.

use shared::http::{ApiError, Event, Response};

use crate::app::App;
use crate::asked::Asked;
use crate::bodies;
use crate::service::{ServiceRequest, answer};

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/charges";

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse; models are loaded to check whether the named one is on offer
    let request = ServiceRequest::of(app, event)?;
    let spending = request.body(app, event, bodies::spending).await?;

    // decide, commit
    let committed = request.commit(app, Asked::Charge(spending)).await?;

    // render
    answer(&committed)
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    crate::openapi::charge(ROUTE_KEY)
}

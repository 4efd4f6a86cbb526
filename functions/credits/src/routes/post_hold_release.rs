//! `POST /api/users/{userId}/holds/{holdId}/release`: releases a whole hold. Nothing is
//! charged.

use shared::http::{ApiError, Event, Response};

use crate::app::App;
use crate::asked::Asked;
use crate::bodies;
use crate::service::{ServiceRequest, answer};

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/holds/{holdId}/release";

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let request = ServiceRequest::of(app, event)?;
    let hold = request.hold_of_path(event)?;
    bodies::nothing(event)?;

    // decide, commit
    let committed = request.commit(app, Asked::Release { hold }).await?;

    // render
    answer(&committed)
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    let text = "Release a hold; nothing is charged";
    crate::openapi::of_hold(
        ROUTE_KEY,
        "releaseHold",
        text,
        crate::openapi::Body::Nothing,
    )
    .finish()
}

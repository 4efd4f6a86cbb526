//! `POST /api/users/{userId}/holds/{holdId}/extend`: extends the lifetime of a hold.
//! The amount held stays the same.

use shared::http::{ApiError, Event, Response};

use crate::app::App;
use crate::asked::Asked;
use crate::bodies;
use crate::service::{ServiceRequest, answer};

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/holds/{holdId}/extend";

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let request = ServiceRequest::of(app, event)?;
    let hold = request.hold_of_path(event)?;
    let ttl_seconds = bodies::extension(event)?;

    // decide, commit
    let asked = Asked::Extend { hold, ttl_seconds };
    let committed = request.commit(app, asked).await?;

    // render
    answer(&committed)
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    let text = "Extend the lifetime of a hold";
    crate::openapi::of_hold(
        ROUTE_KEY,
        "extendHold",
        text,
        crate::openapi::Body::Extension,
    )
    .failing(&[shared::http::openapi::ErrorCode::UserInactive])
    .finish()
}

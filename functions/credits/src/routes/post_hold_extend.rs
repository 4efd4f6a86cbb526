//! `POST /api/users/{userId}/holds/{holdId}/extend`: lets a hold live longer.

use shared::domain::Action;
use shared::http::{ApiError, Event, Fields, Response};

use crate::app::App;
use crate::fields;
use crate::service::ServiceRequest;

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/holds/{holdId}/extend";

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let mut request = ServiceRequest::of(app, event)?;
    let hold = request.hold_of_path(event)?;
    let mut body = Fields::of(event)?;
    let ttl_seconds = fields::ttl_seconds(&mut body, request.digester(), None);
    body.finish()?;

    // load, decide, commit, render
    let ttl_seconds = ttl_seconds.unwrap_or_default();
    let action = Action::Extend { hold, ttl_seconds };
    request.commit(app, action, None).await
}

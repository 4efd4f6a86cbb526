//! `POST /api/users/{userId}/holds/{holdId}/release`: gives everything back.

use shared::domain::Action;
use shared::http::{ApiError, Event, Fields, Response};

use crate::app::App;
use crate::service::ServiceRequest;

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/holds/{holdId}/release";

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse: there is nothing to say; an empty object is fine
    let mut request = ServiceRequest::of(app, event)?;
    let hold = request.hold_of_path(event)?;
    if event.has_body() {
        Fields::of(event)?.finish()?;
    }

    // load, decide, commit, render
    request.commit(app, Action::Release { hold }, None).await
}

//! `POST /api/users/{userId}/holds/{holdId}/commit`: charges what was
//! really used and gives back the rest.

use shared::domain::Action;
use shared::http::{ApiError, Event, Response};

use crate::app::App;
use crate::service::{ServiceRequest, Spending};

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/holds/{holdId}/commit";

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let mut request = ServiceRequest::of(app, event)?;
    let hold = request.hold_of_path(event)?;
    let Spending {
        amount,
        usage,
        label,
    } = request.spending(app, event).await?;

    // load, decide, commit, render
    let action = Action::Commit {
        hold,
        amount,
        usage,
    };
    request.commit(app, action, label).await
}

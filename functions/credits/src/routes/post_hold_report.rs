//! `POST /api/users/{userId}/holds/{holdId}/report`: says what was used so far,
//! so that a hold whose caller dies can be settled at it.

use shared::domain::Action;
use shared::http::{ApiError, Event, Response};

use crate::app::App;
use crate::service::{ServiceRequest, Spending};

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/holds/{holdId}/report";

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
    let action = Action::Report {
        hold,
        amount,
        usage,
    };
    request.commit(app, action, label).await
}

//! `POST /api/users/{userId}/charges`: takes credits, all or nothing.

use shared::domain::Action;
use shared::http::{ApiError, Event, Response};

use crate::app::App;
use crate::service::{ServiceRequest, Spending};

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/charges";

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let mut request = ServiceRequest::of(app, event)?;
    let Spending {
        amount,
        usage,
        label,
    } = request.spending(app, event).await?;

    // load, decide, commit, render
    request
        .commit(app, Action::Charge { amount, usage }, label)
        .await
}

//! `POST /api/users/{userId}/charges`: takes credits, all or nothing.

use shared::http::{ApiError, Event, Response};

use crate::app::App;
use crate::asked::{Asked, Spending};
use crate::service::{ServiceRequest, answer};

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/charges";

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let request = ServiceRequest::of(app, event)?;
    let spending = Spending::of(event)?;

    // load
    request.check_model(app, &spending.usage).await?;

    // decide, commit
    let committed = request.commit(app, Asked::Charge(spending)).await?;

    // render
    answer(&committed)
}

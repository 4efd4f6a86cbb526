//! `POST /api/users/{userId}/charges`: takes credits, all or nothing.

use shared::domain::{Action, Credits};
use shared::http::{ApiError, Event, Fields, Response};

use crate::App;
use crate::fields;
use crate::service::ServiceRequest;

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/charges";

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let mut request = ServiceRequest::of(app, event)?;
    let mut body = Fields::of(event)?;
    let digester = request.digester();
    let amount = fields::amount(&mut body, digester);
    let usage = fields::usage(&mut body, digester);
    let label = fields::label(&mut body, digester);
    app.check_model(&request, &mut body, &usage).await?;
    body.finish()?;

    // load, decide, commit, render
    let amount = amount.unwrap_or(Credits::ZERO);
    let action = Action::Charge { amount, usage };
    request.commit(app, action, label).await
}

//! `POST /api/users/{userId}/holds/{holdId}/report`: says what was used so far,
//! so that a hold whose caller dies can be settled at it.

use shared::domain::{Action, Credits};
use shared::http::{ApiError, Event, Fields, Response};

use crate::App;
use crate::fields;
use crate::service::ServiceRequest;

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/holds/{holdId}/report";

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let mut request = ServiceRequest::of(app, event)?;
    let hold = request.hold_of_path(event)?;
    let mut body = Fields::of(event)?;
    let digester = request.digester();
    let amount = fields::amount(&mut body, digester);
    let usage = fields::usage(&mut body, digester);
    let label = fields::label(&mut body, digester);
    app.check_model(&request, &mut body, &usage).await?;
    body.finish()?;

    // load, decide, commit, render
    let action = Action::Report {
        hold,
        amount: amount.unwrap_or(Credits::ZERO),
        usage,
    };
    request.commit(app, action, label).await
}

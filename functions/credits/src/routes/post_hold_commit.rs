//! `POST /api/users/{userId}/holds/{holdId}/commit`: charges what was
//! really used and gives back the rest.

use shared::domain::{Action, Credits};
use shared::http::{ApiError, Event, Fields, Response};

use crate::App;
use crate::fields;
use crate::service::ServiceRequest;

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/holds/{holdId}/commit";

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
    let action = Action::Commit {
        hold,
        amount: amount.unwrap_or(Credits::ZERO),
        usage,
    };
    request.commit(app, action, label).await
}

//! `POST /api/users/{userId}/holds`: keeps credits aside for a call whose price
//! is not known yet, all or nothing.

use shared::domain::{Action, Credits, HoldId};
use shared::http::{ApiError, Event, Fields, Response};

use crate::app::App;
use crate::fields;
use crate::service::ServiceRequest;

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/holds";

/// Long enough for most calls; longer ones extend or ask for more.
const DEFAULT_TTL_SECONDS: u32 = 300;

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let mut request = ServiceRequest::of(app, event)?;
    let mut body = Fields::of(event)?;
    let digester = request.digester();
    let amount = fields::amount(&mut body, digester);
    let ttl_seconds = fields::ttl_seconds(&mut body, digester, Some(DEFAULT_TTL_SECONDS));
    let on_expiry = fields::on_expiry(&mut body, digester);
    body.finish()?;

    // load, decide, commit, render
    let action = Action::Hold {
        hold: HoldId {
            client: request.caller.client.clone(),
            key: request.idempotency_key.clone(),
        },
        amount: amount.unwrap_or(Credits::ZERO),
        ttl_seconds: ttl_seconds.unwrap_or(DEFAULT_TTL_SECONDS),
        on_expiry,
    };
    request.commit(app, action, None).await
}

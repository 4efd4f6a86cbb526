//! `POST /webhooks/stripe`: receives an event and settles it. Nothing is parsed before
//! its signature is verified, no table is accessed before the event is parsed, and
//! nothing is answered before it is committed.

use std::time::Duration;

use shared::domain::billing::BillingEvent;
use shared::host::clock::Deadline;
use shared::http::{ApiError, BodyError, Event, Response};
use shared::store::{SettleError, SettleRequest, UnreadableEvent};
use stripe::{ReadError, read};

use crate::app::App;
use crate::completion::Completed;
use crate::rejection::{MAX_BODY_BYTES, Rejection};
use crate::secrets::Unverified;

pub(crate) const ROUTE_KEY: &str = "POST /webhooks/stripe";

/// The response to Stripe once an event is settled, whatever the outcome.
const RECEIVED: &str = "{\"received\":true}";

/// Below the function's timeout of 29 seconds: an event that is not settled by then
/// gets an error response, and Stripe redelivers it.
const DEADLINE: Duration = Duration::from_secs(24);

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    let reported = match app.receive(event).await {
        Ok(reported) => reported,
        Err(rejection) => {
            record_unreadable(app, &rejection).await?;
            return Err(rejection.into());
        }
    };
    let request_id = event.request_id();
    let settling = settle(app, &reported, request_id).await;
    let completed = settling.inspect_err(|_| app.count(&reported.event_type, "failed"))?;
    let settled = &completed.settled;
    for drained in &settled.drained {
        app.note(drained, drained.outcome.as_str(), request_id);
    }
    let outcome = settled.event.outcome.as_str();
    let outcome = if settled.repeated {
        "repeated"
    } else {
        outcome
    };
    app.note(&settled.event, outcome, request_id);
    match completed.retry {
        // It is parked, so nothing is lost; a new delivery reads the object again.
        Some(problem) => Err(ApiError::TryAgain(problem)),
        None => Ok(Response::json(200, RECEIVED.to_string())),
    }
}

/// Settles an event, with the whole object if the event carries too little of it.
async fn settle(
    app: &App,
    reported: &BillingEvent,
    request_id: &str,
) -> Result<Completed, SettleError> {
    let request = SettleRequest {
        event: reported,
        terms: &app.settings.terms,
        catalogue: &app.catalogue,
        now: app.clock.now(),
        deadline: Deadline::after(DEADLINE),
    };
    let settled = app.store.settle(request).await?;
    app.complete(settled, request, request_id).await
}

/// Records an event from Stripe that cannot be read, with the place of the problem, so
/// that an operator can find it. It is parsed again on every delivery.
async fn record_unreadable(app: &App, rejection: &Rejection) -> Result<(), ApiError> {
    let Rejection::Unreadable(error) = rejection else {
        return Ok(());
    };
    let ReadError::At {
        event_id: Some(id),
        event_type: Some(event_type),
        ..
    } = error
    else {
        return Ok(());
    };
    let unreadable = UnreadableEvent {
        id,
        event_type,
        reason: error.to_string(),
        now: app.clock.now(),
        deadline: Deadline::after(DEADLINE),
    };
    Ok(app.store.record_unreadable(unreadable).await?)
}

/// The event in a request, if Stripe signed it and it can be read.
pub(crate) async fn receive(app: &App, event: &Event) -> Result<BillingEvent, Rejection> {
    let body = event.body(MAX_BODY_BYTES).map_err(|error| match error {
        BodyError::TooLarge => Rejection::TooLarge,
        BodyError::NotBase64 => Rejection::NotBase64,
    })?;
    let verified = app.secrets.verify(event.header("stripe-signature"), &body);
    verified.await.map_err(|error| match error {
        Unverified::Signature(error) => Rejection::NotStripes(error),
        Unverified::NoSecrets => Rejection::NoSecrets,
    })?;
    read(&body).map_err(Rejection::Unreadable)
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    use shared::http::openapi::{ErrorCode, Route};
    /// The answer to a delivery that is settled.
    #[derive(utoipa::ToSchema)]
    #[schema(as = Received)]
    #[expect(dead_code, reason = "the answer itself is a constant")]
    struct ReceivedBody {
        received: bool,
    }
    let identifier = serde_json::json!({
        "type": "string", "pattern": r"^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}$",
    });
    // No time after the year 9999.
    let created =
        serde_json::json!({"type": "integer", "minimum": 0, "maximum": 253_402_300_799_u64});
    let schema = serde_json::json!({
        "type": "object",
        "description": "An event as Stripe delivers it; its object as its type wants it \
                        (<https://docs.stripe.com/api/events>). Other fields are ignored.",
        "required": ["id", "object", "type", "created", "livemode"],
        "properties": {
            "id": identifier,
            "object": {"type": "string", "enum": ["event"]},
            "type": {"type": "string", "pattern": r"^(?!v2\.)[a-z0-9._]{1,100}$"},
            "created": created,
            "livemode": {"type": "boolean"},
            "data": {"description": "The object, as the type wants it; types that mean nothing for credits need none."},
        },
    });
    let signature = serde_json::json!({"type": "string"});
    let text = "Stripe's signature of the bytes of the body.";
    Route::open(
        ROUTE_KEY,
        "postStripeWebhook",
        "Settle an event of Stripe's",
    )
    .text(
        "For Stripe alone: every request must bear its signature. The same event may come \
               any number of times, and events in any order.",
    )
    .header("Stripe-Signature", signature, text)
    .body("StripeEvent", schema, true)
    .answers::<ReceivedBody>(200, "Settled, whatever the outcome.", &[])
    .failing(&[ErrorCode::Unreadable])
    .finish()
}

#[cfg(test)]
mod tests;

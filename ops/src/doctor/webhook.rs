//! The webhook as Stripe meets it: an event that means nothing is taken if it is signed,
//! and turned away if it is not.
//!
//! The event has a type that Stripe does not send and the same id each time, so the
//! first one leaves a record as ignored, and later ones are repetitions.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use shared::domain::billing::EventOutcome;
use shared::domain::{StripeId, Timestamp};

use super::http::{Api, Asked, said};
use super::line::Found;
use crate::act;
use crate::context::CommandContext;

const PATH: &str = "/webhooks/stripe";
const EVENT: &str = "evt_creditsctl_doctor";
/// Of the length of a real one, and nobody's.
const NOT_THE_SECRET: &str = "whsec_00000000000000000000000000000000";

/// What is sent to the webhook.
pub(super) struct Delivery {
    body: String,
    at: Timestamp,
}

impl Delivery {
    /// The event that means nothing, in the mode of the stage.
    pub(super) fn at(now: Timestamp, livemode: bool) -> Self {
        let event = json!({
            "id": EVENT, "object": "event", "api_version": stripe_client::API_VERSION,
            "created": now.unix_seconds(), "livemode": livemode, "type": "creditsctl.doctor",
            "data": {"object": {}},
        });
        Delivery {
            body: event.to_string(),
            at: now,
        }
    }

    /// `Stripe-Signature` with a secret (<https://docs.stripe.com/webhooks#verify-manually>).
    fn signature(&self, secret: &str) -> Result<String, String> {
        let seconds = self.at.unix_seconds();
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
        let mut mac = mac.map_err(|error| error.to_string())?;
        mac.update(format!("{seconds}.").as_bytes());
        mac.update(self.body.as_bytes());
        let signed = hex::encode(mac.finalize().into_bytes());
        Ok(format!("t={seconds},v1={signed}"))
    }

    async fn send(&self, api: &Api, secret: &str) -> Result<outbound::Answer, String> {
        let asked = Asked {
            path: PATH,
            headers: &[("stripe-signature", self.signature(secret)?)],
            body: Some(self.body.clone()),
            ..Asked::default()
        };
        api.ask(&asked).await
    }
}

/// A signed event is taken and recorded as ignored.
pub(super) async fn takes_signed(
    context: &CommandContext,
    api: &Api,
    delivery: &Delivery,
    secret: &str,
) -> Found {
    match delivery.send(api, secret).await {
        Err(problem) => return Found::failed(format!("no answer ({problem})")),
        Ok(answer) if answer.status == 200 => {}
        Ok(answer) if answer.status == 400 => {
            return Found::failed(format!(
                "a signed event is answered {}: the stack's secret is not the one given here, or \
                 the clocks are minutes apart; store the endpoint's secret (docs/deploy.md#stripe)",
                said(&answer)
            ));
        }
        Ok(answer) if answer.status == 403 => {
            return Found::skipped(
                "the edge lets in Stripe's addresses alone: take the output ApiUrl as --api-url, \
                 with ORIGIN_SECRET"
                    .to_string(),
            );
        }
        Ok(answer) => {
            return Found::failed(format!(
                "a signed event is answered {} and not 200: see the log of stripe-webhook",
                said(&answer)
            ));
        }
    }
    let Ok(id) = EVENT.parse::<StripeId>() else {
        return Found::failed("the event's id is none");
    };
    match context.store.load_event(&id, act::deadline()).await {
        Ok(Some(record)) if record.outcome == EventOutcome::Ignored => {
            Found::ok("200, and recorded as ignored")
        }
        Ok(Some(record)) => Found::failed(format!(
            "it is recorded as {}, not as ignored: is --livemode that of the stage?",
            record.outcome.as_str()
        )),
        Ok(None) => Found::failed(
            "it was taken, and the tables have no record of it: do the tables that you named \
             belong to this API?",
        ),
        Err(error) => Found::skipped(format!("it was taken; its record cannot be read ({error})")),
    }
}

/// An event that is signed with another secret is turned away.
pub(super) async fn refuses_unsigned(api: &Api, delivery: &Delivery) -> Found {
    match delivery.send(api, NOT_THE_SECRET).await {
        Err(problem) => Found::failed(format!("no answer ({problem})")),
        Ok(answer) if answer.status == 400 => Found::ok("400 with another secret"),
        Ok(answer) if answer.status == 403 => {
            Found::skipped("the edge lets in Stripe's addresses alone".to_string())
        }
        Ok(answer) => Found::failed(format!(
            "an event that Stripe did not sign is answered {} and not 400: see the log of \
             stripe-webhook",
            said(&answer)
        )),
    }
}

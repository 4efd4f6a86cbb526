//! Delivers events to the world's own webhook, signed, as Stripe does: again and
//! again until it answers 2xx.

use std::time::Duration;

use serde_json::Value;
use shared::host::clock::SharedClock;

use super::live::LocalStripe;
use crate::gateway::{Gateway, Request};
use crate::stripe::sign;

/// The pause before an event is tried again; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often a clock that runs is looked at.
const TICK: Duration = Duration::from_secs(1);

/// The endpoint that Stripe's events go to.
#[derive(Clone)]
pub(crate) struct Webhook {
    gateway: Gateway,
    clock: SharedClock,
    secret: &'static str,
}

impl Webhook {
    /// The webhook behind a gateway, with its signing secret.
    pub(crate) fn new(gateway: Gateway, clock: SharedClock, secret: &'static str) -> Self {
        Webhook {
            gateway,
            clock,
            secret,
        }
    }

    /// Posts the bytes of an event, signed by now; the status of the answer.
    pub(crate) async fn post(&self, payload: String) -> u16 {
        // Each delivery is signed anew.
        let signature = sign(self.secret, self.clock.now(), payload.as_bytes());
        let header = |name: &str, value: &str| (name.to_string(), value.to_string());
        let request = Request {
            method: "POST".to_string(),
            path: "/webhooks/stripe".to_string(),
            query: String::new(),
            headers: vec![
                header("content-type", "application/json; charset=utf-8"),
                header("stripe-signature", &signature),
            ],
            body: payload.into_bytes(),
            source_ip: "127.0.0.1".to_string(),
        };
        self.gateway.handle(request).await.status
    }

    /// Whether an event was answered 2xx.
    async fn takes(&self, event: &Value) -> bool {
        let status = self.post(format!("{event:#}")).await;
        (200..300).contains(&status)
    }

    /// Delivers each event that waits once, the oldest first. Whether none is left.
    pub(crate) async fn deliver(&self, stripe: &LocalStripe) -> bool {
        let _one_at_a_time = stripe.delivering().await;
        for event in stripe.undelivered() {
            if self.takes(&event).await {
                let id = event.get("id").and_then(Value::as_str);
                stripe.delivered(id.unwrap_or_default());
            }
        }
        stripe.undelivered().is_empty()
    }

    /// Delivers what failed before or happens as time passes, until it is dropped.
    pub(crate) async fn keep_delivering(&self, stripe: &LocalStripe) {
        let mut pause = FIRST_PAUSE;
        loop {
            stripe.let_time_pass();
            let wait = if self.deliver(stripe).await {
                pause = FIRST_PAUSE;
                TICK
            } else {
                let wait = pause;
                pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                wait
            };
            tokio::time::sleep(wait).await;
        }
    }
}

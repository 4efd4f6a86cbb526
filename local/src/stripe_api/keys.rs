//! Idempotency keys: the same key with the same request gets the same answer,
//! for a day. Source: <https://docs.stripe.com/api/idempotent_requests>.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::call::Call;
use super::refusal::Refusal;

const DAY: i64 = 86_400;
/// How many keys are remembered; the oldest go first.
const MAX_KEYS: usize = 1_000;
/// The longest key.
const MAX_LENGTH: usize = 255;

/// The answers under keys.
#[derive(Debug, Default)]
pub(super) struct Keys {
    saved: BTreeMap<String, Saved>,
    order: VecDeque<String>,
}

#[derive(Clone, Debug)]
struct Saved {
    request: String,
    at: i64,
    answer: Answered,
}

/// An answer that was given.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    pub(super) body: Value,
    pub(super) request_id: String,
}

/// All of a request that must not change under a key.
pub(super) fn essence(call: &Call) -> String {
    let parameters = call.parameters.fingerprint();
    format!("{} {} {parameters}", call.method, call.path)
}

impl Keys {
    /// The answer that was given under this key, which is kept at that place.
    pub(super) fn find(
        &self,
        key: &str,
        place: &str,
        request: &str,
        now: i64,
    ) -> Result<Option<Answered>, Refusal> {
        if key.is_empty() || key.len() > MAX_LENGTH {
            let text = format!("An idempotency key has 1 to {MAX_LENGTH} characters.");
            return Err(Refusal::invalid(text));
        }
        match self.saved.get(place) {
            Some(saved) if now.saturating_sub(saved.at) >= DAY => Ok(None),
            None => Ok(None),
            Some(saved) if saved.request == request => Ok(Some(saved.answer.clone())),
            Some(_) => Err(Refusal::new(
                400,
                "idempotency_error",
                "This idempotency key was used with another request: keep the request as it was, or take a new key.",
            )),
        }
    }

    /// Keeps an answer.
    pub(super) fn save(&mut self, place: &str, request: String, now: i64, answer: Answered) {
        let saved = Saved {
            request,
            at: now,
            answer,
        };
        if self.saved.insert(place.to_string(), saved).is_none() {
            self.order.push_back(place.to_string());
        }
        while self.order.len() > MAX_KEYS {
            if let Some(oldest) = self.order.pop_front() {
                self.saved.remove(&oldest);
            }
        }
    }
}

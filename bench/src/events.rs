//! The events for functions: the recorded ones in `events/`, with another user
//! and key.

use axum::body::Bytes;
use local::notices::Source;
use local::stripe::{StoryEvent, sign};
use local::{STRIPE_WEBHOOK_SECRET, World};
use serde_json::{Value, json};
use shared::domain::Timestamp;

use crate::work;

const GET_CREDITS: &str = include_str!("../../events/get-credits.json");
const GET_PROFILE: &str = include_str!("../../events/get-profile.json");
const GET_PRICES: &str = include_str!("../../events/get-prices.json");
const POST_CHARGE: &str = include_str!("../../events/post-charge.json");
const POST_BATCH: &str = include_str!("../../events/post-charges-batch.json");
const POST_TOKEN: &str = include_str!("../../events/post-token.json");
const POST_WEBHOOK: &str = include_str!("../../events/post-stripe-webhook.json");

/// A user of the seeds whom no other measurement charges.
const TOLD: &str = "free-user";

/// The app reads the credits of `user`.
pub(crate) fn get_credits(user: &str) -> Bytes {
    edited(GET_CREDITS, |event| {
        set(event, "/requestContext/authorizer/jwt/claims/sub", user);
    })
}

/// The app reads the profile of `user`.
pub(crate) fn get_profile(user: &str) -> Bytes {
    edited(GET_PROFILE, |event| {
        set(event, "/requestContext/authorizer/jwt/claims/sub", user);
    })
}

/// The app lists what is on sale: what the function does by itself, without Stripe.
pub(crate) fn get_prices() -> Bytes {
    Bytes::from_static(GET_PRICES.as_bytes())
}

/// The inference service charges `amount` to `user` under `key`.
pub(crate) fn charge(user: &str, key: &str, amount: &str) -> Bytes {
    edited(POST_CHARGE, |event| {
        set(event, "/rawPath", &format!("/api/users/{user}/charges"));
        set(event, "/pathParameters/userId", user);
        set(event, "/headers/idempotency-key", key);
        set(event, "/body", &json!({ "amount": amount }).to_string());
        set_flag(event, "/isBase64Encoded", false);
    })
}

/// The inference service charges `user` a thousandth of a credit so many times at once,
/// under keys that begin with `prefix`.
pub(crate) fn charges(user: &str, prefix: &str, number: u32) -> Bytes {
    edited(POST_BATCH, |event| {
        let path = format!("/api/users/{user}/charges/batch");
        set(event, "/rawPath", &path);
        set(event, "/pathParameters/userId", user);
        let charge = |number| {
            let key = format!("{prefix}-{number}");
            json!({"idempotencyKey": key, "amount": "0.001"})
        };
        let charges: Vec<Value> = (0..number).map(charge).collect();
        set(event, "/body", &json!({ "charges": charges }).to_string());
        set_flag(event, "/isBase64Encoded", false);
    })
}

/// The inference service holds credits of `user` under `key`, which names the hold.
#[cfg(test)]
pub(crate) fn hold(user: &str, key: &str, body: &Value) -> Bytes {
    edited(include_str!("../../events/post-hold.json"), |event| {
        set(event, "/rawPath", &format!("/api/users/{user}/holds"));
        set(event, "/pathParameters/userId", user);
        set(event, "/headers/idempotency-key", key);
        set(event, "/body", &body.to_string());
    })
}

/// The inference service ends a hold one way: `commit` or `release`.
#[cfg(test)]
pub(crate) fn end_hold(user: &str, (hold, way): (&str, &str), key: &str, body: &Value) -> Bytes {
    let recorded = match way {
        "commit" => include_str!("../../events/post-hold-commit.json"),
        _ => include_str!("../../events/post-hold-release.json"),
    };
    edited(recorded, |event| {
        let path = format!("/api/users/{user}/holds/{hold}/{way}");
        set(event, "/rawPath", &path);
        set(event, "/pathParameters/userId", user);
        set(event, "/pathParameters/holdId", hold);
        set(event, "/headers/idempotency-key", key);
        set(event, "/body", &body.to_string());
    })
}

/// A client that is not in the tables asks for tokens: what the function does by itself,
/// without an issuer outside.
pub(crate) fn token() -> Bytes {
    edited(POST_TOKEN, |event| {
        let form = "grant_type=refresh_token&client_id=stranger&refresh_token=r";
        set(event, "/body", form);
        set_flag(event, "/isBase64Encoded", false);
    })
}

/// The stream tells of an entry that crosses a threshold: the inference service charges
/// a user of the seeds, who has a quarter of the month's credits used before.
pub(crate) async fn told(world: &World) -> Result<Bytes, Box<dyn std::error::Error>> {
    let path = format!("/api/users/{TOLD}/charges");
    let body = r#"{"amount":"1200"}"#;
    let request = work::asked(world, &work::service(), "POST", &path, ("bench-told", body))?;
    work::of(world, request).await;
    let records = world.notices.take_records(Source::Entries);
    let last = records.last().ok_or("no entry crosses a threshold")?;
    Ok(Bytes::from(json!({"Records": [last]}).to_string()))
}

/// Stripe delivers an event, signed at `now`.
pub(crate) fn webhook(event: &StoryEvent, now: Timestamp) -> Bytes {
    let body = event.payload();
    let signature = sign(STRIPE_WEBHOOK_SECRET, now, body.as_bytes());
    edited(POST_WEBHOOK, |delivery| {
        set(delivery, "/headers/stripe-signature", &signature);
        set(delivery, "/body", &body);
        set_flag(delivery, "/isBase64Encoded", false);
    })
}

/// The status of an answer; 0 if it has none.
pub(crate) fn status(answer: &[u8]) -> u64 {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    answer
        .get("statusCode")
        .and_then(Value::as_u64)
        .unwrap_or(0)
}

fn edited(recorded: &str, edit: impl FnOnce(&mut Value)) -> Bytes {
    let mut event: Value = serde_json::from_str(recorded).unwrap_or_default();
    edit(&mut event);
    Bytes::from(event.to_string())
}

fn set(event: &mut Value, pointer: &str, text: &str) {
    if let Some(place) = event.pointer_mut(pointer) {
        *place = Value::from(text);
    }
}

fn set_flag(event: &mut Value, pointer: &str, flag: bool) {
    if let Some(place) = event.pointer_mut(pointer) {
        *place = Value::from(flag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(event: &Bytes, pointer: &str, expected: &str) {
        let event: Value = serde_json::from_slice(event).unwrap();
        assert_eq!(event.pointer(pointer).unwrap(), expected, "{pointer}");
    }

    #[test]
    fn an_event_is_the_recorded_one_for_another_user_and_key() {
        let event = get_credits("someone");
        check(
            &event,
            "/requestContext/authorizer/jwt/claims/sub",
            "someone",
        );
        check(&event, "/routeKey", "GET /api/user/credits");
        let event = charge("someone", "key-7", "0.5");
        check(&event, "/pathParameters/userId", "someone");
        check(&event, "/headers/idempotency-key", "key-7");
        check(&event, "/body", r#"{"amount":"0.5"}"#);
    }

    #[test]
    fn what_is_no_answer_has_no_status() {
        assert_eq!(status(br#"{"statusCode":201}"#), 201);
        assert_eq!(status(b"x"), 0);
    }
}

//! Requests as API Gateway passes them to a function, with the claims of a token it has
//! verified.

use serde_json::{Value, json};

use crate::plan::Act;

/// The client of the service's commands.
const SERVICE: &str = "inference-service";
/// The model of uses; seeds have its card.
pub(crate) const MODEL: &str = "gpt-5";

/// A command of the service: under a key, it is done once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// The user.
    pub(crate) user: String,
    /// The route below `/api/users/{userId}`.
    pub(crate) route: &'static str,
    /// The hold of the path, if there is one.
    pub(crate) hold: Option<String>,
    /// Its key; a batch has one for each charge instead.
    pub(crate) key: Option<String>,
    /// Its body.
    pub(crate) body: Value,
}

/// A user's name.
pub(crate) fn user_name(number: usize) -> String {
    format!("user-{}", number.saturating_add(1))
}

/// The key of a step's command.
pub(crate) fn key_of(step: u32) -> String {
    format!("s{step}")
}

fn text(milli: u64) -> String {
    let (whole, rest) = (milli / 1_000, milli % 1_000);
    format!("{whole}.{rest:03}")
}

fn spent(amount: u64) -> Value {
    json!({"amount": text(amount)})
}

fn used(input: u32, output: u32) -> Value {
    json!({"modelId": MODEL, "usage": {"input": input, "output": output}})
}

impl Command {
    /// The command of an act under the key of a step; none for what is no command.
    pub(crate) fn of(act: &Act, step: u32, user: usize) -> Option<Self> {
        let on = |hold: &u32| Some(key_of(*hold));
        let (route, hold, body) = match act {
            Act::Charge(amount) => ("charges", None, spent(*amount)),
            Act::Use(input, output) => ("charges", None, used(*input, *output)),
            Act::Batch(amounts) => {
                let charges = amounts.iter().enumerate().map(|(number, amount)| {
                    let key = format!("{}-{number}", key_of(step));
                    json!({"idempotencyKey": key, "amount": text(*amount)})
                });
                let charges: Vec<Value> = charges.collect();
                ("charges/batch", None, json!({"charges": charges}))
            }
            Act::Hold(amount, ttl, settles) => {
                let on_expiry = if *settles { "settle" } else { "release" };
                let body =
                    json!({"amount": text(*amount), "ttlSeconds": ttl, "onExpiry": on_expiry});
                ("holds", None, body)
            }
            Act::Estimate(input, output) => {
                let estimate = json!({"input": input, "maxOutput": output});
                (
                    "holds",
                    None,
                    json!({"modelId": MODEL, "estimate": estimate}),
                )
            }
            Act::Report(hold, amount) => ("holds/{holdId}/report", on(hold), spent(*amount)),
            Act::Extend(hold, seconds) => {
                let body = json!({"ttlSeconds": seconds});
                ("holds/{holdId}/extend", on(hold), body)
            }
            Act::Commit(hold, amount) => ("holds/{holdId}/commit", on(hold), spent(*amount)),
            Act::CommitUse(hold, input, output) => {
                ("holds/{holdId}/commit", on(hold), used(*input, *output))
            }
            Act::Release(hold) => ("holds/{holdId}/release", on(hold), json!({})),
            Act::Again(_)
            | Act::OtherUnder(..)
            | Act::Read
            | Act::Prefer(_)
            | Act::Give(..)
            | Act::Take(_)
            | Act::Deliver(_) => return None,
        };
        let is_batch = matches!(act, Act::Batch(_));
        Some(Command {
            user: user_name(user),
            route,
            hold,
            key: (!is_batch).then(|| key_of(step)),
            body,
        })
    }

    /// A charge under the key of another step.
    pub(crate) fn other_under(step: u32, amount: u64, user: usize) -> Self {
        Command {
            user: user_name(user),
            route: "charges",
            hold: None,
            key: Some(key_of(step)),
            body: json!({"amount": text(amount), "label": "another request"}),
        }
    }

    /// As it arrives.
    pub(crate) fn event(&self) -> Value {
        let mut headers = json!({"content-type": "application/json"});
        if let (Some(key), Some(headers)) = (&self.key, headers.as_object_mut()) {
            headers.insert("idempotency-key".to_string(), key.clone().into());
        }
        let mut path = json!({"userId": self.user});
        if let (Some(hold), Some(path)) = (&self.hold, path.as_object_mut()) {
            path.insert("holdId".to_string(), hold.clone().into());
        }
        let claims = claims(SERVICE, "credits.charge");
        json!({
            "routeKey": format!("POST /api/users/{{userId}}/{}", self.route),
            "headers": headers,
            "pathParameters": path,
            "requestContext": {"requestId": "simulated", "authorizer": {"jwt": {"claims": claims}}},
            "body": self.body.to_string(),
        })
    }
}

/// A request of a user's own app.
pub(crate) fn of_user(user: &str, route_key: &str, scope: &str, body: Option<&Value>) -> Value {
    json!({
        "routeKey": route_key,
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "requestId": "simulated",
            "authorizer": {"jwt": {"claims": claims(user, scope)}},
        },
        "body": body.map(Value::to_string),
    })
}

/// A delivery of Stripe.
pub(crate) fn delivery(body: &str, signature: &str) -> Value {
    json!({
        "routeKey": "POST /webhooks/stripe",
        "headers": {"content-type": "application/json", "stripe-signature": signature},
        "requestContext": {"requestId": "simulated"},
        "body": body,
    })
}

fn claims(subject: &str, scope: &str) -> Value {
    let client = if subject == SERVICE {
        SERVICE
    } else {
        "textassistant-desktop"
    };
    json!({"sub": subject, "client_id": client, "scope": scope, "token_use": "access"})
}

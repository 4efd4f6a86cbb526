//! The API as its callers meet it: that it answers, that it asks for a token, that one is
//! good, and a charge that is planned here and refused there.

use serde_json::{Value, json};
use shared::domain::{
    Action, Command, Credits, Digest, EntryKey, Erasable, Refusal, Timestamp, Usage, UserId, decide,
};
use shared::store::{Consistency, Store};

use super::clock::{self, Now};
use super::http::{Api, Asked, said};
use super::line::Found;

/// More than anybody has: a charge of it is refused and writes nothing.
const TOO_MUCH: u32 = 1_000_000;
/// The name of the key of that charge, and of its model in a quote.
const NAME: &str = "creditsctl-doctor";

/// The API answers at all, and by our time.
pub(super) async fn answers(api: &Api, now: &Now) -> Found {
    match api
        .ask(&Asked {
            path: "/",
            ..Asked::default()
        })
        .await
    {
        Ok(answer) => clock::compared("it", answer.header("date"), now.read()),
        Err(problem) => Found::failed(format!(
            "it does not answer ({problem}): is --api-url the output ApiUrl, or PublicUrl?"
        )),
    }
}

/// Nobody gets in without a token.
pub(super) async fn asks_for_a_token(api: &Api) -> Found {
    let asked = Asked {
        path: "/api/user/credits",
        ..Asked::default()
    };
    match api.ask(&asked).await {
        Err(problem) => Found::failed(format!("no answer ({problem})")),
        Ok(answer) if answer.status == 401 => Found::ok("401 without one"),
        Ok(answer) => Found::failed(format!(
            "a balance without a token is answered {} and not 401: does --api-url lead to this \
             API, and is its authorizer the template's?",
            said(&answer)
        )),
    }
}

/// The token is taken, and its scope is enough for a quote.
pub(super) async fn takes_token(api: &Api, token: &str) -> Found {
    let quote = json!({"quotes": [{"modelId": NAME, "usage": {"input": 1}}]});
    let asked = Asked {
        path: "/v1/quotes",
        token: Some(token),
        body: Some(quote.to_string()),
        ..Asked::default()
    };
    match api.ask(&asked).await {
        Err(problem) => Found::failed(format!("no answer ({problem})")),
        Ok(answer) if answer.status == 200 => Found::ok("a quote is answered 200"),
        Ok(answer) if answer.status == 401 => Found::failed(format!(
            "API_TOKEN is answered {}: it is expired, or not of the issuer and audience of the \
             stack; get a new one",
            said(&answer)
        )),
        Ok(answer) if answer.status == 403 => Found::failed(format!(
            "API_TOKEN is answered {}: it lacks models.read (a user's) or credits.charge (a \
             service's), with the prefix of the stack",
            said(&answer)
        )),
        Ok(answer) if answer.status == 404 => Found::failed(format!(
            "a quote is answered {}: a guarded API needs its origin's secret in ORIGIN_SECRET",
            said(&answer)
        )),
        Ok(answer) => Found::failed(format!(
            "a quote is answered {}: see its log",
            said(&answer)
        )),
    }
}

/// A charge that is more than anybody has: planned on the account as the tables have it,
/// sent only if the plan refuses it, and refused with the same balance.
pub(super) async fn refuses_too_much(
    (api, token): (&Api, &str),
    store: &Store,
    user: &UserId,
    now: Timestamp,
) -> Found {
    let planned = match planned(store, user, now).await {
        Ok(planned) => planned,
        Err(found) => return found,
    };
    let path = format!("/api/users/{user}/charges");
    let asked = Asked {
        path: &path,
        token: Some(token),
        headers: &[("idempotency-key", NAME.to_string())],
        body: Some(json!({"amount": TOO_MUCH}).to_string()),
    };
    let answer = match api.ask(&asked).await {
        Ok(answer) => answer,
        Err(problem) => return Found::failed(format!("no answer ({problem})")),
    };
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let available = body.get("available").and_then(Value::as_str);
    match (answer.status, available) {
        (402 | 403, Some(available)) if available == planned.to_string() => Found::ok(format!(
            "refused there as here, with {planned} available to {user}"
        )),
        (402 | 403, Some(available)) => Found::failed(format!(
            "{available} are available there and {planned} here: do the tables that you named \
             belong to this API?"
        )),
        (403, None) => Found::skipped(
            "API_TOKEN is no service's with credits.charge; with one a charge is tried".to_string(),
        ),
        _ => Found::failed(format!(
            "a charge of {TOO_MUCH} is answered {} and not 402: see the log of credits",
            said(&answer)
        )),
    }
}

/// What is available by the plan that refuses the charge.
async fn planned(store: &Store, user: &UserId, now: Timestamp) -> Result<Credits, Found> {
    let account = store.load_account(user, Consistency::Strong).await;
    let account = account.map_err(|error| {
        Found::skipped(format!("the account of {user} cannot be read ({error})"))
    })?;
    let unusable = |problem: String| Found::failed(format!("the charge has no plan: {problem}"));
    let key = NAME.parse().map(EntryKey::Ops);
    let amount = Credits::from_whole(i64::from(TOO_MUCH));
    let amount = amount.map_err(|error| unusable(error.to_string()))?;
    let command = Command {
        key: key.map_err(|_| unusable("its key is none".to_string()))?,
        request_hash: Digest::from_bytes([0; 32]),
        actor: Erasable::new(NAME, [0; 16]),
        label: None,
        action: Action::Charge {
            amount,
            usage: Usage::default(),
        },
    };
    match decide(&account, &command, now) {
        Err(Refusal::InsufficientCredits { available, .. }) => Ok(available),
        Err(other) => Err(unusable(format!("{other}"))),
        Ok(_) => Err(Found::skipped(format!(
            "{user} has {TOO_MUCH} credits or more: name another with --user"
        ))),
    }
}

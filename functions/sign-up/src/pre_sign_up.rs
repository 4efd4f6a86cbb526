//! The event of a user pool before a sign-up, and what is answered to it: nothing, or a
//! refusal, which the pool shows to the person. Source: Amazon Cognito developer guide,
//! "Pre sign-up Lambda trigger".

use serde::Deserialize;
use serde_json::Value;
use shared::domain::Redacted;

use crate::disposable::is_disposable;

/// Somebody signs up by themselves, or comes from another issuer for the first time. A
/// user whom an operator makes has another source, and is not asked about.
const SOURCES: [&str; 2] = ["PreSignUp_SignUp", "PreSignUp_ExternalProvider"];
/// What all sources before a sign-up begin with.
const BEFORE: &str = "PreSignUp_";

/// What the person reads, after Cognito's own "PreSignUp failed with error".
pub const REFUSED: &str =
    "Addresses of throw-away mailboxes are not accepted. Please sign up with another address.";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trigger {
    trigger_source: String,
    request: Request,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    user_attributes: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    email: Option<Redacted<String>>,
}

/// Whether an event is one before a sign-up, readable or not.
pub(crate) fn is_before(event: &Value) -> bool {
    let source = event.get("triggerSource").and_then(Value::as_str);
    source.is_some_and(|source| source.starts_with(BEFORE))
}

/// Whether the address of who signs up is thrown away; none if the event cannot be read.
pub(crate) fn is_thrown_away(event: &Value) -> Option<bool> {
    let trigger = Trigger::deserialize(event).ok()?;
    if !SOURCES.contains(&trigger.trigger_source.as_str()) {
        return Some(false);
    }
    let email = trigger.request.user_attributes.email;
    Some(email.is_some_and(|email| is_disposable(email.expose())))
}

//! The fields that bodies of service routes share: amounts, lifetimes, and the use that
//! a charge is for.

use serde_json::Value;
use shared::domain::{Credits, OnExpiry, Operation, Usage};
use shared::http::Fields;

/// The client's error text for an amount.
const AMOUNT: &str =
    "must be a whole number or a decimal text of up to three places, from 0 to 1000000000000";
/// The maximum lifetime of a hold: one day.
pub(crate) const MAX_TTL_SECONDS: u64 = 86_400;
const TTL: &str = "must be a whole number of seconds from 1 to 86400";
const TOKENS: &str = "must be a whole number from 0 to 4294967295";
pub(crate) const MAX_LABEL: usize = 100;
pub(crate) const MAX_SESSION: usize = 64;
pub(crate) const MAX_MODEL_ID: usize = 100;

/// `amount`.
pub(crate) fn amount(fields: &mut Fields) -> Option<Credits> {
    fields.take("amount", AMOUNT, |value| match value {
        // A number with a fraction or exponent has been parsed as a float: refused.
        Value::Number(number) => number.as_u64()?.to_string().parse().ok(),
        Value::String(text) => text.parse::<Credits>().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

/// `ttlSeconds`, or `default`; required if there is no default.
pub(crate) fn ttl_seconds(fields: &mut Fields, default: Option<u32>) -> Option<u32> {
    if fields.contains("ttlSeconds") {
        fields.take("ttlSeconds", TTL, |value| {
            let seconds = value.as_u64()?;
            let fits = (1..=MAX_TTL_SECONDS).contains(&seconds);
            fits.then_some(seconds)?.try_into().ok()
        })
    } else {
        if default.is_none() {
            fields.problem("ttlSeconds", "is required");
        }
        default
    }
}

/// `onExpiry`; the default is `release`.
pub(crate) fn on_expiry(fields: &mut Fields) -> Option<OnExpiry> {
    if !fields.contains("onExpiry") {
        return Some(OnExpiry::Release);
    }
    let expected = "must be \"release\" or \"settle\"";
    fields.take("onExpiry", expected, |value| match value.as_str()? {
        "release" => Some(OnExpiry::Release),
        "settle" => Some(OnExpiry::Settle),
        _ => None,
    })
}

/// `modelId`, optional.
pub(crate) fn model_id(fields: &mut Fields) -> Option<String> {
    fields.take("modelId", "must be the id of a model", id_of_model)
}

/// The model that a body names, without taking the field.
pub(crate) fn named_model(fields: &Fields) -> Option<String> {
    fields.get("modelId").and_then(id_of_model)
}

fn id_of_model(value: &Value) -> Option<String> {
    let id = value.as_str()?;
    let fits = (1..=MAX_MODEL_ID).contains(&id.len());
    fits.then(|| id.to_string())
}

/// `modelId`, `operation`, `inputTokens` and `outputTokens`, all optional.
pub(crate) fn usage(fields: &mut Fields) -> Usage {
    let model_id = model_id(fields);
    let operation = fields.take(
        "operation",
        "must be \"completion\", \"chat\", \"embedding\" or \"function_call\"",
        |value| match value.as_str()? {
            "completion" => Some(Operation::Completion),
            "chat" => Some(Operation::Chat),
            "embedding" => Some(Operation::Embedding),
            "function_call" => Some(Operation::FunctionCall),
            _ => None,
        },
    );
    let tokens = |value: &Value| value.as_u64()?.try_into().ok();
    Usage {
        model_id,
        operation,
        input_tokens: fields.take("inputTokens", TOKENS, tokens),
        output_tokens: fields.take("outputTokens", TOKENS, tokens),
        session: None,
    }
}

/// `session`, optional: the conversation that the call is part of.
pub(crate) fn session(fields: &mut Fields) -> Option<String> {
    text(fields, "session", MAX_SESSION)
}

/// `label`, optional: a text by which the caller finds the entry again.
pub(crate) fn label(fields: &mut Fields) -> Option<String> {
    text(fields, "label", MAX_LABEL)
}

fn text(fields: &mut Fields, name: &str, longest: usize) -> Option<String> {
    let expected = format!("must be a text of 1 to {longest} characters");
    fields.take(name, &expected, |value| {
        let text = value.as_str()?;
        (1..=longest)
            .contains(&text.chars().count())
            .then(|| text.to_string())
    })
}

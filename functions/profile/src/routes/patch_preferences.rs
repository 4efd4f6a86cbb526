//! `PATCH /api/user/preferences`: changes the fields in the body and keeps the others.
//! Creates the preferences if there are none, and the user if there is none; refuses
//! users who are deactivated (403) or erased (404).

use std::time::Duration;

use serde_json::Value;
use shared::domain::{Credits, PreferencesChange, Timestamp};
use shared::host::clock::Deadline;
use shared::http::{ApiError, Caller, Event, Fields, Response, json_text};
use shared::store::PreferencesOutcome;

use crate::app::App;
use crate::bodies::PreferencesBody;

pub(crate) const ROUTE_KEY: &str = "PATCH /api/user/preferences";

/// Below the function's own timeout.
const DEADLINE: Duration = Duration::from_secs(6);
/// The maximum of any model's answer, in tokens.
const MAX_TOKENS: u64 = 1_000_000;
/// The maximum that any provider accepts: 2.00.
const MAX_TEMPERATURE_HUNDREDTHS: i64 = 200;
/// The maximum length of a model id.
const MAX_MODEL_ID: usize = 100;

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let caller = Caller::of(event, &app.settings.scope_prefix, &["user.info"])?;
    let deadline = Deadline::after(DEADLINE);
    let mut fields = Fields::of(event)?;
    if fields.is_empty() {
        fields.problem("", "names nothing to change");
    }
    let change = change(&mut fields);

    // load: only a model that is on offer can be chosen
    let now = app.clock.now();
    let limiter = &app.settings.change_limiter;
    let (allowance, is_on_offer) = tokio::join!(
        limiter.count(&app.store, &caller.user_id, now),
        is_on_offer(app, &change, now),
    );
    let allowance = allowance?;
    if !is_on_offer? {
        fields.problem(
            "defaultModel",
            "is not an available model; see GET /v1/models",
        );
    }
    let change = fields.finish(Some(change))?;

    // commit
    let outcome = app
        .store
        .change_preferences(&caller.user_id, &change, now, deadline);
    let changed = match outcome.await? {
        PreferencesOutcome::Changed(preferences) => preferences,
        PreferencesOutcome::Inactive => return Err(ApiError::UserInactive),
        PreferencesOutcome::Erased => return Err(ApiError::NotFound),
    };

    // render
    let body = json_text(&PreferencesBody::from(changed))?;
    Ok(Response::json(200, body)
        .with_header("cache-control", "no-store")
        .with_allowance(allowance))
}

/// Whether the model that is chosen, if any, is on offer.
async fn is_on_offer(
    app: &App,
    change: &PreferencesChange,
    now: Timestamp,
) -> Result<bool, ApiError> {
    match &change.default_model {
        Some(Some(model)) => Ok(app.models.has_model(&app.store, now, model).await?),
        Some(None) | None => Ok(true),
    }
}

fn change(fields: &mut Fields) -> PreferencesChange {
    let flag = "must be true or false";
    PreferencesChange {
        default_model: fields.take("defaultModel", "must be the id of a model, or null", model),
        email_notifications: fields.take("emailNotifications", flag, Value::as_bool),
        usage_alerts: fields.take("usageAlerts", flag, Value::as_bool),
        enable_streaming: fields.take("enableStreaming", flag, Value::as_bool),
        max_tokens: fields.take(
            "maxTokens",
            "must be a whole number from 1 to 1000000",
            |value| {
                let tokens = value
                    .as_u64()
                    .filter(|tokens| (1..=MAX_TOKENS).contains(tokens))?;
                tokens.try_into().ok()
            },
        ),
        temperature_hundredths: fields.take(
            "temperature",
            "must be a number from 0 to 2 with at most two decimal places",
            hundredths,
        ),
    }
}

fn model(value: &Value) -> Option<Option<String>> {
    match value {
        Value::Null => Some(None),
        Value::String(id) if (1..=MAX_MODEL_ID).contains(&id.len()) => Some(Some(id.clone())),
        _ => None,
    }
}

/// Exact hundredths of a JSON number or decimal text, parsed from its digits.
fn hundredths(value: &Value) -> Option<u32> {
    let digits = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    // Serde writes whole floats as "1.0"; drop the trailing zero.
    let thousandths = digits.parse::<Credits>().ok()?.milli();
    let hundredths = Some(thousandths / 10).filter(|_| thousandths % 10 == 0)?;
    let in_range = (0..=MAX_TEMPERATURE_HUNDREDTHS).contains(&hundredths);
    in_range.then_some(hundredths)?.try_into().ok()
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    use shared::http::openapi::{ErrorCode, Header, Route};
    let flag = || serde_json::json!({"type": "boolean"});
    let schema = serde_json::json!({
        "type": "object",
        "minProperties": 1,
        "additionalProperties": false,
        "properties": {
            "defaultModel": {
                "type": ["string", "null"], "minLength": 1, "maxLength": MAX_MODEL_ID,
                "description": "A model on offer, see `GET /v1/models`; null chooses none.",
            },
            "emailNotifications": flag(),
            "usageAlerts": flag(),
            "enableStreaming": flag(),
            "maxTokens": {"type": "integer", "minimum": 1, "maximum": MAX_TOKENS},
            "temperature": {
                "description": "A number from 0 to 2 with at most two decimal places, or the \
                                same as a decimal text.",
                "anyOf": [
                    {"type": "number", "minimum": 0, "maximum": 2, "multipleOf": 0.01},
                    {"type": "string", "pattern": r"^0*([01](\.[0-9]{1,2}0?)?|2(\.0{1,3})?)$"},
                ],
            },
        },
    });
    Route::of_user(
        ROUTE_KEY,
        "patchPreferences",
        "Change preferences",
        &["user.info"],
    )
    .text("Changes the fields that are there and keeps the others.")
    .body("PreferencesChange", schema, true)
    .answers::<PreferencesBody>(200, "All preferences after it.", &Header::LIMITED)
    .failing(&[
        ErrorCode::ValidationFailed,
        ErrorCode::UserInactive,
        ErrorCode::NotFound,
        ErrorCode::RateLimited,
    ])
    .finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_temperature_is_read_exactly_or_refused() {
        for (value, expected) in [
            (json!(0), Some(0)),
            (json!(0.7), Some(70)),
            (json!("0.70"), Some(70)),
            (json!(2.0), Some(200)),
            (json!(0.29), Some(29)),
            (json!(2.01), None),
            (json!(0.123), None),
            (json!(-0.1), None),
            (json!(1e300), None),
            (json!("hot"), None),
            (json!(true), None),
            (json!(null), None),
        ] {
            assert_eq!(hundredths(&value), expected, "{value}");
        }
    }

    /// The requested change, or the names of the invalid fields.
    fn read(body: Value) -> Result<PreferencesChange, Vec<String>> {
        let event = json!({"body": body.to_string()});
        let event: Event = serde_json::from_value(event).unwrap();
        let mut fields = Fields::of(&event).unwrap();
        let change = change(&mut fields);
        match fields.finish(Some(change)) {
            Ok(change) => Ok(change),
            Err(ApiError::ValidationFailed(problems)) => Err(problems.into_keys().collect()),
            Err(other) => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn a_change_holds_what_the_body_names_and_nothing_else() {
        let none = PreferencesChange::default;
        for (body, expected) in [
            (json!({}), none()),
            (
                json!({"defaultModel": null}),
                PreferencesChange {
                    default_model: Some(None),
                    ..none()
                },
            ),
            (
                json!({"defaultModel": "m", "emailNotifications": false, "maxTokens": 1}),
                PreferencesChange {
                    default_model: Some(Some("m".into())),
                    email_notifications: Some(false),
                    max_tokens: Some(1),
                    ..none()
                },
            ),
            (
                json!({"usageAlerts": true, "enableStreaming": false, "temperature": "1.5"}),
                PreferencesChange {
                    usage_alerts: Some(true),
                    enable_streaming: Some(false),
                    temperature_hundredths: Some(150),
                    ..none()
                },
            ),
        ] {
            assert_eq!(read(body.clone()), Ok(expected), "{body}");
        }
    }

    #[test]
    fn every_field_out_of_range_is_named() {
        for (body, expected) in [
            (json!({"maxTokens": 0}), vec!["maxTokens"]),
            (json!({"maxTokens": MAX_TOKENS + 1}), vec!["maxTokens"]),
            (json!({"defaultModel": ""}), vec!["defaultModel"]),
            (
                json!({"defaultModel": "m".repeat(MAX_MODEL_ID + 1)}),
                vec!["defaultModel"],
            ),
            (
                json!({"temperature": 2.01, "usageAlerts": null, "theme": 1}),
                vec!["temperature", "theme", "usageAlerts"],
            ),
        ] {
            let expected = expected.into_iter().map(String::from).collect();
            assert_eq!(read(body.clone()), Err(expected), "{body}");
        }
        let longest = json!({"defaultModel": "m".repeat(MAX_MODEL_ID)});
        assert!(read(longest).is_ok());
    }
}

//! The claims of an accepted token in the form that a function receives. API
//! Gateway passes every claim as text; what that loses (types, the difference
//! between a list and its spelling) is lost here too.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The event's `requestContext.authorizer.jwt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Every claim as text.
    pub claims: BTreeMap<String, String>,
    /// The token's scopes if the route requires any, else none: the event's
    /// `scopes` is null on a route without scopes.
    pub scopes: Option<Vec<String>>,
}

impl Claims {
    pub(super) fn new(payload: &Map<String, Value>, scopes: Option<Vec<String>>) -> Self {
        let claim = |(name, value): (&String, &Value)| Some((name.clone(), text(value)?));
        Self {
            claims: payload.iter().filter_map(claim).collect(),
            scopes,
        }
    }
}

/// Numbers are decimal without an exponent, lists are `[a b]`, objects stay
/// JSON, and null claims are omitted.
fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => flag.to_string(),
        Value::String(text) => text.clone(),
        // Rust writes floats without an exponent, serde_json with one.
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => float.to_string(),
            _ => number.to_string(),
        },
        Value::Array(items) => {
            format!(
                "[{}]",
                items.iter().filter_map(text).collect::<Vec<_>>().join(" ")
            )
        }
        Value::Object(_) => value.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_claim_becomes_text() {
        let payload = json!({
            "sub": "u", "exp": 1_900_000_000, "large": 1e21, "half": 0.5, "flag": true, "gone": null,
            "groups": ["a", "b c", 1, ["d"]], "empty": [], "object": {"k": [1]},
        });
        let claims = Claims::new(payload.as_object().unwrap(), None).claims;
        let expected = [
            ("empty", "[]"),
            ("exp", "1900000000"),
            ("flag", "true"),
            ("groups", "[a b c 1 [d]]"),
            ("half", "0.5"),
            ("large", "1000000000000000000000"),
            ("object", r#"{"k":[1]}"#),
            ("sub", "u"),
        ];
        let found: Vec<_> = claims
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(found, expected);
    }
}

//! The filter patterns of event source mappings, as the template has them: fields that
//! must be there with one of the listed values. Source: AWS Lambda developer guide,
//! "Control which events Lambda sends to your function".

use serde_json::Value;

/// Whether a record matches a pattern.
pub(super) fn matches(pattern: &Value, record: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields.iter().all(|(name, pattern)| {
            let value = record.get(name);
            value.is_some_and(|value| matches(pattern, value))
        }),
        Value::Array(values) => values.contains(record),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_field_of_a_pattern_must_have_one_of_its_values() {
        let pattern = json!({"eventName": ["INSERT", "MODIFY"], "a": {"b": {"BOOL": [true]}}});
        let record =
            |name: &str, flag: bool| json!({"eventName": name, "a": {"b": {"BOOL": flag}, "c": 1}});
        assert!(matches(&pattern, &record("INSERT", true)));
        assert!(matches(&pattern, &record("MODIFY", true)));
        assert!(!matches(&pattern, &record("REMOVE", true)));
        assert!(!matches(&pattern, &record("INSERT", false)));
        assert!(!matches(&pattern, &json!({"eventName": "INSERT", "a": {}})));
    }
}

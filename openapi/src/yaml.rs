//! Writes a JSON value as YAML: a subset that every reader of YAML 1.1 and 1.2 reads
//! alike. Texts that could be anything but a text are quoted, as JSON quotes them.

use serde_json::{Map, Value};

/// Keys that stand first, in this order, wherever they are; all others follow by name.
const FIRST: [&str; 19] = [
    "openapi",
    "info",
    "title",
    "name",
    "in",
    "required",
    "version",
    "operationId",
    "summary",
    "description",
    "tags",
    "security",
    "parameters",
    "requestBody",
    "responses",
    "servers",
    "paths",
    "type",
    "schema",
];

/// The document's text.
pub(crate) fn text(value: &Value) -> String {
    let mut text = String::from(
        "# Generated from the code by `cargo run -p openapi -- write`; do not edit.\n",
    );
    if let Value::Object(entries) = value {
        mapping(&mut text, entries, 0);
    }
    text
}

fn mapping(text: &mut String, entries: &Map<String, Value>, depth: usize) {
    for (key, value) in ordered(entries) {
        indent(text, depth);
        entry(text, key, value, depth);
    }
}

fn ordered(entries: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let rank = |key: &str| {
        let place = FIRST.iter().position(|first| *first == key);
        place.unwrap_or(FIRST.len())
    };
    let mut ordered: Vec<_> = entries.iter().collect();
    ordered.sort_by(|(one, _), (other, _)| (rank(one), one).cmp(&(rank(other), other)));
    ordered
}

/// `key:` and its value, on this line or on the ones below.
fn entry(text: &mut String, key: &str, value: &Value, depth: usize) {
    text.push_str(&scalar(&Value::from(key)));
    text.push(':');
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            text.push('\n');
            mapping(text, entries, depth.saturating_add(1));
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            sequence(text, items, depth.saturating_add(1));
        }
        _ => line(text, value),
    }
}

fn sequence(text: &mut String, items: &[Value], depth: usize) {
    for item in items {
        indent(text, depth);
        text.push('-');
        match item {
            Value::Object(entries) if !entries.is_empty() => {
                let mut first = true;
                for (key, value) in ordered(entries) {
                    if first {
                        text.push(' ');
                    } else {
                        indent(text, depth.saturating_add(1));
                    }
                    first = false;
                    entry(text, key, value, depth.saturating_add(1));
                }
            }
            Value::Array(items) if !items.is_empty() => {
                text.push('\n');
                sequence(text, items, depth.saturating_add(1));
            }
            _ => line(text, item),
        }
    }
}

fn line(text: &mut String, value: &Value) {
    text.push(' ');
    text.push_str(&scalar(value));
    text.push('\n');
}

fn indent(text: &mut String, depth: usize) {
    text.extend(std::iter::repeat_n("  ", depth));
}

/// A scalar, or an empty list or mapping, on one line.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(word) if is_plain(word) => word.clone(),
        _ => value.to_string(),
    }
}

/// Words that are texts in every YAML without quotes.
fn is_plain(word: &str) -> bool {
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let starts = word.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let is_inner = |letter: char| letter.is_ascii_alphanumeric() || "_-./ ".contains(letter);
    starts
        && word.chars().all(is_inner)
        && !word.ends_with(' ')
        && !words.contains(&word.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_stays_a_text_and_everything_else_what_it_is() {
        for (value, written) in [
            (json!("credits.read"), "credits.read"),
            (json!("all or nothing"), "all or nothing"),
            (json!("120.5"), "\"120.5\""),
            (json!("2025-11-06"), "\"2025-11-06\""),
            (json!("no"), "\"no\""),
            (json!("a: b"), "\"a: b\""),
            (json!(""), "\"\""),
            (json!(1), "1"),
            (json!(0.01), "0.01"),
            (json!(null), "null"),
            (json!([]), "[]"),
            (json!({}), "{}"),
        ] {
            assert_eq!(scalar(&value), written);
        }
    }

    #[test]
    fn lists_and_mappings_nest_by_indentation() {
        let value = json!({
            "paths": {"/a": {"get": {"tags": ["x"], "operationId": "a"}}},
            "openapi": "3.1.0",
            "list": [{"b": 1, "a": [1, 2]}, [true], {}],
        });
        let expected = "openapi: \"3.1.0\"\npaths:\n  \"/a\":\n    get:\n      operationId: a\n      \
                        tags:\n        - x\nlist:\n  - a:\n      - 1\n      - 2\n    b: 1\n  -\n    \
                        - true\n  - {}\n";
        let written = text(&value);
        assert_eq!(written.split_once('\n').unwrap().1, expected);
    }
}

//! Parameters of a request, and how Stripe wants them encoded: as a form, with brackets
//! for what is nested (`metadata[user_id]`, `items[0][price]`).
//!
//! Source: <https://docs.stripe.com/api>, "form-encoded request bodies".

use std::fmt;

use serde_json::Value;

/// Parameters in the order in which they were added. Debug output shows only their
/// names, since values may be of people.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// No parameters.
    pub fn new() -> Self {
        Form::default()
    }

    /// Adds a parameter. The name of a nested one has its brackets: `created[gte]`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.0.push((name.to_string(), value.to_string()));
        self
    }

    /// Adds a list: `types[0]`, `types[1]`, and so on.
    #[must_use]
    pub fn with_list(mut self, name: &str, values: &[&str]) -> Self {
        for (number, value) in values.iter().enumerate() {
            self.0
                .push((format!("{name}[{number}]"), value.to_string()));
        }
        self
    }

    /// Adds everything in a JSON object, nested values with brackets. Null is left out;
    /// an empty text is how Stripe is told to clear a field.
    #[must_use]
    pub fn with_fields(mut self, fields: &serde_json::Map<String, Value>) -> Self {
        for (name, value) in fields {
            self.add(name.clone(), value);
        }
        self
    }

    fn add(&mut self, name: String, value: &Value) {
        match value {
            Value::Null => {}
            Value::Bool(flag) => self.0.push((name, flag.to_string())),
            Value::Number(number) => self.0.push((name, number.to_string())),
            Value::String(text) => self.0.push((name, text.clone())),
            Value::Array(values) => {
                for (number, value) in values.iter().enumerate() {
                    self.add(format!("{name}[{number}]"), value);
                }
            }
            Value::Object(fields) => {
                for (field, value) in fields {
                    self.add(format!("{name}[{field}]"), value);
                }
            }
        }
    }

    /// Whether it has no parameters.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The encoded form: a query or a body.
    pub(crate) fn encoded(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.0 {
            if !text.is_empty() {
                text.push('&');
            }
            encode(name, b"[]", &mut text);
            text.push('=');
            encode(value, b"", &mut text);
        }
        text
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        formatter.debug_set().entries(names).finish()
    }
}

/// One part of a path. A dot is encoded, so that no id can mean another folder.
pub(crate) fn path_part(text: &str) -> String {
    let mut part = String::new();
    encode(text, b"", &mut part);
    // A space has another form in a path.
    part.replace('+', "%20").replace('.', "%2E")
}

fn encode(text: &str, also_plain: &[u8], into: &mut String) {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    let digit = |number: u8| DIGITS.get(usize::from(number)).copied().unwrap_or('0');
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                into.push(char::from(byte));
            }
            b' ' => into.push('+'),
            plain if also_plain.contains(&plain) => into.push(char::from(plain)),
            other => into.extend(['%', digit(other >> 4), digit(other & 15)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nested_values_are_written_with_brackets_and_null_is_left_out() {
        let fields = json!({
            "customer": "cus_1",
            "metadata": {"user_id": "u & v", "note": ""},
            "items": [{"price": "price_1", "quantity": 2}, {"price": "price_2"}],
            "expand": ["line_items", "data.lines"],
            "off_session": true,
            "coupon": null,
        });
        let form = Form::new().with_fields(fields.as_object().unwrap());
        let mut parts: Vec<_> = form.encoded().split('&').map(str::to_string).collect();
        parts.sort();
        assert_eq!(
            parts,
            [
                "customer=cus_1",
                "expand[0]=line_items",
                "expand[1]=data.lines",
                "items[0][price]=price_1",
                "items[0][quantity]=2",
                "items[1][price]=price_2",
                "metadata[note]=",
                "metadata[user_id]=u+%26+v",
                "off_session=true",
            ]
        );
    }

    #[test]
    fn every_byte_that_could_mean_something_else_is_encoded() {
        let form = Form::new()
            .with("created[gte]", 1_800_000_000_i64)
            .with("query", "a=b&c#d?[é]%+/\n")
            .with_list("types", &["invoice.paid", "refund.created"]);
        assert_eq!(
            form.encoded(),
            "created[gte]=1800000000&query=a%3Db%26c%23d%3F%5B%C3%A9%5D%25%2B%2F%0A\
             &types[0]=invoice.paid&types[1]=refund.created"
        );
        assert_eq!(path_part("in_1 ../x"), "in_1%20%2E%2E%2Fx");
    }

    #[test]
    fn debug_text_shows_names_alone() {
        let form = Form::new().with("email", "somebody@example.com");
        assert_eq!(format!("{form:?}"), "{\"email\"}");
    }
}

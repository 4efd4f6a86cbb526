//! The model of Stripe's billing numbers its objects from 1 for each customer.
//! Here they get names of their own, as long as Stripe's account lasts.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The kinds of ids that the model gives.
const PREFIXES: [&str; 15] = [
    "ch", "cn", "cnli", "di", "dp", "evt", "ii", "il", "in", "inpay", "pi", "re", "si", "sub",
    "txn",
];

/// How the ids and the metadata of one customer's objects are called.
#[derive(Debug)]
pub(super) struct Names {
    /// Part of every id.
    tag: String,
    /// Ids that were there before the model was.
    known: BTreeMap<String, String>,
    /// The metadata of the subscriptions, in the model's order.
    metadata: Vec<Value>,
}

impl Names {
    pub(super) fn new(tag: String) -> Self {
        Names {
            tag,
            known: BTreeMap::new(),
            metadata: Vec::new(),
        }
    }

    /// Keeps the metadata of the next subscription; what the model calls its user.
    pub(super) fn add(&mut self, metadata: Value) -> String {
        self.metadata.push(metadata);
        marker(self.metadata.len())
    }

    /// Gives an object of the model the id that it had before.
    pub(super) fn know(&mut self, model: String, id: String) {
        self.known.insert(model, id);
    }

    /// The name of an object that the model calls `prefix_n`.
    pub(super) fn of(&self, id: &str) -> String {
        if let Some(known) = self.known.get(id) {
            return known.clone();
        }
        match id.split_once('_') {
            Some((prefix, number)) if is_numbered(prefix, number) => {
                format!("{prefix}_{}_{number}", self.tag)
            }
            _ => id.to_string(),
        }
    }

    /// An object of the model with its names and its metadata.
    pub(super) fn renamed(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(members) => members.into_iter().map(|it| self.renamed(it)).collect(),
            Value::Object(fields) => self.fields(fields),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
        }
    }

    fn fields(&self, fields: Map<String, Value>) -> Value {
        let user = fields.get("user_id").and_then(Value::as_str);
        let is_marked = |position: &usize| user == Some(marker(*position).as_str());
        if let Some(position) = (1..=self.metadata.len()).find(is_marked) {
            let metadata = self.metadata.get(position.saturating_sub(1));
            return metadata.cloned().unwrap_or_default();
        }
        let fields = fields.into_iter();
        let fields = fields.map(|(name, value)| (name, self.renamed(value)));
        Value::Object(fields.collect())
    }

    /// An id, or a path with ids in it.
    fn text(&self, text: &str) -> String {
        if !text.starts_with("/v1/") {
            return self.of(text);
        }
        let parts = text.split_inclusive(['/', '=', '?']);
        let named = parts.map(|part| {
            let id = part.trim_end_matches(['/', '=', '?']);
            let end = part.strip_prefix(id).unwrap_or_default();
            format!("{}{end}", self.of(id))
        });
        named.collect()
    }
}

fn marker(position: usize) -> String {
    format!("metadata of {position}")
}

fn is_numbered(prefix: &str, number: &str) -> bool {
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    digits && PREFIXES.contains(&prefix)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_get_names_and_everything_else_stays_as_it_is() {
        let mut names = Names::new("tag".to_string());
        let user = names.add(json!({"user_id": "free-user", "x": "1"}));
        names.know("sub_1".to_string(), "sub_old".to_string());
        let renamed = names.renamed(json!({
            "id": "in_1",
            "subscription": "sub_1",
            "metadata": {"user_id": user},
            "lines": {"data": [{"id": "il_12"}], "url": "/v1/invoices/in_1/lines"},
            "items": "/v1/subscription_items?subscription=sub_2",
            "price": "price_1",
            "number": "in_x",
        }));
        let expected = json!({
            "id": "in_tag_1",
            "subscription": "sub_old",
            "metadata": {"user_id": "free-user", "x": "1"},
            "lines": {"data": [{"id": "il_tag_12"}], "url": "/v1/invoices/in_tag_1/lines"},
            "items": "/v1/subscription_items?subscription=sub_tag_2",
            "price": "price_1",
            "number": "in_x",
        });
        assert_eq!(renamed, expected);
    }
}

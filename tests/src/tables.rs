//! The tables as plain text, so that two states can be compared byte for byte
//! and a difference can be read.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

/// An item's attributes by name.
type Item = HashMap<String, AttributeValue>;

/// Every item of every table, as a line of text under `table pk/sk`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables(pub BTreeMap<String, String>);

impl Tables {
    /// The keys of all items that are not rate counters: reading may count calls.
    pub fn without_rate_counters(mut self) -> Self {
        self.0.retain(|key, _| !key.starts_with("credits RATE#"));
        self
    }

    /// The keys that start so, without what they start with.
    pub fn keys_under(&self, prefix: &str) -> Vec<String> {
        let keys = self.0.keys();
        keys.filter_map(|key| key.strip_prefix(prefix))
            .map(str::to_string)
            .collect()
    }
}

/// Everything that the tables hold.
pub async fn dump(client: &Client) -> Tables {
    let mut tables = BTreeMap::new();
    for table in ["users", "credits", "billing", "notices"] {
        for item in scan(client, table).await {
            let text = |name: &str| item[name].as_s().unwrap().clone();
            let key = format!("{table} {}/{}", text("pk"), text("sk"));
            tables.insert(key, plain(&AttributeValue::M(item)).to_string());
        }
    }
    Tables(tables)
}

async fn scan(client: &Client, table: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut from = None;
    loop {
        let request = client.scan().table_name(table).consistent_read(true);
        let page = request.set_exclusive_start_key(from).send().await.unwrap();
        items.extend(page.items.unwrap_or_default());
        from = page.last_evaluated_key;
        if from.is_none() {
            return items;
        }
    }
}

/// A value in DynamoDB's JSON, names in order, binary as hexadecimal.
pub fn plain(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::Null(_) => json!({"NULL": true}),
        AttributeValue::B(bytes) => {
            let digits = bytes.as_ref().iter().map(|byte| format!("{byte:02x}"));
            json!({"B": digits.collect::<String>()})
        }
        AttributeValue::L(values) => json!({"L": values.iter().map(plain).collect::<Vec<_>>()}),
        AttributeValue::M(fields) => {
            let ordered: BTreeMap<_, _> = fields.iter().collect();
            let fields = ordered.into_iter();
            let fields: serde_json::Map<String, Value> = fields
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect();
            json!({ "M": fields })
        }
        other => panic!("the product writes no {other:?}"),
    }
}

//! The balance of a peers' user before the first call.

use serde_json::{Map, Value, json};

/// The item `BALANCE`, amounts in thousandths of a credit. Postgres gets the
/// same figures in its rows.
#[derive(Clone, Debug)]
pub(crate) struct Balance {
    pub(crate) free_remaining_milli: i64,
    pub(crate) free_allocation_milli: i64,
    pub(crate) free_used_milli: i64,
    pub(crate) pro_remaining_milli: i64,
    pub(crate) pro_total_milli: i64,
    pub(crate) pro_used_milli: i64,
    /// Reset time of the free credits, RFC 3339.
    pub(crate) reset_date: String,
}

impl Balance {
    fn amounts(&self) -> [(&'static str, i64); 6] {
        [
            ("free_remaining_milli", self.free_remaining_milli),
            ("free_allocation_milli", self.free_allocation_milli),
            ("free_used_milli", self.free_used_milli),
            ("pro_remaining_milli", self.pro_remaining_milli),
            ("pro_total_milli", self.pro_total_milli),
            ("pro_used_milli", self.pro_used_milli),
        ]
    }

    /// The item in DynamoDB's JSON, as `PutItem` takes it.
    pub(crate) fn item(&self, user: &str) -> Value {
        let mut item = Map::new();
        for (name, amount) in self.amounts() {
            item.insert(name.into(), json!({ "N": amount.to_string() }));
        }
        item.insert("pk".into(), json!({ "S": format!("USER#{user}") }));
        item.insert("sk".into(), json!({ "S": "BALANCE" }));
        item.insert("reset_date".into(), json!({ "S": self.reset_date }));
        item.insert("version".into(), json!({ "N": "1" }));
        Value::Object(item)
    }

    /// Plain JSON under the same names.
    pub(super) fn plain(&self) -> Value {
        let mut plain = Map::new();
        for (name, amount) in self.amounts() {
            plain.insert(name.into(), amount.into());
        }
        plain.insert("reset_date".into(), self.reset_date.as_str().into());
        Value::Object(plain)
    }
}

//! Counts what the data operations of this process would cost on DynamoDB.
//! Requests over the wire protocol and table management are not counted.

use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Capacity units, stored as half units, the smallest amount DynamoDB bills.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Units(u64);

impl Units {
    /// The amount in halves, so that a comparison is exact.
    pub fn half_units(self) -> u64 {
        self.0
    }

    fn from_wire(value: Option<&Value>) -> Option<Self> {
        let units = value?.as_f64()?;
        // A price is never negative and far below the cast's limit.
        Some(Self((units * 2.0).round() as u64))
    }
}

impl Serialize for Units {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 2.0)
    }
}

/// The cost of one operation, or of all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// Requests that reached DynamoDB, refused ones included.
    pub requests: u64,
    /// Read capacity units.
    pub read_units: Units,
    /// Write capacity units.
    pub write_units: Units,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.requests += other.requests;
        self.read_units.0 += other.read_units.0;
        self.write_units.0 += other.write_units.0;
    }
}

/// A snapshot of the counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MeterSnapshot {
    /// All operations together.
    #[serde(flatten)]
    pub total: Count,
    /// Each operation by its DynamoDB name.
    pub operations: BTreeMap<String, Count>,
}

/// The counters. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Mutex<BTreeMap<String, Count>>>);

impl Meter {
    /// The counts since the last reset.
    pub fn snapshot(&self) -> MeterSnapshot {
        let operations = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut total = Count::default();
        operations.values().for_each(|count| total.add(*count));
        MeterSnapshot { total, operations }
    }

    /// Resets the counts to zero.
    pub fn reset(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Counts one request and what its answer says it consumed. A failed
    /// condition costs write units too, but DynamoDB's error does not say how
    /// many, so it counts as a request only.
    pub(super) fn count(&self, operation: &str, consumed: Option<&Value>) {
        let mut count = Count {
            requests: 1,
            ..Count::default()
        };
        for capacity in one_or_many(consumed) {
            let read = Units::from_wire(capacity.get("ReadCapacityUnits"));
            let write = Units::from_wire(capacity.get("WriteCapacityUnits"));
            // Plain operations return one figure; whether it is reads or writes
            // depends on the operation.
            let plain = match (read, write) {
                (None, None) => Units::from_wire(capacity.get("CapacityUnits")).unwrap_or_default(),
                _ => Units::default(),
            };
            let (plain_read, plain_write) = if reads(operation) {
                (plain.0, 0)
            } else {
                (0, plain.0)
            };
            count.read_units.0 += read.unwrap_or_default().0 + plain_read;
            count.write_units.0 += write.unwrap_or_default().0 + plain_write;
        }
        let mut operations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        operations
            .entry(operation.to_owned())
            .or_default()
            .add(count);
    }
}

/// Batches and transactions answer with a list, one entry per table.
fn one_or_many(consumed: Option<&Value>) -> &[Value] {
    match consumed {
        None => &[],
        Some(Value::Array(tables)) => tables,
        Some(one) => std::slice::from_ref(one),
    }
}

fn reads(operation: &str) -> bool {
    matches!(
        operation,
        "GetItem" | "BatchGetItem" | "Query" | "Scan" | "TransactGetItems"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn units_are_summed_by_kind_and_operation() {
        let meter = Meter::default();
        meter.count("GetItem", Some(&json!({"CapacityUnits": 0.5})));
        meter.count("GetItem", Some(&json!({"CapacityUnits": 1.0})));
        meter.count("PutItem", None);
        let written =
            json!([{"CapacityUnits": 4.0, "WriteCapacityUnits": 4.0}, {"CapacityUnits": 2.0}]);
        meter.count("TransactWriteItems", Some(&written));
        let replayed = json!([{"CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}]);
        meter.count("TransactWriteItems", Some(&replayed));
        assert_eq!(
            serde_json::to_value(meter.snapshot()).unwrap(),
            json!({
                "requests": 5, "readUnits": 3.5, "writeUnits": 6.0,
                "operations": {
                    "GetItem": {"requests": 2, "readUnits": 1.5, "writeUnits": 0.0},
                    "PutItem": {"requests": 1, "readUnits": 0.0, "writeUnits": 0.0},
                    "TransactWriteItems": {"requests": 2, "readUnits": 2.0, "writeUnits": 6.0},
                },
            })
        );
        meter.reset();
        assert_eq!(meter.snapshot(), MeterSnapshot::default());
    }
}

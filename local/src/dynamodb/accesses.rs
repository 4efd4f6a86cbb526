//! The IAM permissions that the requests of this process would need on AWS:
//! action, table or index, and prefix of the partition keys. It only records,
//! and only once it is started.

use super::engine::Engine;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One kind of access, in terms of an IAM policy. All items of one request that
/// need the same action on the same table are one access, because a single
/// statement must cover all of their keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// The action without its service, for example `GetItem`.
    pub action: String,
    /// The table.
    pub table: String,
    /// Its index, if one is read.
    pub index: Option<String>,
    /// The prefix of the partition keys up to their first `#`; the whole key if
    /// it has none, and empty if the key is unknown.
    pub leading_keys: BTreeSet<String>,
    /// Its transaction, if any: `TransactWriteItems` or `TransactGetItems`.
    pub enclosing_operation: Option<String>,
}

/// The record of accesses. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Accesses(Arc<Mutex<Option<BTreeSet<Access>>>>);

impl Accesses {
    /// Starts recording.
    pub fn start(&self) {
        *self.noted() = Some(BTreeSet::new());
    }

    /// Stops recording and returns the accesses since the start.
    pub fn stop(&self) -> BTreeSet<Access> {
        self.noted().take().unwrap_or_default()
    }

    /// Records a request, whatever its outcome.
    pub(super) fn note(&self, engine: &Engine, operation: &str, body: &[u8]) {
        if self.noted().is_none() {
            return;
        }
        let request = serde_json::from_slice(body).unwrap_or_default();
        let attribute = |table: &str, index: Option<&str>| partition_key(engine, table, index);
        let accesses = accesses_of(operation, &request, &attribute);
        if let Some(noted) = self.noted().as_mut() {
            noted.extend(accesses);
        }
    }

    fn noted(&self) -> MutexGuard<'_, Option<BTreeSet<Access>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The attribute that is the partition key of a table or of an index of it.
type PartitionKey<'a> = &'a dyn Fn(&str, Option<&str>) -> Option<String>;

fn partition_key(engine: &Engine, table: &str, index: Option<&str>) -> Option<String> {
    let described = engine.run("DescribeTable", json!({"TableName": table}));
    let table = described.body.get("Table")?;
    let keys = match index {
        None => table.get("KeySchema"),
        Some(index) => ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"]
            .iter()
            .filter_map(|kind| table.get(kind)?.as_array())
            .flatten()
            .find(|other| text(other, "IndexName") == index)?
            .get("KeySchema"),
    };
    let mut keys = keys?.as_array()?.iter();
    let partition = keys.find(|key| text(key, "KeyType") == "HASH")?;
    Some(text(partition, "AttributeName").to_owned())
}

/// The accesses of one request.
fn accesses_of(operation: &str, request: &Value, attribute: PartitionKey<'_>) -> Vec<Access> {
    match operation {
        "BatchGetItem" | "BatchWriteItem" => batch(operation, request, attribute),
        "TransactGetItems" | "TransactWriteItems" => transaction(operation, request, attribute),
        _ => vec![single(operation, request, attribute)],
    }
}

/// A batch needs its own action on each of its tables.
fn batch(operation: &str, request: &Value, attribute: PartitionKey<'_>) -> Vec<Access> {
    let tables = request.get("RequestItems").and_then(Value::as_object);
    let access = |(table, items): (&String, &Value)| Access {
        action: operation.to_owned(),
        table: table.clone(),
        index: None,
        leading_keys: entries(items.get("Keys").unwrap_or(items))
            .map(|item| leading_key(item, table, attribute))
            .collect(),
        enclosing_operation: None,
    };
    tables.into_iter().flatten().map(access).collect()
}

/// IAM has no action for a transaction: each part needs that of the same
/// request alone, and a check has one that only transactions know.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>
fn transaction(operation: &str, request: &Value, attribute: PartitionKey<'_>) -> Vec<Access> {
    let parts = entries(request.get("TransactItems").unwrap_or(&Value::Null));
    let parts = parts.filter_map(Value::as_object).flatten();
    let mut keys = BTreeMap::<(String, String), BTreeSet<String>>::new();
    for (kind, part) in parts {
        let table = text(part, "TableName").to_owned();
        let key = leading_key(part, &table, attribute);
        keys.entry((format!("{kind}Item"), table))
            .or_default()
            .insert(key);
    }
    let access = |((action, table), leading_keys)| Access {
        action,
        table,
        index: None,
        leading_keys,
        enclosing_operation: Some(operation.to_owned()),
    };
    keys.into_iter().map(access).collect()
}

fn single(operation: &str, request: &Value, attribute: PartitionKey<'_>) -> Access {
    let table = text(request, "TableName").to_owned();
    let index = request.get("IndexName").and_then(Value::as_str);
    let leading_keys = match operation {
        "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem" => {
            BTreeSet::from([leading_key(request, &table, attribute)])
        }
        "Query" => BTreeSet::from([queried(request, attribute(&table, index))]),
        // A scan, or a request that accesses no items, has no key.
        _ => BTreeSet::new(),
    };
    Access {
        action: operation.to_owned(),
        leading_keys,
        index: index.map(str::to_owned),
        table,
        enclosing_operation: None,
    }
}

/// The prefix of an item's key, from the item or from a request that contains
/// the key or the item.
fn leading_key(request: &Value, table: &str, attribute: PartitionKey<'_>) -> String {
    let request = ["PutRequest", "DeleteRequest"]
        .iter()
        .find_map(|kind| request.get(kind))
        .unwrap_or(request);
    let item = request.get("Key").or_else(|| request.get("Item"));
    let key = attribute(table, None)
        .and_then(|attribute| item.unwrap_or(request).get(attribute)?.get("S"));
    beginning(key)
}

/// The prefix of a query's key.
fn queried(request: &Value, attribute: Option<String>) -> String {
    beginning(queried_key(request, attribute))
}

/// The partition key that a query names, which has this attribute.
pub(super) fn queried_key(request: &Value, attribute: Option<String>) -> Option<&Value> {
    let condition = text(request, "KeyConditionExpression").replace('=', " = ");
    let separates = |letter: char| letter.is_whitespace() || matches!(letter, '(' | ')');
    let words: Vec<&str> = condition
        .split(separates)
        .filter(|it| !it.is_empty())
        .collect();
    let names = request.get("ExpressionAttributeNames");
    let full = |name: &str| names.and_then(|names| names.get(name)?.as_str().map(str::to_owned));
    let asked = words.windows(3).find_map(|words| match words {
        [name, "=", value] => {
            let name = full(name).unwrap_or_else(|| (*name).to_owned());
            (Some(name) == attribute).then_some(*value)
        }
        _ => None,
    });
    let values = request.get("ExpressionAttributeValues");
    asked.and_then(|value| values?.get(value)?.get("S"))
}

fn beginning(key: Option<&Value>) -> String {
    let key = key.and_then(Value::as_str).unwrap_or_default();
    key.split_inclusive('#')
        .next()
        .unwrap_or_default()
        .to_owned()
}

pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn entries(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests;

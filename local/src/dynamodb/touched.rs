//! The partition keys that the requests of this process read and write, of tables and
//! of their indexes. A partition of DynamoDB serves a bounded number of units a second,
//! so a key that takes a large share of all is where a table ends. It only records, and
//! only once it is started.
//!
//! A scan is not recorded: it reads every partition.

use super::accesses::{entries, queried_key, text};
use super::engine::Engine;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A partition of a table or of an index of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Partition {
    /// The table.
    pub table: String,
    /// The index, if it is not the table's own partition.
    pub index: Option<String>,
    /// The value of the partition key.
    pub key: String,
}

/// How often each partition was read and written: once for each item or index row of a
/// request. A condition check is a write, because it is paid and limited as one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TouchedSnapshot {
    /// Items read, and queries.
    pub reads: BTreeMap<Partition, u64>,
    /// Items written, and index rows that changed with them.
    pub writes: BTreeMap<Partition, u64>,
}

/// The record of partitions. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Touched(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    snapshot: Option<TouchedSnapshot>,
    shapes: BTreeMap<String, Arc<Shape>>,
}

/// The keys of a table and its indexes.
#[derive(Debug)]
struct Shape {
    keys: [String; 2],
    indexes: Vec<IndexShape>,
}

#[derive(Debug)]
struct IndexShape {
    name: String,
    keys: [String; 2],
    /// The attributes that it projects beside the keys; none if it projects all.
    projected: Option<Vec<String>>,
}

/// The items that a request is about to write, as they were before.
pub(super) struct Touching(Vec<Item>);

struct Item {
    table: String,
    shape: Arc<Shape>,
    key: Value,
    before: Value,
}

impl Touched {
    /// Starts recording.
    pub fn start(&self) {
        self.state().snapshot = Some(TouchedSnapshot::default());
    }

    /// Stops recording and returns what was touched since the start.
    pub fn stop(&self) -> TouchedSnapshot {
        self.state().snapshot.take().unwrap_or_default()
    }

    /// Records the reads and the written items of a request, and notes what the items
    /// were.
    pub(super) fn begin(
        &self,
        engine: &Engine,
        operation: &str,
        request: &Value,
    ) -> Option<Touching> {
        self.state().snapshot.as_ref()?;
        let mut items = Vec::new();
        for (kind, table, part) in parts(operation, request) {
            let shape = self.shape(engine, &table)?;
            if kind == "Query" {
                let index = request.get("IndexName").and_then(Value::as_str);
                let key = queried_key(request, shape.partition_key(index));
                let key = key.and_then(Value::as_str).unwrap_or_default();
                self.count(false, &table, index, key);
                continue;
            }
            let key = shape.key_of(part);
            let is_write = !matches!(kind, "GetItem" | "Get" | "Keys");
            self.count(is_write, &table, None, string(&key, &shape.keys[0]));
            if is_write && !shape.indexes.is_empty() {
                let before = load(engine, &table, &key);
                items.push(Item {
                    table,
                    shape,
                    key,
                    before,
                });
            }
        }
        Some(Touching(items))
    }

    /// Records the index rows that the request has changed.
    pub(super) fn end(&self, engine: &Engine, touching: Option<Touching>) {
        for item in touching.into_iter().flat_map(|touching| touching.0) {
            let after = load(engine, &item.table, &item.key);
            for index in &item.shape.indexes {
                for key in changed(&item.shape, index, &item.before, &after) {
                    self.count(true, &item.table, Some(&index.name), key);
                }
            }
        }
    }

    fn count(&self, is_write: bool, table: &str, index: Option<&str>, key: &str) {
        if let Some(snapshot) = self.state().snapshot.as_mut() {
            let partition = Partition {
                table: table.to_owned(),
                index: index.map(str::to_owned),
                key: key.to_owned(),
            };
            let counts = if is_write {
                &mut snapshot.writes
            } else {
                &mut snapshot.reads
            };
            *counts.entry(partition).or_default() += 1;
        }
    }

    fn shape(&self, engine: &Engine, table: &str) -> Option<Arc<Shape>> {
        if let Some(known) = self.state().shapes.get(table) {
            return Some(known.clone());
        }
        let described = engine
            .run("DescribeTable", json!({"TableName": table}))
            .body;
        let described = described.get("Table")?;
        let indexes = entries(
            described
                .get("GlobalSecondaryIndexes")
                .unwrap_or(&Value::Null),
        );
        let shape = Arc::new(Shape {
            keys: keys(described)?,
            indexes: indexes.map(IndexShape::of).collect::<Option<_>>()?,
        });
        self.state().shapes.insert(table.to_owned(), shape.clone());
        Some(shape)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shape {
    fn partition_key(&self, index: Option<&str>) -> Option<String> {
        let keys = match index {
            None => &self.keys,
            Some(name) => &self.indexes.iter().find(|it| it.name == name)?.keys,
        };
        Some(keys[0].clone())
    }

    /// The primary key in a request's part: its key, or that of its item.
    fn key_of(&self, part: &Value) -> Value {
        let within = part.get("Key").or_else(|| part.get("Item")).unwrap_or(part);
        let value = |name: &String| Some((name.clone(), within.get(name)?.clone()));
        Value::Object(self.keys.iter().filter_map(value).collect())
    }
}

impl IndexShape {
    fn of(described: &Value) -> Option<Self> {
        let projection = described.get("Projection")?;
        let names = entries(projection.get("NonKeyAttributes").unwrap_or(&Value::Null));
        let names = names.filter_map(Value::as_str).map(str::to_owned);
        Some(IndexShape {
            name: text(described, "IndexName").to_owned(),
            keys: keys(described)?,
            projected: (text(projection, "ProjectionType") != "ALL").then(|| names.collect()),
        })
    }

    /// The row of an item: partition key, sort key and what else it shows.
    fn row<'a>(&self, table: &Shape, item: &'a Value) -> Option<(&'a str, &'a str, Value)> {
        let [partition, sort] = &self.keys;
        let key = |name: &String| item.get(name)?.get("S")?.as_str();
        let shown = match &self.projected {
            None => item.clone(),
            Some(names) => {
                let names = names.iter().chain(&table.keys);
                let shown = names.filter_map(|name| Some((name.clone(), item.get(name)?.clone())));
                Value::Object(shown.collect::<Map<_, _>>())
            }
        };
        Some((key(partition)?, key(sort)?, shown))
    }
}

/// The partitions of an index that change when an item does: a row that moves is deleted
/// in one and put into another.
fn changed<'a>(
    table: &Shape,
    index: &IndexShape,
    before: &'a Value,
    after: &'a Value,
) -> Vec<&'a str> {
    match (index.row(table, before), index.row(table, after)) {
        (None, None) => Vec::new(),
        (Some(row), None) | (None, Some(row)) => vec![row.0],
        (Some(old), Some(new)) if old == new => Vec::new(),
        (Some(old), Some(new)) if (old.0, old.1) == (new.0, new.1) => vec![new.0],
        (Some(old), Some(new)) => vec![old.0, new.0],
    }
}

/// The parts of a request that each name an item, with their table; a query is one.
fn parts<'a>(operation: &'a str, request: &'a Value) -> Vec<(&'a str, String, &'a Value)> {
    let table = |part: &Value| text(part, "TableName").to_owned();
    match operation {
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = request.get("RequestItems").and_then(Value::as_object);
            let of_table = |(name, items): (&String, &'a Value)| {
                let keys = items.get("Keys");
                let kind = if keys.is_some() { "Keys" } else { "Writes" };
                let parts = entries(keys.unwrap_or(items));
                let name = name.clone();
                parts.map(move |part| (kind, name.clone(), written(part)))
            };
            tables.into_iter().flatten().flat_map(of_table).collect()
        }
        "TransactGetItems" | "TransactWriteItems" => {
            let parts = entries(request.get("TransactItems").unwrap_or(&Value::Null));
            let parts = parts.filter_map(Value::as_object).flatten();
            parts
                .map(|(kind, part)| (kind.as_str(), table(part), part))
                .collect()
        }
        "Scan" => Vec::new(),
        _ => vec![(operation, table(request), request)],
    }
}

/// The put or delete within a part of a batch.
fn written(part: &Value) -> &Value {
    let kinds = ["PutRequest", "DeleteRequest"];
    kinds.iter().find_map(|kind| part.get(kind)).unwrap_or(part)
}

fn keys(described: &Value) -> Option<[String; 2]> {
    let schema = described.get("KeySchema")?;
    let named = |kind: &str| {
        let key = entries(schema).find(|key| text(key, "KeyType") == kind)?;
        Some(text(key, "AttributeName").to_owned())
    };
    Some([named("HASH")?, named("RANGE")?])
}

fn string<'a>(key: &'a Value, name: &str) -> &'a str {
    let value = key.get(name).and_then(|value| value.get("S"));
    value.and_then(Value::as_str).unwrap_or_default()
}

fn load(engine: &Engine, table: &str, key: &Value) -> Value {
    let request = json!({"TableName": table, "Key": key, "ConsistentRead": true});
    let answer = engine.run("GetItem", request);
    answer.body.get("Item").cloned().unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests;

//! Reading a table's stream, which has one shard here.

use serde_json::{Value, json};

use super::engine::Engine;

/// A reader of one stream: where it is, and where it was read up to.
#[derive(Debug, Default)]
pub(crate) struct StreamReader {
    /// The stream's ARN and its shard, once found: the engine counts a whole table to
    /// describe it.
    place: Option<(Value, Value)>,
    position: i64,
}

impl StreamReader {
    /// The records that are new, oldest first. Empty if the table has no stream.
    pub(crate) fn read(&mut self, engine: &Engine, table: &str) -> Vec<Value> {
        if self.place.is_none() {
            self.place = place(engine, table);
        }
        match &self.place {
            Some((arn, shard)) => records_after(engine, arn, shard, &mut self.position),
            None => Vec::new(),
        }
    }
}

fn place(engine: &Engine, table: &str) -> Option<(Value, Value)> {
    let call = |operation: &str, request: Value| engine.run(operation, request).body;
    let described = call("DescribeTable", json!({"TableName": table}));
    let arn = described.pointer("/Table/LatestStreamArn")?.clone();
    let described = call("DescribeStream", json!({"StreamArn": arn}));
    let shard = described.pointer("/StreamDescription/Shards/0/ShardId")?;
    Some((arn, shard.clone()))
}

/// The records after a position; the position moves behind them.
fn records_after(engine: &Engine, arn: &Value, shard: &Value, position: &mut i64) -> Vec<Value> {
    let call = |operation: &str, request: Value| engine.run(operation, request).body;
    let mut request = json!({"StreamArn": arn, "ShardId": shard});
    if let Some(fields) = request.as_object_mut() {
        if *position == 0 {
            fields.insert("ShardIteratorType".into(), "TRIM_HORIZON".into());
        } else {
            fields.insert("ShardIteratorType".into(), "AFTER_SEQUENCE_NUMBER".into());
            let number = (i128::from(*position) + OFFSET).to_string();
            fields.insert("SequenceNumber".into(), number.into());
        }
    }
    let mut iterator = call("GetShardIterator", request)
        .get("ShardIterator")
        .cloned();
    let mut all = Vec::new();
    while let Some(from) = iterator {
        let answer = call("GetRecords", json!({"ShardIterator": from}));
        let records = answer.get("Records").and_then(Value::as_array).cloned();
        let records = records.unwrap_or_default();
        if records.is_empty() {
            break;
        }
        let last = records
            .last()
            .and_then(|it| it.pointer("/dynamodb/SequenceNumber"));
        let last = last
            .and_then(Value::as_str)
            .and_then(|it| it.parse::<i128>().ok());
        if let Some(last) = last.and_then(|last| i64::try_from(last - OFFSET).ok()) {
            *position = last;
        }
        all.extend(records);
        iterator = answer.get("NextShardIterator").cloned();
    }
    all
}

/// What the engine adds to its own numbers.
const OFFSET: i128 = 100_000_000_000_000_000_000;

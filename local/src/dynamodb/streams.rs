//! Reading a table's stream, which has one shard here.

use serde_json::{Value, json};

use super::engine::Engine;

/// The records after a position, oldest first; the position moves behind them. Empty if
/// the table has no stream.
pub(crate) fn read_stream(engine: &Engine, table: &str, position: &mut i64) -> Vec<Value> {
    let call = |operation: &str, request: Value| engine.run(operation, request).body;
    let described = call("DescribeTable", json!({"TableName": table}));
    let Some(arn) = described.pointer("/Table/LatestStreamArn").cloned() else {
        return Vec::new();
    };
    let described = call("DescribeStream", json!({"StreamArn": arn}));
    let shard = described.pointer("/StreamDescription/Shards/0/ShardId");
    let Some(shard) = shard.cloned() else {
        return Vec::new();
    };
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

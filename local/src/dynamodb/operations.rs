//! Passes a request body to the embedded database and returns the answer body.
//! Supports the operations that this project uses; any other gets DynamoDB's
//! answer to an unknown operation.

use dynoxide::{Database, DynoxideError};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// A status and a body in DynamoDB's JSON.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Answer {
    /// An error in DynamoDB's format.
    pub(super) fn error(status: u16, kind: &str, message: &str) -> Self {
        let kind = format!("com.amazonaws.dynamodb.v20120810#{kind}");
        Self {
            status,
            body: json!({"__type": kind, "message": message}),
        }
    }
}

/// Whether an operation reads or writes items, and so reports its capacity.
pub(super) fn is_data_operation(operation: &str) -> bool {
    matches!(
        operation,
        "GetItem"
            | "PutItem"
            | "UpdateItem"
            | "DeleteItem"
            | "BatchGetItem"
            | "BatchWriteItem"
            | "Query"
            | "Scan"
            | "TransactGetItems"
            | "TransactWriteItems"
    )
}

/// Runs one operation.
pub(super) fn run(database: &Database, operation: &str, body: Value) -> Answer {
    match operation {
        "CreateTable" => answer(body, |request| database.create_table(request)),
        "DescribeTable" => answer(body, |request| database.describe_table(request)),
        "ListTables" => answer(body, |request| database.list_tables(request)),
        "UpdateTable" => answer(body, |request| database.update_table(request)),
        "UpdateTimeToLive" => answer(body, |request| database.update_time_to_live(request)),
        "DescribeTimeToLive" => answer(body, |request| database.describe_time_to_live(request)),
        "DescribeStream" => answer(body, |request| database.describe_stream(request)),
        "GetShardIterator" => answer(body, |request| database.get_shard_iterator(request)),
        "GetRecords" => answer(body, |request| database.get_records(request)),
        "GetItem" => answer(body, |request| database.get_item(request)),
        "PutItem" => answer(body, |request| database.put_item(request)),
        "UpdateItem" => answer(body, |request| database.update_item(request)),
        "DeleteItem" => answer(body, |request| database.delete_item(request)),
        "BatchGetItem" => answer(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => answer(body, |request| database.batch_write_item(request)),
        "Query" => answer(body, |request| database.query(request)),
        "Scan" => answer(body, |request| database.scan(request)),
        "TransactGetItems" => answer(body, |request| database.transact_get_items(request)),
        "TransactWriteItems" => answer(body, |request| database.transact_write_items(request)),
        _ => Answer {
            status: 400,
            body: json!({"__type": "com.amazon.coral.service#UnknownOperationException"}),
        },
    }
}

fn answer<Q: DeserializeOwned, A: Serialize>(
    body: Value,
    call: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> Answer {
    let answered = serde_json::from_value(body)
        .map_err(|error| unreadable(&error))
        .and_then(call)
        .and_then(|answer| {
            serde_json::to_value(answer)
                .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
        });
    match answered {
        Ok(body) => Answer { status: 200, body },
        Err(error) => Answer {
            status: error.status_code(),
            body: serde_json::from_str(&error.to_json()).unwrap_or_default(),
        },
    }
}

/// Dynoxide validates while it deserialises and marks such errors by a prefix
/// in capitals and a colon; without one the JSON itself has the wrong shape.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let message = error.to_string();
    match message.split_once(':') {
        Some((mark, rest)) if mark.starts_with("VALIDATION") => {
            DynoxideError::ValidationException(rest.to_owned())
        }
        _ => DynoxideError::SerializationException(message),
    }
}

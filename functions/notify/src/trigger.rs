//! The events that Lambda hands over. Sources: AWS Lambda developer guide, "Using AWS
//! Lambda with Amazon DynamoDB", "… with Amazon SQS", "… with Amazon SNS".

use serde::Deserialize;
use serde_json::Value;

/// A record of a stream.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Change {
    pub(crate) dynamodb: Image,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Image {
    pub(crate) sequence_number: String,
    /// None when an item was deleted.
    pub(crate) new_image: Option<Value>,
}

/// A message of the queue.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Queued {
    pub(crate) message_id: String,
    pub(crate) receipt_handle: String,
    pub(crate) body: String,
}

/// A message of a topic.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Published {
    pub(crate) sns: Notification,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Notification {
    pub(crate) message: String,
}

/// An event.
#[derive(Clone, Debug)]
pub(crate) enum Trigger {
    Stream(Vec<Change>),
    Queue(Vec<Queued>),
    Topic(Vec<Published>),
    /// Nothing that this function is called with.
    Unknown,
}

impl Trigger {
    pub(crate) fn of(event: &Value) -> Self {
        let records = event.get("Records").unwrap_or(&Value::Null);
        let first = records.get(0).unwrap_or(&Value::Null);
        // SNS alone writes it with a capital.
        let source = first.get("eventSource").or(first.get("EventSource"));
        let read = match source.and_then(Value::as_str) {
            Some("aws:dynamodb") => Vec::deserialize(records).map(Trigger::Stream),
            Some("aws:sqs") => Vec::deserialize(records).map(Trigger::Queue),
            Some("aws:sns") => Vec::deserialize(records).map(Trigger::Topic),
            _ => return Trigger::Unknown,
        };
        read.unwrap_or(Trigger::Unknown)
    }
}

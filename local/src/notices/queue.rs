//! A queue like SQS's: what is received is hidden for a while, and comes back unless it
//! is deleted. Time is the world's.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use shared::domain::Timestamp;
use shared::host::clock::SharedClock;

/// As the template has it.
const HIDDEN_SECONDS: i64 = 120;
/// As the template has it.
const BATCH: usize = 10;

#[derive(Clone, Debug)]
struct Message {
    id: String,
    body: String,
    visible_at: Timestamp,
}

/// A queue. Clones share its messages.
#[derive(Clone, Debug)]
pub struct LocalQueue {
    messages: Arc<Mutex<(u64, Vec<Message>)>>,
    clock: SharedClock,
}

impl LocalQueue {
    /// An empty queue in a time.
    pub fn new(clock: SharedClock) -> Self {
        LocalQueue {
            messages: Arc::default(),
            clock,
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut u64, &mut Vec<Message>) -> T) -> T {
        let mut locked = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let (sent, messages) = &mut *locked;
        change(sent, messages)
    }

    /// How many messages there are, hidden ones too.
    pub fn len(&self) -> usize {
        self.with(|_, messages| messages.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// When the next message that is hidden now can be received.
    pub fn next_visible(&self) -> Option<Timestamp> {
        self.with(|_, messages| messages.iter().map(|it| it.visible_at).min())
    }

    fn send(&self, body: &str) -> String {
        let visible_at = self.clock.now();
        self.with(|sent, messages| {
            *sent += 1;
            let id = format!("message-{sent}");
            messages.push(Message {
                id: id.clone(),
                body: body.to_string(),
                visible_at,
            });
            id
        })
    }

    /// Up to ten visible messages, as Lambda hands them over; they are hidden now.
    pub fn receive(&self) -> Vec<Value> {
        let now = self.clock.now();
        self.with(|_, messages| {
            let visible = messages.iter_mut().filter(|it| it.visible_at <= now);
            let received = visible.take(BATCH).map(|message| {
                message.visible_at = now.plus_seconds(HIDDEN_SECONDS);
                json!({
                    "messageId": message.id,
                    "receiptHandle": message.id,
                    "body": message.body,
                    "eventSource": "aws:sqs",
                })
            });
            received.collect()
        })
    }

    /// Deletes a message by its id.
    pub fn delete(&self, id: &str) {
        self.with(|_, messages| messages.retain(|message| message.id != id));
    }

    fn hide(&self, receipt: &str, seconds: i64) -> bool {
        let now = self.clock.now();
        self.with(|_, messages| {
            let found = messages.iter_mut().find(|message| message.id == receipt);
            let is_found = found.is_some();
            if let Some(message) = found {
                message.visible_at = now.plus_seconds(seconds);
            }
            is_found
        })
    }

    /// Answers a request of SQS's JSON protocol: a status and a body.
    pub fn answer(&self, operation: &str, request: &Value) -> (u16, Value) {
        let text = |name: &str| request.get(name).and_then(Value::as_str);
        match operation {
            "SendMessage" => match text("MessageBody") {
                Some(body) => (200, json!({"MessageId": self.send(body)})),
                None => (400, json!({"__type": "MissingParameter"})),
            },
            "ChangeMessageVisibility" => {
                let seconds = request.get("VisibilityTimeout").and_then(Value::as_i64);
                match (text("ReceiptHandle"), seconds) {
                    (Some(receipt), Some(seconds @ 0..=43_200)) if self.hide(receipt, seconds) => {
                        (200, json!({}))
                    }
                    _ => (400, json!({"__type": "ReceiptHandleIsInvalid"})),
                }
            }
            _ => (400, json!({"__type": "UnsupportedOperation"})),
        }
    }
}

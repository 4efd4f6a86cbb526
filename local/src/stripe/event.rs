//! Whom a story is about, and the events that it consists of.

use serde_json::Value;
use shared::domain::Timestamp;

/// Who and when a story is about. A cast says one story: another told with
/// the same suffix would speak of the same customer, invoices and payments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cast {
    /// Whom `client_reference_id` and `metadata.user_id` name, well-formed or not.
    pub user_id: String,
    /// What all its ids at Stripe bear: `cus_<suffix>`, `in_<suffix>_1`.
    pub suffix: String,
    /// When it begins.
    pub start: Timestamp,
}

impl Cast {
    /// A cast of these three.
    pub fn new(user_id: &str, suffix: &str, start: Timestamp) -> Self {
        Cast {
            user_id: user_id.to_string(),
            suffix: suffix.to_string(),
            start,
        }
    }
}

/// One event of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryEvent {
    /// `evt_<suffix>_<scenario>_<number>`, the same in every API version.
    pub id: String,
    /// Stripe's name for what happened, `invoice.paid`.
    pub event_type: String,
    /// The whole event object.
    pub body: Value,
}

impl StoryEvent {
    /// When it happened, as it says.
    pub fn created(&self) -> Timestamp {
        let created = self.body.get("created").and_then(Value::as_i64);
        Timestamp::from_unix_seconds_clamped(created.unwrap_or_default())
    }

    /// The bytes to sign and post: indented, as Stripe sends them.
    pub fn payload(&self) -> String {
        format!("{:#}", self.body)
    }
}

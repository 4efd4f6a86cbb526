//! The cast of a story, and its events.

use serde_json::Value;
use shared::domain::Timestamp;

/// The user and time of a story. Use a cast for one story: another story with
/// the same suffix would share its customer, invoices and payments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cast {
    /// The value of `client_reference_id` and `metadata.user_id`, valid or not.
    pub user_id: String,
    /// Part of all its Stripe ids: `cus_<suffix>`, `in_<suffix>_1`.
    pub suffix: String,
    /// Start time.
    pub start: Timestamp,
}

impl Cast {
    /// Builds a cast.
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
    /// Stripe's event type, such as `invoice.paid`.
    pub event_type: String,
    /// The whole event object.
    pub body: Value,
}

impl StoryEvent {
    /// The event's `created` time.
    pub fn created(&self) -> Timestamp {
        let created = self.body.get("created").and_then(Value::as_i64);
        Timestamp::from_unix_seconds_clamped(created.unwrap_or_default())
    }

    /// The bytes to sign and post: indented, as Stripe sends them.
    pub fn payload(&self) -> String {
        format!("{:#}", self.body)
    }
}

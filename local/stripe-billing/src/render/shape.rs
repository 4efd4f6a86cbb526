//! The two families of API versions, and helpers to build objects of both.

use serde_json::{Value, json};

use crate::objects::{Event, Object};

/// The two families of API versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Up to acacia (2024-09 to 2025-02).
    Acacia,
    /// Basil (2025-03) and later.
    Basil,
}

impl Shape {
    /// An API version that has this shape.
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::Acacia => "2024-12-18.acacia",
            Self::Basil => "2025-06-30.basil",
        }
    }

    /// Whether that version posts this event: payments of invoices are events of
    /// their own only since basil.
    pub fn posts(self, event: &Event) -> bool {
        self == Self::Basil || !matches!(event.object, Object::InvoicePayment(_))
    }
}

/// An object with fields added or replaced.
pub(super) fn with(mut object: Value, more: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut object, more) {
        fields.extend(more);
    }
    object
}

/// A list object of Stripe's API.
pub(super) fn list(data: Vec<Value>, url: &str) -> Value {
    let count = data.len();
    json!({"object": "list", "data": data, "has_more": false, "total_count": count, "url": url})
}

//! Values as JSON text and back, for tests of what tables and events store. The
//! layers themselves use none of it.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value as JSON.
pub(crate) fn written(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// A value from its JSON.
pub(crate) fn read_back<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

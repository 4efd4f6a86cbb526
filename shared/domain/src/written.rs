//! How values are written and read back as text, for tests of what lies in
//! tables and events. The layers themselves decide nothing by it.

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

//! The primary key of an item, and how it is shown; keys.rs says which there are.

use std::borrow::Cow;
use std::fmt;

use super::table::Table;

/// The primary key of one item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The table.
    pub table: Table,
    /// The partition key.
    pub pk: String,
    /// The sort key.
    pub sk: String,
}

impl Key {
    pub(super) fn new(table: Table, pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Key {
            table,
            pk: pk.into(),
            sk: sk.into(),
        }
    }
}

/// A key up to its first `#`, or all of it.
pub(super) fn first_word(key: &str) -> &str {
    key.split_inclusive('#').next().unwrap_or_default()
}

/// The part before the first `#`; a name in capitals is a kind by itself.
pub(super) fn kind_of(key: &str) -> Cow<'_, str> {
    let is_word = |text: &str| text.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'_'));
    match key.split_once('#') {
        Some((kind, _)) if is_word(kind) => Cow::Owned(format!("{kind}#…")),
        None if is_word(key) => Cow::Borrowed(key),
        _ => Cow::Borrowed("…"),
    }
}

/// For operators and error texts: `credits USER#u/ACCOUNT`.
impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}/{}", self.table.as_str(), self.pk, self.sk)
    }
}

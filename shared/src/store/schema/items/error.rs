//! An item that does not match its key: what may be logged about it, and what only an
//! operator may see.

use std::borrow::Cow;
use std::fmt;

use crate::domain::Redacted;
use crate::store::schema::keys::Key;

/// An item that does not match its key. Displayed, it names the kind of item and the
/// broken rule; a user's key and the item's contents appear only in
/// [`ItemError::full_text`].
#[derive(Clone, PartialEq, Eq)]
pub struct ItemError {
    /// Where the item lies, without its user.
    place: String,
    /// The problem, if its text quotes nothing.
    known: Option<Cow<'static, str>>,
    full: Redacted<(String, String)>,
}

impl ItemError {
    /// An error with a problem that quotes nothing of the item.
    pub(crate) fn new(key: &Key, problem: impl Into<Cow<'static, str>>) -> Self {
        let problem = problem.into();
        ItemError {
            place: key.place(),
            full: Redacted::new((key.to_string(), problem.to_string())),
            known: Some(problem),
        }
    }

    /// An error with a problem that quotes the item, or may.
    pub(crate) fn quoting(key: &Key, problem: impl ToString) -> Self {
        ItemError {
            place: key.place(),
            known: None,
            full: Redacted::new((key.to_string(), problem.to_string())),
        }
    }

    /// The item: table, partition key and sort key. Not for logs.
    pub fn key(&self) -> &str {
        &self.full.expose().0
    }

    /// What is wrong with it. Not for logs.
    pub fn problem(&self) -> &str {
        &self.full.expose().1
    }

    /// The complete text, for an operator at a terminal. Not for logs.
    pub fn full_text(&self) -> String {
        format!("the item {} cannot be read: {}", self.key(), self.problem())
    }
}

impl std::error::Error for ItemError {}

impl fmt::Display for ItemError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = self
            .known
            .as_deref()
            .unwrap_or("what it holds is not possible");
        write!(
            formatter,
            "the item {} cannot be read: {problem}",
            self.place
        )
    }
}

/// Same as `Display`: debug output ends in logs.
impl fmt::Debug for ItemError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ItemError({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema::keys;

    #[test]
    fn an_error_names_the_kind_of_item_and_its_full_text_the_item() {
        let key = keys::email_claim("somebody@example.com");
        let error = ItemError::quoting(&key, "invalid type: string \"Some Body\"");
        for shown in [
            error.to_string(),
            format!("{error:?}"),
            format!("{error:#?}"),
        ] {
            assert!(shown.contains("users EMAIL#…/CLAIM"), "{shown}");
            assert!(!shown.to_lowercase().contains("some"), "{shown}");
        }
        assert_eq!(
            error.full_text(),
            "the item users EMAIL#somebody@example.com/CLAIM cannot be read: \
             invalid type: string \"Some Body\""
        );
        let known = ItemError::new(&key, "it has no entity");
        assert!(
            known
                .to_string()
                .ends_with("cannot be read: it has no entity")
        );
    }
}

//! Values that must not appear in logs: e-mail addresses, names, tokens, payloads.
//!
//! A value that derives `Debug` ends up in a log sooner or later, if only by a
//! panic. So personal and secret values are wrapped in [`Redacted`], and code that
//! needs one calls [`Redacted::expose`], which is easy to search for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value that is stored and returned like any other, but never shown in debug output.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Redacted<T>(T);

/// Shown instead of the value. Not even a length: the length of a name says something.
const SHOWN: &str = "[redacted]";

impl<T> Redacted<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Redacted(value)
    }

    /// The value itself, for its purpose; never for a log.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value, mutable.
    pub const fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }

    /// The value, unwrapped.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> From<T> for Redacted<T> {
    fn from(value: T) -> Self {
        Redacted(value)
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(SHOWN)
    }
}

impl<T> fmt::Display for Redacted<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(SHOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redacted_value_is_never_shown_however_it_is_printed() {
        let hidden = Redacted::new("somebody@example.com".to_string());
        for shown in [
            format!("{hidden}"),
            format!("{hidden:>40}"),
            format!("{hidden:?}"),
            format!("{hidden:#?}"),
            format!("{:?}", Some(hidden.clone())),
        ] {
            assert!(shown.contains(SHOWN), "{shown}");
            assert!(!shown.contains("somebody"), "{shown}");
        }
        assert_eq!(hidden.expose(), "somebody@example.com");
        assert_eq!(hidden.into_exposed(), "somebody@example.com");
    }
}

//! The environment: the only file that reads it.
//!
//! It is read once, at the start, into [`Variables`]. Configuration is taken from
//! those, so the local world and tests can pass in their own.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Environment variables as of the start. Debug output shows only their names, since
/// some values are secrets.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, String>);

/// A variable that is missing or invalid. The text names it and says what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    /// Not set, or empty.
    #[error("set {name}: {purpose}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// Its purpose.
        purpose: &'static str,
    },
    /// Set to an invalid value.
    #[error("{name} {problem}")]
    Unusable {
        /// The variable.
        name: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

impl Variables {
    /// The variables of this process, without those that are not UTF-8.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    pub fn of_this_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// An optional variable; an empty one counts as absent.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// A required variable; `purpose` goes into the error.
    pub fn required(
        &self,
        name: &'static str,
        purpose: &'static str,
    ) -> Result<&str, VariableError> {
        self.optional(name)
            .ok_or(VariableError::Missing { name, purpose })
    }

    /// A variable of a type other than text, or `default` if it is absent; `expected`
    /// goes into the error.
    pub fn parsed<T: FromStr>(
        &self,
        name: &'static str,
        default: T,
        expected: &'static str,
    ) -> Result<T, VariableError> {
        match self.optional(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| VariableError::Unusable {
                name,
                problem: format!("must be {expected}, not {text:?}"),
            }),
        }
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Variables(pairs.into_iter().collect())
    }
}

//! What a check found, on one line.

use std::fmt;

use serde::Serialize;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// All is well; what was seen.
    Ok(String),
    /// Something is wrong; what, and what to do.
    Failed(String),
    /// The check could not be made; why.
    Skipped(String),
}

impl Found {
    pub(super) fn ok(said: impl Into<String>) -> Self {
        Found::Ok(said.into())
    }

    pub(super) fn failed(said: impl Into<String>) -> Self {
        Found::Failed(said.into())
    }

    pub(super) fn skipped(said: impl Into<String>) -> Self {
        Found::Skipped(said.into())
    }
}

/// The line of a check.
#[derive(Serialize)]
pub(super) struct Line {
    check: Parts,
}

#[derive(Serialize)]
struct Parts {
    name: &'static str,
    /// `ok`, `failed` or `skipped`.
    result: &'static str,
    said: String,
}

impl Line {
    pub(super) fn of(name: &'static str, found: &Found) -> Self {
        let (result, said) = match found {
            Found::Ok(said) => ("ok", said),
            Found::Failed(said) => ("failed", said),
            Found::Skipped(said) => ("skipped", said),
        };
        let said = said.clone();
        Line {
            check: Parts { name, result, said },
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { name, result, said } = &self.check;
        let result = match *result {
            "failed" => "FAILED",
            other => other,
        };
        write!(formatter, "{name}: {result}: {said}")
    }
}

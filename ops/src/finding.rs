//! The report line of a finding: table and key of the item, and the problem.

use std::fmt;

use serde::Serialize;
use shared::store::Finding;

/// One finding, on one line.
#[derive(Serialize)]
pub(crate) struct FindingLine<'a> {
    finding: Parts<'a>,
}

#[derive(Serialize)]
struct Parts<'a> {
    key: &'a str,
    problem: &'a str,
}

impl<'a> FindingLine<'a> {
    /// The line of a finding.
    pub(crate) fn of(finding: &'a Finding) -> Self {
        let Finding { key, problem, .. } = finding;
        FindingLine {
            finding: Parts { key, problem },
        }
    }
}

impl fmt::Display for FindingLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { key, problem } = &self.finding;
        write!(formatter, "{key}: {problem}")
    }
}

//! How a difference between a file and the tables is shown.

use std::fmt;

use serde::Serialize;
use shared::store::FieldChange;

/// How a record of the tables differs from the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    None,
    New,
    Fields(Vec<FieldChange>),
    /// It cannot be read, and why.
    Unreadable(String),
    OnlyInTables,
}

impl Change {
    fn as_str(&self) -> &'static str {
        match self {
            Change::None => "unchanged",
            Change::New => "new",
            Change::Fields(_) => "changed",
            Change::Unreadable(_) => "unreadable",
            Change::OnlyInTables => "only_in_tables",
        }
    }
}

#[derive(Serialize)]
pub(super) struct Difference<'a> {
    kind: &'static str,
    id: &'a str,
    change: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldChange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// How many events wait for it.
    waiting: u64,
    #[serde(skip)]
    would: bool,
}

impl<'a> Difference<'a> {
    pub(super) fn of(
        kind: &'static str,
        id: &'a str,
        change: Change,
        waiting: u64,
        would: bool,
    ) -> Self {
        let name = change.as_str();
        let (fields, problem) = match change {
            Change::Fields(fields) => (fields, None),
            Change::Unreadable(problem) => (Vec::new(), Some(problem)),
            Change::None | Change::New | Change::OnlyInTables => (Vec::new(), None),
        };
        Difference {
            kind,
            id,
            change: name,
            fields,
            problem,
            waiting,
            would,
        }
    }
}

impl fmt::Display for Difference<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { kind, id, .. } = self;
        let is = if self.would { "would be" } else { "is" };
        match self.change {
            "new" => write!(formatter, "{kind} {id} {is} created")?,
            "changed" => write!(formatter, "{kind} {id} {is} changed")?,
            "unreadable" => write!(formatter, "{kind} {id} cannot be read and {is} replaced")?,
            "only_in_tables" => write!(formatter, "{kind} {id} is in the tables alone, and left")?,
            _ => write!(formatter, "{kind} {id} is as in the file")?,
        }
        if let Some(problem) = &self.problem {
            write!(formatter, ": {problem}")?;
        }
        for FieldChange { field, from, to } in &self.fields {
            let shown = |value: &Option<serde_json::Value>| match value {
                Some(value) => value.to_string(),
                None => "absent".to_string(),
            };
            write!(formatter, "\n  {field}: {} -> {}", shown(from), shown(to))?;
        }
        match self.waiting {
            0 => Ok(()),
            1 => write!(formatter, "\n  1 event waits for it"),
            many => write!(formatter, "\n  {many} events wait for it"),
        }
    }
}

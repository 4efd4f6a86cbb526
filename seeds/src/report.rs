//! The report: the state of every record.

use std::fmt;

use terminal::Columns;

/// The state of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It was missing and has been created.
    Created,
    /// It is missing.
    Missing,
    /// It existed and matches the seeds.
    Unchanged,
    /// It existed with other values and was left unchanged; what differs.
    Differs(String),
}

/// One record of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What kind of record.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its state.
    pub finding: Finding,
    /// Number of records it counts for: an account has several lots.
    pub records: usize,
}

/// The whole report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// One line per record, in the order they were applied.
    pub lines: Vec<Line>,
}

impl Report {
    fn count(&self, kind: &str) -> usize {
        let of_kind = self.lines.iter().filter(|line| line.kind == kind);
        of_kind.map(|line| line.records).sum()
    }

    /// The records that differ from the seeds.
    pub fn differences(&self) -> impl Iterator<Item = &Line> {
        let seeded = |line: &&Line| matches!(line.finding, Finding::Created | Finding::Unchanged);
        self.lines.iter().filter(move |line| !seeded(line))
    }

    pub(crate) fn add(&mut self, kind: &'static str, name: &str, finding: Finding, records: usize) {
        self.lines.push(Line {
            kind,
            name: name.to_string(),
            finding,
            records,
        });
    }

    /// `1 OAuth client, 3 models, …`: what is in the tables now.
    pub fn totals(&self) -> String {
        let named = |kind: &str, one: &str, many: &str| {
            let count = self.count(kind);
            format!("{count} {}", if count == 1 { one } else { many })
        };
        [
            named("client", "OAuth client", "OAuth clients"),
            named("model", "model", "models"),
            named("rate card", "rate card", "rate cards"),
            named("user", "user", "users"),
            named("subscription", "subscription", "subscriptions"),
            named("credits", "credit record", "credit records"),
            named("preferences", "preferences", "preferences"),
            named("price", "price", "prices"),
        ]
        .join(", ")
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Created => formatter.write_str("created"),
            Finding::Missing => formatter.write_str("missing"),
            Finding::Unchanged => formatter.write_str("unchanged"),
            Finding::Differs(how) => write!(formatter, "differs: {how}"),
        }
    }
}

/// A table of all records, then the totals.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut columns = Columns::new();
        for line in &self.lines {
            columns.row([line.kind, &line.name, &line.finding.to_string()]);
        }
        write!(formatter, "{columns}{}", self.totals())
    }
}

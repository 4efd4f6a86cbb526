//! Counts and sums of both sides, to report the difference at the end.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};
use terminal::Columns;

use super::remark::Verdict;
use super::tables::Source;
use super::text::{self, Nano};

/// Rows of one table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rows {
    /// Rows in the file.
    pub source: u64,
    /// Imported with a change.
    pub mended: u64,
    /// Refused.
    pub refused: u64,
    /// Written by this run.
    pub written: u64,
    /// Found in the tables when they were read back.
    pub target: u64,
    /// In the tables with other values.
    pub differ: u64,
}

/// A sum on both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Sum of the file's rows.
    pub source: Nano,
    /// The part of it that mending changed.
    pub mended: Nano,
    /// The part of it in refused rows.
    pub refused: Nano,
    /// Sum of what was read back.
    pub target: Nano,
}

/// What is summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// `credits.total_credits`
    CreditsTotal,
    /// `credits.used_credits`
    CreditsUsed,
    /// `usage_history.credits_used`
    UsageUsed,
}

impl Figure {
    /// All of them.
    pub const ALL: [Figure; 3] = [Figure::CreditsTotal, Figure::CreditsUsed, Figure::UsageUsed];

    fn as_str(self) -> &'static str {
        match self {
            Figure::CreditsTotal => "credits.total_credits",
            Figure::CreditsUsed => "credits.used_credits",
            Figure::UsageUsed => "usage_history.credits_used",
        }
    }
}

/// All counts and sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// By table.
    pub rows: BTreeMap<Source, Rows>,
    /// By what is summed.
    pub sums: BTreeMap<Figure, Sum>,
    /// Rows with a value in a dropped column.
    pub left_out: BTreeMap<(Source, String), u64>,
}

impl Tally {
    pub(crate) fn rows(&mut self, source: Source) -> &mut Rows {
        self.rows.entry(source).or_default()
    }

    pub(crate) fn sum(&mut self, figure: Figure) -> &mut Sum {
        self.sums.entry(figure).or_default()
    }

    /// Counts one row as its table's.
    pub(crate) fn count(&mut self, row: &super::file::Row) {
        self.rows(row.source).source += 1;
        let left_out = row.source.left_out().iter().copied();
        let left_out = left_out.filter(|column| row.get(column).is_some());
        for column in left_out.chain(row.unknown_columns()) {
            let column = (row.source, column.to_string());
            *self.left_out.entry(column).or_default() += 1;
        }
    }

    /// Counts the readable amounts of a refused row.
    pub(crate) fn count_refused(&mut self, row: &super::file::Row) {
        let figures: &[(Figure, &str)] = match row.source {
            Source::Credits => &[
                (Figure::CreditsTotal, "total_credits"),
                (Figure::CreditsUsed, "used_credits"),
            ],
            Source::UsageHistory => &[(Figure::UsageUsed, "credits_used")],
            Source::Models
            | Source::OauthClients
            | Source::Users
            | Source::UserPreferences
            | Source::Subscriptions => &[],
        };
        for (figure, column) in figures {
            let reported = row.get(column).and_then(text::decimal);
            let (nano, _) = reported.unwrap_or_default();
            let sum = self.sum(*figure);
            sum.source += nano;
            sum.refused += nano;
        }
    }

    /// Counts a verdict on a row.
    pub(crate) fn judge(&mut self, source: Source, verdict: Verdict) {
        let rows = self.rows(source);
        match verdict {
            Verdict::Mended => rows.mended += 1,
            Verdict::Refused => rows.refused += 1,
            Verdict::Differs => rows.differ += 1,
        }
    }

    /// Adds another tally's counts.
    pub(crate) fn add(&mut self, other: &Tally) {
        for (source, more) in &other.rows {
            let rows = self.rows(*source);
            rows.source += more.source;
            rows.mended += more.mended;
            rows.refused += more.refused;
            rows.written += more.written;
            rows.target += more.target;
            rows.differ += more.differ;
        }
        for (figure, more) in &other.sums {
            let sum = self.sum(*figure);
            sum.source += more.source;
            sum.mended += more.mended;
            sum.refused += more.refused;
            sum.target += more.target;
        }
        for (column, more) in &other.left_out {
            *self.left_out.entry(column.clone()).or_default() += more;
        }
    }
}

impl Rows {
    /// Source rows that are missing or differ in the target.
    pub fn difference(&self) -> i128 {
        i128::from(self.source) - i128::from(self.target)
    }
}

impl Sum {
    /// The source amount that is neither in the target nor explained.
    pub fn difference(&self) -> Nano {
        self.source - self.mended - self.refused - self.target
    }
}

/// JSON has sums as decimal strings, because they are exact.
impl Serialize for Sum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Sum", 5)?;
        fields.serialize_field("source", &text::shown(self.source))?;
        fields.serialize_field("mended", &text::shown(self.mended))?;
        fields.serialize_field("refused", &text::shown(self.refused))?;
        fields.serialize_field("target", &text::shown(self.target))?;
        fields.serialize_field("difference", &text::shown(self.difference()))?;
        fields.end()
    }
}

/// The result of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Whether this was a dry run, which neither writes nor reads back.
    pub dry_run: bool,
    /// The counts and sums.
    pub tally: Tally,
}

impl Summary {
    /// Whether the target equals the source, apart from reported changes.
    pub fn is_clean(&self) -> bool {
        let rows = self.tally.rows.values();
        let mut refused = rows.clone().map(|rows| rows.refused + rows.differ);
        let mut missing = rows.map(Rows::difference);
        let mut sums = self.tally.sums.values().map(Sum::difference);
        let is_reported = refused.all(|number| number == 0);
        is_reported && (self.dry_run || (missing.all(|it| it == 0) && sums.all(|it| it == 0)))
    }
}

impl Serialize for Summary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let left_out: BTreeMap<String, u64> = self
            .tally
            .left_out
            .iter()
            .map(|((source, column), rows)| (format!("{}.{column}", source.as_str()), *rows))
            .collect();
        let mut fields = serializer.serialize_struct("Summary", 5)?;
        fields.serialize_field("dry_run", &self.dry_run)?;
        fields.serialize_field("rows", &self.tally.rows)?;
        fields.serialize_field("sums", &self.tally.sums)?;
        fields.serialize_field("left_out", &left_out)?;
        fields.serialize_field("is_clean", &self.is_clean())?;
        fields.end()
    }
}

/// For people: rows, sums, dropped columns, verdict.
impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut columns = Columns::new();
        let heading = ["rows of", "source", "mended", "refused", "written"];
        let read_back = ["target", "difference"];
        let dry = |cells: [String; 2]| {
            if self.dry_run {
                Vec::new()
            } else {
                cells.into()
            }
        };
        let line = |cells: Vec<String>, more: [String; 2]| [cells, dry(more)].concat();
        columns.row(line(
            heading.map(String::from).into(),
            read_back.map(String::from),
        ));
        for (source, rows) in &self.tally.rows {
            let name = source.as_str().to_string();
            let numbers = [rows.source, rows.mended, rows.refused, rows.written];
            let cells = [vec![name], numbers.map(|number| number.to_string()).into()].concat();
            let more = [rows.target.to_string(), rows.difference().to_string()];
            columns.row(line(cells, more));
        }
        let mut sums = Columns::new();
        let heading = ["sum of", "source", "mended", "refused"].map(String::from);
        sums.row(line(heading.into(), read_back.map(String::from)));
        for (figure, sum) in &self.tally.sums {
            let shown = [sum.source, sum.mended, sum.refused].map(text::shown);
            let cells = [vec![figure.as_str().to_string()], shown.into()].concat();
            let more = [sum.target, sum.difference()].map(text::shown);
            sums.row(line(cells, more));
        }
        writeln!(formatter, "{columns}\n{sums}")?;
        if !self.tally.left_out.is_empty() {
            let mut left_out = Columns::new();
            left_out.row(["dropped column", "rows with a value"]);
            for ((source, column), rows) in &self.tally.left_out {
                left_out.row([format!("{}.{column}", source.as_str()), rows.to_string()]);
            }
            writeln!(formatter, "{left_out}")?;
        }
        formatter.write_str(match (self.dry_run, self.is_clean()) {
            (true, true) => "nothing was written; every row can be imported",
            (true, false) => "nothing was written; not every row can be imported",
            (false, true) => "no difference between source and target",
            (false, false) => "there is a difference between source and target: see the report",
        })
    }
}

//! A remark on a row that was not imported unchanged.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use serde::Serialize;

use super::file::Row;
use super::tables::Source;

/// The outcome of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was imported with a change.
    Mended,
    /// It was refused.
    Refused,
    /// The tables have it with other values, which were left unchanged.
    Differs,
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Verdict::Mended => "mended",
            Verdict::Refused => "refused",
            Verdict::Differs => "differs",
        })
    }
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// The table the row is from.
    pub table: Source,
    /// The line in its file.
    pub line: u64,
    /// The row's id.
    pub id: String,
    /// Its user.
    pub user_id: String,
    /// Its outcome.
    pub verdict: Verdict,
    /// Why, and what was done.
    pub why: String,
}

impl Remark {
    pub(crate) fn of(row: &Row, verdict: Verdict, why: impl Into<String>) -> Self {
        let user_id = row.source.user_column().and_then(|column| row.get(column));
        Remark {
            table: row.source,
            line: row.line,
            id: row.id().to_string(),
            user_id: user_id.unwrap_or_default().to_string(),
            verdict,
            why: why.into(),
        }
    }
}

/// The columns of a report.
const COLUMNS: [&str; 6] = ["table", "line", "id", "user_id", "verdict", "why"];

fn is_json(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("json" | "jsonl" | "ndjson"))
}

/// Whether a file is absent, empty, or begins as a report does.
fn may_replace(path: &Path) -> io::Result<bool> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    let mut first = Vec::new();
    let limit = file.take(MAX_FIRST_LINE);
    BufReader::new(limit).read_until(b'\n', &mut first)?;
    let first = String::from_utf8_lossy(&first);
    let first = first.trim_end();
    Ok(first.is_empty()
        || first == COLUMNS.join(",")
        || is_json(path) && first.starts_with("{\"table\":") && first.contains("\"verdict\":"))
}

/// How much of a file is looked at.
const MAX_FIRST_LINE: u64 = 65_536;

/// The report file, one line per remark.
pub(crate) enum Report {
    Nowhere,
    Csv(Box<csv::Writer<File>>),
    JsonLines(BufWriter<File>),
}

impl Report {
    /// Opens the file: JSON Lines if its name ends in .jsonl, else CSV. An existing file
    /// is replaced if it is empty, if it is such a report, or if that is forced.
    pub(crate) fn into_file(path: Option<&Path>, force: bool) -> io::Result<Self> {
        let Some(path) = path else {
            return Ok(Report::Nowhere);
        };
        if !force && !may_replace(path)? {
            let problem = "it exists and is no report of an import: choose another name, or replace it with --force";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, problem));
        }
        let file = File::create(path)?;
        Ok(if is_json(path) {
            Report::JsonLines(BufWriter::new(file))
        } else {
            let mut csv = csv::WriterBuilder::new();
            let mut csv = csv.has_headers(false).from_writer(file);
            // A report without rows is recognised by its heading too.
            csv.write_record(COLUMNS)?;
            Report::Csv(Box::new(csv))
        })
    }

    pub(crate) fn write(&mut self, remark: &Remark) -> io::Result<()> {
        match self {
            Report::Nowhere => Ok(()),
            Report::Csv(csv) => csv.serialize(remark).map_err(io::Error::from),
            Report::JsonLines(lines) => {
                serde_json::to_writer(&mut *lines, remark)?;
                lines.write_all(b"\n")
            }
        }
    }

    /// Flushes to the file.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        match self {
            Report::Nowhere => Ok(()),
            Report::Csv(csv) => csv.flush(),
            Report::JsonLines(lines) => lines.flush(),
        }
    }
}

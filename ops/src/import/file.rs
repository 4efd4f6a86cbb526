//! One exported table: a CSV file with a header, streamed row by row.
//!
//! Columns are found by name, so their order does not matter, and columns of a
//! later migration may be missing. An empty field counts as absent. A malformed
//! line is returned as such and does not affect other lines. Lines end as the
//! header does, in LF or CRLF, so that each row is known by its line.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use csv::{ByteRecord, Reader, ReaderBuilder, StringRecord, Terminator};
use shared::domain::Digester;

use super::error::ImportError;
use super::tables::Source;

/// Size of the read buffer in bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// An open file.
pub(crate) struct TableFile {
    source: Source,
    path: PathBuf,
    reader: Reader<BufReader<File>>,
    header: Arc<StringRecord>,
    /// Whether a CR before the LF belongs to the end of the line.
    ends_in_crlf: bool,
}

impl std::fmt::Debug for TableFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "TableFile({})", self.path.display())
    }
}

impl TableFile {
    /// Opens the file of a table and checks its header.
    pub(crate) fn open(folder: &Path, source: Source) -> Result<Self, ImportError> {
        let path = folder.join(source.file_name());
        let broken = |problem: String| ImportError::File {
            path: path.clone(),
            problem,
            export: source.export(),
        };
        let file = File::open(&path).map_err(|error| broken(error.to_string()))?;
        let buffered = BufReader::with_capacity(BUFFER_BYTES, file);
        let mut reader = ReaderBuilder::new()
            .buffer_capacity(BUFFER_BYTES)
            .flexible(true)
            // By default CR is an end of its own, and the lines after it are miscounted.
            .terminator(Terminator::Any(b'\n'))
            .from_reader(buffered);
        let header = reader
            .headers()
            .map_err(|error| broken(error.to_string()))?;
        let last = header.iter().next_back().unwrap_or_default();
        let ends_in_crlf = last.ends_with('\r');
        if header.iter().any(|name| name.trim().contains('\r')) {
            return Err(broken("its lines end in CR alone, not in LF".to_string()));
        }
        let header = Arc::new(column_names(header).map_err(broken)?);
        if let Some(missing) = source
            .required()
            .iter()
            .find(|column| !header.iter().any(|name| name == **column))
        {
            return Err(broken(format!("column {missing} is missing")));
        }
        Ok(TableFile {
            source,
            path,
            reader,
            header,
            ends_in_crlf,
        })
    }

    /// The next row; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Row>, ImportError> {
        let mut bytes = ByteRecord::new();
        loop {
            let read = self.reader.read_byte_record(&mut bytes);
            if !read.map_err(|error| self.broken(error.to_string()))? {
                return Ok(None);
            }
            if !self.ends_in_crlf {
                break;
            }
            bytes = without_cr(&bytes);
            // An empty line is no row.
            if bytes.len() != 1 || bytes.iter().any(|field| !field.is_empty()) {
                break;
            }
        }
        // A record begins with the empty lines before it, and a last line may have no end.
        let from = bytes.position().map_or(0, |position| position.line());
        let after = self.reader.position().line();
        let line = after.saturating_sub(lines_of(&bytes)).max(from);
        let (expected, found) = (self.header.len(), bytes.len());
        let mut fault = (found != expected)
            .then(|| format!("the line has {found} fields but the header has {expected}"));
        let fields = StringRecord::from_byte_record(bytes).unwrap_or_else(|error| {
            fault = Some("the line is not valid UTF-8".to_string());
            StringRecord::from_byte_record_lossy(error.into_byte_record())
        });
        // An unclosed quote swallows the rest of the file into one field.
        if fault.is_some() && fields.iter().any(|field| field.contains('\n')) {
            let problem = format!("line {line} is not a valid row: it has an unclosed quote");
            return Err(self.broken(problem));
        }
        Ok(Some(Row {
            source: self.source,
            line,
            header: self.header.clone(),
            fields,
            fault,
        }))
    }

    fn broken(&self, problem: String) -> ImportError {
        ImportError::File {
            path: self.path.clone(),
            problem,
            export: self.source.export(),
        }
    }

    /// The error for a file with too many rows out of order.
    pub(crate) fn unsorted(&self, line: u64, number: usize) -> ImportError {
        self.broken(format!(
            "it is not sorted: line {line} is out of order ({number} such places)"
        ))
    }

    /// The error for a file whose users are sorted unlike another file's.
    pub(crate) fn sorted_otherwise(&self, other: Source) -> ImportError {
        ImportError::File {
            path: self.path.clone(),
            problem: format!(
                "its users are sorted as text, but those of {} as numbers",
                other.file_name()
            ),
            export: self.source.export_as_texts(),
        }
    }
}

/// How many lines a record takes; line ends inside of its fields make more than one.
fn lines_of(record: &ByteRecord) -> u64 {
    let bytes = record.iter().flatten();
    bytes.filter(|byte| **byte == b'\n').map(|_| 1).sum::<u64>() + 1
}

/// A record whose last field ends in the CR of the line's end, without it.
fn without_cr(record: &ByteRecord) -> ByteRecord {
    let last = record.len().saturating_sub(1);
    let fields = record.iter().enumerate();
    let mut without: ByteRecord = fields
        .map(|(at, field)| match field.strip_suffix(b"\r") {
            Some(text) if at == last => text,
            Some(_) | None => field,
        })
        .collect();
    without.set_position(record.position().cloned());
    without
}

/// Header names as in the database: without a byte order mark and in lower
/// case. Duplicates are an error.
fn column_names(header: &StringRecord) -> Result<StringRecord, String> {
    let mut names = StringRecord::new();
    for name in header {
        let name = name.trim_start_matches('\u{feff}').trim().to_lowercase();
        if names.iter().any(|known| known == name) {
            return Err(format!("column {name} appears twice"));
        }
        names.push_field(&name);
    }
    Ok(names)
}

/// One row as it was exported.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) source: Source,
    /// Its first line in the file, counted from 1.
    pub(crate) line: u64,
    header: Arc<StringRecord>,
    fields: StringRecord,
    /// Why it is malformed.
    fault: Option<String>,
}

#[cfg(test)]
impl Row {
    /// A row with these columns.
    pub(crate) fn of(source: Source, columns: &[(&str, &str)]) -> Self {
        Row {
            source,
            line: 2,
            header: Arc::new(columns.iter().map(|(name, _)| *name).collect()),
            fields: columns.iter().map(|(_, text)| *text).collect(),
            fault: None,
        }
    }
}

impl Row {
    /// The value of a column; none if it is empty or the column is missing.
    pub(crate) fn get(&self, column: &str) -> Option<&str> {
        let place = self.header.iter().position(|name| name == column)?;
        self.fields.get(place).filter(|text| !text.is_empty())
    }

    /// Why the line is malformed, if it is.
    pub(crate) fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Unknown columns with a value.
    pub(crate) fn unknown_columns(&self) -> impl Iterator<Item = &str> {
        let columns = self.header.iter().zip(self.fields.iter());
        columns
            .filter(|(name, text)| !text.is_empty() && !self.source.knows(name))
            .map(|(name, _)| name)
    }

    /// The row's id, verbatim.
    pub(crate) fn id(&self) -> &str {
        self.get(self.source.id_column()).unwrap_or_default()
    }

    /// Adds the row's values to a digest. An empty column, or one with the
    /// value that the old migration put into every row, counts as absent, so an
    /// export from after that migration is recognised.
    pub(crate) fn digest(&self, digester: &mut Digester) {
        let mut columns: Vec<(&str, &str)> = self
            .header
            .iter()
            .zip(self.fields.iter())
            .filter(|(name, text)| !text.is_empty() && self.source.reports(name, text))
            .collect();
        columns.sort_unstable();
        for (name, text) in columns {
            digester.text(name, text);
        }
    }
}

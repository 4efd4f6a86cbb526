//! One exported table: a CSV file with a header, read row by row and never held.
//!
//! Columns are found by their names, so their order does not matter and those
//! of a later migration may be missing. `NULL` and an empty text look alike in
//! CSV and count as not there.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use csv::{Reader, ReaderBuilder, StringRecord};
use shared::domain::Digester;

use super::error::ImportError;
use super::tables::Source;

/// How much of a file is read at a time.
const BUFFER_BYTES: usize = 256 * 1024;

/// A file that is being read.
pub(crate) struct TableFile {
    source: Source,
    path: PathBuf,
    reader: Reader<BufReader<File>>,
    header: Arc<StringRecord>,
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
            .from_reader(buffered);
        let header = reader
            .headers()
            .map_err(|error| broken(error.to_string()))?;
        let header = Arc::new(header.clone());
        if let Some(missing) = source
            .required()
            .iter()
            .find(|column| !header.iter().any(|name| name == **column))
        {
            return Err(broken(format!("it has no column {missing}")));
        }
        Ok(TableFile {
            source,
            path,
            reader,
            header,
        })
    }

    /// The next row; none at the end. A row that is no CSV ends the import:
    /// whatever follows it could not be trusted.
    pub(crate) fn next(&mut self) -> Result<Option<Row>, ImportError> {
        let mut fields = StringRecord::new();
        let read = self.reader.read_record(&mut fields);
        match read {
            Ok(false) => Ok(None),
            Ok(true) => {
                let line = fields.position().map_or(0, |position| position.line());
                Ok(Some(Row {
                    source: self.source,
                    line,
                    header: self.header.clone(),
                    fields,
                }))
            }
            Err(error) => Err(ImportError::File {
                path: self.path.clone(),
                problem: error.to_string(),
                export: self.source.export(),
            }),
        }
    }

    /// That one row comes before another and should not.
    pub(crate) fn unsorted(&self, line: u64, next: u64) -> ImportError {
        ImportError::File {
            path: self.path.clone(),
            problem: format!("it is not sorted, see lines {line} and {next}"),
            export: self.source.export(),
        }
    }
}

/// One row as it was exported.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) source: Source,
    /// Where it begins in its file, counted from 1.
    pub(crate) line: u64,
    header: Arc<StringRecord>,
    fields: StringRecord,
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
        }
    }
}

impl Row {
    /// What stands in a column; none if it is empty or there is no such column.
    pub(crate) fn get(&self, column: &str) -> Option<&str> {
        let place = self.header.iter().position(|name| name == column)?;
        self.fields.get(place).filter(|text| !text.is_empty())
    }

    /// The row's own id, as it stands there.
    pub(crate) fn id(&self) -> &str {
        self.get(self.source.id_column()).unwrap_or_default()
    }

    /// Takes all that the row says into a digest. A column that is empty, or has
    /// what the migration put into every row, counts as none: an export from
    /// after it is recognised as what was imported before.
    pub(crate) fn digest(&self, digester: &mut Digester) {
        let mut columns: Vec<(&str, &str)> = self
            .header
            .iter()
            .zip(self.fields.iter())
            .filter(|(name, text)| !text.is_empty() && self.source.tells(name, text))
            .collect();
        columns.sort_unstable();
        for (name, text) in columns {
            digester.text(name, text);
        }
    }
}

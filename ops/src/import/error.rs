//! Why an import ended before its time.

use std::io;
use std::path::PathBuf;

use shared::store::{CommitError, StoreError};

/// Why an import could not go on. What was imported by then stays and is
/// recognised by the next run.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file is missing, or is no CSV of its table.
    #[error("{}: {problem}; export it in psql with\n  {export}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// The command that makes it anew.
        export: String,
    },
    /// The report cannot be written.
    #[error("the report cannot be written: {0}")]
    Report(io::Error),
    /// A table could not be written or read.
    #[error("{what}: {problem}")]
    Store {
        /// What was being done.
        what: String,
        /// What went wrong.
        problem: String,
    },
    /// The moment of the cutover cannot be that one.
    #[error("--cutover: {0}")]
    Cutover(String),
    /// A row's id cannot be made a name.
    #[error(transparent)]
    Name(#[from] shared::domain::ParseIdentifierError),
    /// Somebody asked it to end.
    #[error(transparent)]
    Interrupted(#[from] terminal::Interrupted),
}

impl ImportError {
    /// A failure of the store; whoever sits at the terminal may see which item
    /// it is about.
    pub(crate) fn store(what: impl ToString, error: StoreError) -> Self {
        ImportError::Store {
            what: what.to_string(),
            problem: match error {
                StoreError::Damaged(damage) => damage.full_text(),
                other => other.to_string(),
            },
        }
    }

    /// A failed commit.
    pub(crate) fn commit(what: impl ToString, error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => ImportError::store(what, error),
            other => ImportError::Store {
                what: what.to_string(),
                problem: other.to_string(),
            },
        }
    }
}

//! Why an import failed.

use std::io;
use std::path::PathBuf;

use shared::store::{CommitError, StoreError};

/// Why an import failed. Rows imported so far stay, and the next run recognises
/// them.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file is missing or is not a CSV of its table.
    #[error("{}: {problem}; export it in psql with {export}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// The command that exports it again.
        export: String,
    },
    /// The report cannot be written.
    #[error("the report cannot be written: {0}")]
    Report(io::Error),
    /// A table could not be written or read.
    #[error("{what}: {problem}")]
    Store {
        /// The failed operation.
        what: String,
        /// What went wrong.
        problem: String,
    },
    /// The time of the cutover is invalid.
    #[error("--cutover: {0}")]
    Cutover(String),
    /// A row's id cannot be turned into an identifier.
    #[error(transparent)]
    Name(#[from] shared::domain::ParseIdentifierError),
    /// The command was interrupted.
    #[error(transparent)]
    Interrupted(#[from] terminal::Interrupted),
}

impl ImportError {
    /// A failure of the store. Operators may see which item it is about.
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

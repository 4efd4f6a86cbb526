//! How a command ended, as scripts see it, and why it could not be done.

use std::io;

use shared::store::{CommitError, ItemError, StoreError};
use terminal::{ConnectionError, Interrupted};

/// How a command that was done ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All is as it should be.
    Done,
    /// Something was found that an operator must look at.
    Findings,
}

/// Why a command could not be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Somebody asked it to end.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// The results cannot be written.
    #[error("the result cannot be written: {0}")]
    Output(#[from] io::Error),
    /// Anything else; the text says what to do.
    #[error("{0}")]
    Could(String),
}

/// What a shell says of a program that Ctrl-C ended: 128 and the signal's number.
const INTERRUPTED: u8 = 130;

impl Ending {
    /// The exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Ending::Done => 0,
            Ending::Findings => 3,
        }
    }
}

impl Failure {
    /// The exit code; 2 is clap's, for a line that asks for nothing known.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Failure::Interrupted(_) => INTERRUPTED,
            Failure::Output(_) | Failure::Could(_) => 1,
        }
    }

    /// Whether there is nobody left who would want to hear of it.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self, Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// Whoever sits at the terminal may see which item it is.
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged(damage) => damage.into(),
            other => Failure::Could(other.to_string()),
        }
    }
}

impl From<ItemError> for Failure {
    fn from(damage: ItemError) -> Self {
        Failure::Could(damage.full_text())
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => error.into(),
            other => Failure::Could(other.to_string()),
        }
    }
}

impl From<ConnectionError> for Failure {
    fn from(error: ConnectionError) -> Self {
        Failure::Could(error.to_string())
    }
}

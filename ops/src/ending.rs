//! How a command ended, for exit codes, and why it failed.

use std::io;

use shared::store::{CommitError, ItemError, StoreError};
use stripe_client::StripeError;
use terminal::{ConnectionError, Interrupted};

/// How a successful command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// No findings.
    Done,
    /// There are findings that an operator must look at.
    Findings,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command was interrupted.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// The results cannot be written.
    #[error("the result cannot be written: {0}")]
    Output(#[from] io::Error),
    /// The command line, or something that it names, is wrong: no such user, no such
    /// file, a key that is in use. Another line is needed.
    #[error("{0}")]
    Usage(String),
    /// Stripe's API gave no answer, or none that can be used.
    #[error("{0}")]
    Stripe(String),
    /// The tables could not be read or written.
    #[error("{0}")]
    Tables(String),
    /// Anything else; the text says what to do.
    #[error("{0}")]
    Could(String),
}

/// A shell's exit code for Ctrl-C: 128 plus the signal number.
const INTERRUPTED: u8 = 130;

/// The exit code of clap for an invalid command line, and ours for what it names.
const USAGE: u8 = 2;

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
    /// The exit code. clap uses 2 for an invalid command line.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Failure::Interrupted(_) => INTERRUPTED,
            Failure::Output(_) | Failure::Tables(_) | Failure::Could(_) => 1,
            Failure::Usage(_) | Failure::Stripe(_) => USAGE,
        }
    }

    /// Whether which tables were asked, and where, may be what is wrong.
    pub(crate) fn is_of_tables(&self) -> bool {
        matches!(self, Failure::Tables(_))
    }

    /// Whether to print no message, because the reader of the output is gone.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self, Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// Operators may see which item is damaged.
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged(damage) => damage.into(),
            StoreError::Unavailable(_) | StoreError::Rejected(_) => {
                Failure::Tables(error.to_string())
            }
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

impl From<StripeError> for Failure {
    fn from(error: StripeError) -> Self {
        Failure::Stripe(error.to_string())
    }
}

impl From<ConnectionError> for Failure {
    fn from(error: ConnectionError) -> Self {
        Failure::Could(error.to_string())
    }
}

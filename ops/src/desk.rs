//! What every command works with: the tables, the time, where results go, and
//! whether somebody has asked it to end.

use shared::domain::Timestamp;
use shared::host::entropy::SharedEntropy;
use shared::store::Store;
use terminal::{Output, Progress, Stop};

/// A desk to work at.
#[derive(Debug)]
pub(crate) struct Desk {
    /// The tables.
    pub(crate) store: Store,
    /// The time to act at.
    pub(crate) now: Timestamp,
    /// Salts and pauses come from here.
    pub(crate) entropy: SharedEntropy,
    /// Where results go.
    pub(crate) output: Output,
    /// Writing commands check it between two commits; reading ones leave off.
    pub(crate) stop: Stop,
}

impl Desk {
    /// A line on a terminal that counts.
    pub(crate) fn progress(&self, what: &str, total: Option<u64>) -> Progress {
        Progress::of(what, total)
    }
}

/// On every command that writes.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(crate) struct DryRun {
    /// Only say what would be done; nothing is written
    #[arg(long)]
    pub(crate) dry_run: bool,
}

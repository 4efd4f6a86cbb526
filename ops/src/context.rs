//! What every command works with: the tables, the time, where results go, and
//! whether somebody has asked it to end.

use shared::domain::Timestamp;
use shared::host::entropy::SharedEntropy;
use shared::store::Store;
use terminal::{Output, Progress, Stop};

/// A desk to work at.
#[derive(Debug)]
pub(crate) struct CommandContext {
    /// The tables.
    pub(crate) store: Store,
    /// The time to act at.
    pub(crate) now: Timestamp,
    /// Salts and pauses come from here.
    pub(crate) entropy: SharedEntropy,
    /// Where results go.
    pub(crate) output: Output,
    /// Whether the tables are an emulator's, which works on one thing at a time.
    pub(crate) is_local: bool,
    /// Writing commands check it between two commits; reading ones leave off.
    pub(crate) stop: Stop,
}

/// In how many parts a table of AWS is read beside each other, unless said otherwise.
const SEGMENTS: u16 = 4;

impl CommandContext {
    /// In how many parts to read a table: as asked for, or as suits the tables.
    pub(crate) fn segments(&self, asked: Option<u16>) -> i32 {
        let usual = if self.is_local { 1 } else { SEGMENTS };
        i32::from(asked.unwrap_or(usual))
    }

    /// A line on a terminal that counts.
    pub(crate) fn progress(&self, what: &str, total: Option<u64>) -> Progress {
        Progress::of(what, total)
    }
}

/// On every command that reads whole tables.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(crate) struct SegmentsArgs {
    /// In how many parts to read a table, beside each other; else 4 on AWS and 1 elsewhere
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) segments: Option<u16>,
}

/// On every command that writes.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(crate) struct DryRun {
    /// Only say what would be done; nothing is written
    #[arg(long)]
    pub(crate) dry_run: bool,
}

//! The context of every command: tables, time, output and the request to stop.

use shared::domain::Timestamp;
use shared::host::entropy::SharedEntropy;
use shared::host::environment::Variables;
use shared::store::Store;
use terminal::{ConnectionArgs, Output, Progress, Stop};

/// What a command works with.
#[derive(Debug)]
pub(crate) struct CommandContext {
    /// The tables.
    pub(crate) store: Store,
    /// The time to act at.
    pub(crate) now: Timestamp,
    /// Source of salts and of random pauses.
    pub(crate) entropy: SharedEntropy,
    /// Where results go.
    pub(crate) output: Output,
    /// Whether the tables are in an emulator, which handles one request at a time.
    pub(crate) is_local: bool,
    /// Checked between two commits when writing; cancels reads at once.
    pub(crate) stop: Stop,
    /// The environment, for what may not stand on a command line.
    pub(crate) variables: Variables,
    /// Where the tables are, for what else is there.
    pub(crate) connection: ConnectionArgs,
}

/// Default number of parallel scan segments of a table on AWS.
const SEGMENTS: u16 = 4;

impl CommandContext {
    /// Number of parallel scan segments: as requested, or the default.
    pub(crate) fn segments(&self, asked: Option<u16>) -> i32 {
        let usual = if self.is_local { 1 } else { SEGMENTS };
        i32::from(asked.unwrap_or(usual))
    }

    /// A progress line on the terminal.
    pub(crate) fn progress(&self, what: &str, total: Option<u64>) -> Progress {
        Progress::of(what, total)
    }
}

/// Flag of every command that scans whole tables.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(crate) struct SegmentsArgs {
    /// Parallel scan segments per table [default: 4 on AWS, 1 elsewhere]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) segments: Option<u16>,
}

/// Flag of every command that writes.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(crate) struct DryRun {
    /// Show what would be done and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

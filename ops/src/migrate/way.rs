//! The speed of a migration.

use std::num::NonZeroU32;

use crate::context::SegmentsArgs;

/// The speed of a migration.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(super) struct WayArgs {
    #[command(flatten)]
    pub(super) segments: SegmentsArgs,
    /// Change at most this many items per second [default: unlimited]
    #[arg(long, value_name = "NUMBER")]
    pub(super) rows_per_second: Option<NonZeroU32>,
    /// Do not ask before the first change
    #[arg(long)]
    pub(super) yes: bool,
}

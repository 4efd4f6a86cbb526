//! How fast a migration goes.

use std::num::NonZeroU32;

use crate::context::SegmentsArgs;

/// How fast to go.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(super) struct WayArgs {
    #[command(flatten)]
    pub(super) segments: SegmentsArgs,
    /// At most how many items to change in a second; else as fast as it goes
    #[arg(long, value_name = "NUMBER")]
    pub(super) rows_per_second: Option<NonZeroU32>,
}

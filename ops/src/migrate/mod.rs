//! `creditsctl migrate`: from one schema version of the tables to the next, and
//! back.
//!
//! A migration scans its tables and rewrites the items of the older schema, each
//! on the condition that it has not changed since it was read. Work that is done
//! stays done, so the next run completes an interrupted one.

mod confirm;
mod pace;
mod run;
mod status;
mod way;
mod ways;

use std::sync::Arc;

use clap::Subcommand;

use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};
use way::WayArgs;

const EXAMPLES: &str = "\
Examples:
  creditsctl migrate status --region eu-central-1
  creditsctl migrate plan --region eu-central-1
  creditsctl migrate up --region eu-central-1 --rows-per-second 500 --yes
  creditsctl migrate down --endpoint-url http://127.0.0.1:8000

Deploy the newer functions first: they read items of the older schema too. Then run `up`; live
traffic may continue. An interrupted run resumes when you start it again.

If a value must have one owner from now on but has two, the report names both and both items stay
unchanged. Fix one of them and run `up` again. `down` restores every item exactly. Items written
since `up` stay as they are.

A migration that adds the keys of an index runs with every `up`, also when it is done: functions of
an older release may have written items without them since.

`up` and `down` ask before the first change if they are run at a terminal; --yes answers. Without a
terminal, tables that are not of an emulator need --yes.

Exit code 3 if something remains that an operator must look at.";

/// Migrate the tables to what this release writes, or back.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct MigrateArgs {
    #[command(subcommand)]
    direction: Direction,
}

#[derive(Debug, Subcommand)]
enum Direction {
    /// Run all pending migrations
    #[command(
        after_help = "Examples:\n  creditsctl migrate up --dry-run\n  creditsctl migrate up --rows-per-second 500 --segments 8"
    )]
    Up {
        #[command(flatten)]
        way: WayArgs,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Undo the newest migration
    #[command(
        after_help = "Examples:\n  creditsctl migrate down --dry-run\n  creditsctl migrate down"
    )]
    Down {
        #[command(flatten)]
        way: WayArgs,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Show the state of each migration
    #[command(
        after_help = "Examples:\n  creditsctl migrate status\n  creditsctl migrate status --json | jq -r .migration.state"
    )]
    Status,
    /// Show what `up` would do; same as `up --dry-run`
    #[command(after_help = "Examples:\n  creditsctl migrate plan")]
    Plan {
        #[command(flatten)]
        way: WayArgs,
    },
}

pub(crate) async fn run(
    context: Arc<CommandContext>,
    args: MigrateArgs,
) -> Result<Ending, Failure> {
    match args.direction {
        Direction::Up { way, dry_run } => {
            if !dry_run.dry_run {
                confirm::confirm(&context, "up", way.yes)?;
            }
            ways::up(context, way, dry_run.dry_run).await
        }
        Direction::Down { way, dry_run } => {
            if !dry_run.dry_run {
                confirm::confirm(&context, "down", way.yes)?;
            }
            ways::down(context, way, dry_run.dry_run).await
        }
        Direction::Status => status::report(&context).await,
        Direction::Plan { way } => ways::up(context, way, true).await,
    }
}

//! `creditsctl migrate`: from one schema of the tables to the next, and back.
//!
//! A migration looks at every item of its tables and changes those of the older
//! schema, each under the condition that it is as it was seen. What is done is
//! done, so a run that was cut short is completed by the next.

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
  creditsctl migrate up --region eu-central-1 --rows-per-second 500
  creditsctl migrate down --endpoint-url http://127.0.0.1:8000

Deploy the newer functions first: they read items of the older schema as well. Then go up, beside
live traffic if need be. A run that was ended goes on where it was when it is started again.

What must have one owner from now on, and has two, is told with both and left as it was; once one
of them was mended, go up again. `down` gives back what was, to the last attribute; what was
written since stays as it was written.

Exit code 3 if something is left that an operator has to look at.";

/// Take the tables to the schema of this release, or back.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct MigrateArgs {
    #[command(subcommand)]
    direction: Direction,
}

#[derive(Debug, Subcommand)]
enum Direction {
    /// Do all migrations that are not done
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
    /// Say which migrations are done
    #[command(
        after_help = "Examples:\n  creditsctl migrate status\n  creditsctl migrate status --json | jq -r .migration.state"
    )]
    Status,
    /// Say what going up would do; the same as `up --dry-run`
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
        Direction::Up { way, dry_run } => ways::up(context, way, dry_run.dry_run).await,
        Direction::Down { way, dry_run } => ways::down(context, way, dry_run.dry_run).await,
        Direction::Status => status::report(&context).await,
        Direction::Plan { way } => ways::up(context, way, true).await,
    }
}

//! `creditsctl stripe`: Stripe's events and objects against the tables. What is missing
//! is settled by the webhook's own planner.

mod collections;
mod events;
mod ours;
mod reconcile;
mod sync;
mod words;

use std::sync::Arc;

use clap::Subcommand;

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use reconcile::ReconcileArgs;
use sync::SyncArgs;

const EXAMPLES: &str = "\
Examples:
  creditsctl stripe sync --since 2026-03-01T00:00:00Z --dry-run
  creditsctl stripe reconcile --all
  creditsctl stripe reconcile --customer cus_1abc --apply

The API key stands in STRIPE_API_KEY, or in the secret that --stripe-key-secret names. Reading is all
it needs to allow. For real money pass --livemode true, as in the webhook's deployment.

`sync` settles the events that Stripe still has, for 30 days: after an outage, or when an endpoint was
disabled. `reconcile` compares Stripe's objects, however old, with the tables: after a longer
outage, or when an event type was never enabled.";

/// Settle events that were missed, and compare Stripe with the tables.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StripeCommandArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Sync(SyncArgs),
    Reconcile(ReconcileArgs),
}

pub(crate) async fn run(
    context: Arc<CommandContext>,
    args: StripeCommandArgs,
) -> Result<Ending, Failure> {
    match args.what {
        What::Sync(args) => sync::run(&context, &args).await,
        What::Reconcile(args) => reconcile::run(&context, &args).await,
    }
}

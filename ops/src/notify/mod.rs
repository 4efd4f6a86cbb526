//! `creditsctl notify`: what became of notices, and sending what was missed.

mod deliveries;
mod redeliver;
mod replay;
mod roll_links;

use std::sync::Arc;

use clap::Subcommand;

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};

const EXAMPLES: &str = "\
Examples:
  creditsctl notify deliveries --user user-17
  creditsctl notify deliveries --to ep_0123456789ab --outcome failed
  creditsctl notify deliveries --to mail --outcome sending
  creditsctl notify replay --since 2025-11-06T00:00:00Z
  creditsctl notify redeliver --since 2025-11-06T00:00:00Z
  creditsctl notify roll-links";

/// List deliveries of notices, and send what a broken day has missed
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct NotifyArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Deliveries(deliveries::DeliveriesArgs),
    Replay(replay::ReplayArgs),
    Redeliver(redeliver::RedeliverArgs),
    RollLinks(roll_links::RollLinksArgs),
}

pub(crate) async fn run(context: Arc<CommandContext>, args: NotifyArgs) -> Result<Ending, Failure> {
    match args.what {
        What::Deliveries(args) => deliveries::run(&context, &args).await,
        What::Replay(args) => replay::run(&context, &args).await,
        What::Redeliver(args) => redeliver::run(&context, &args).await,
        What::RollLinks(args) => roll_links::run(&context, &args).await,
    }
}

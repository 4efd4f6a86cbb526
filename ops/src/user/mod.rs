//! `creditsctl user`: finds, shows and lists users, creates one, and changes what an
//! operator sets for one.

mod allocation;
mod create;
mod find;
mod list;
mod show;
mod status;

use std::sync::Arc;

use clap::Subcommand;

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use allocation::AllocationArgs;
use create::CreateArgs;
use find::FindArgs;
use list::ListArgs;
use show::ShowArgs;
use status::StatusArgs;

const EXAMPLES: &str = "\
Examples:
  creditsctl user find somebody@example.com
  creditsctl user show user-17
  creditsctl user list --status inactive
  creditsctl user create user-18 --email new@example.com --reason 'pilot, ticket 512'
  creditsctl user deactivate user-17 --reason 'stolen card, ticket 513'
  creditsctl user allocation user-17 --credits 5000 --reason 'contract 2026-03'";

/// Find, show, list, create and change users.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct UserArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Find(FindArgs),
    Show(ShowArgs),
    List(ListArgs),
    Create(CreateArgs),
    /// Let a user spend again
    #[command(after_help = status::ACTIVATE_EXAMPLES)]
    Activate(StatusArgs),
    /// Let a user begin nothing new; what was begun may end
    #[command(after_help = status::DEACTIVATE_EXAMPLES)]
    Deactivate(StatusArgs),
    Allocation(AllocationArgs),
}

pub(crate) async fn run(context: Arc<CommandContext>, args: UserArgs) -> Result<Ending, Failure> {
    match args.what {
        What::Find(args) => find::run(&context, &args).await,
        What::Show(args) => show::run(&context, &args).await,
        What::List(args) => list::run(&context, &args).await,
        What::Create(args) => create::run(&context, &args).await,
        What::Activate(args) => status::run(&context, &args, true).await,
        What::Deactivate(args) => status::run(&context, &args, false).await,
        What::Allocation(args) => allocation::run(&context, &args).await,
    }
}

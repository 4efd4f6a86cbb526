//! `creditsctl hold`: lists the open holds of a user and releases one.

mod open;

use std::fmt;
use std::sync::Arc;

use clap::Subcommand;
use serde::Serialize;
use shared::domain::{Action, HoldId, UserId, roll_forward};
use shared::store::Consistency;

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use crate::ledger::{self, Change, LedgerArgs};
pub(crate) use open::{OpenHold, open_holds};

const EXAMPLES: &str = "\
Examples:
  creditsctl hold list user-17
  creditsctl hold release user-17 'inference-service#call-9' --reason 'the call died, ticket 512'

A hold keeps credits aside for a call and expires by itself. Release one if it keeps a user from
working; the service that opened it can then no longer charge what the call used.";

/// List the open holds of a user, and release one.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HoldArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the open holds of a user, oldest first
    #[command(after_help = "Examples:\n  creditsctl hold list user-17")]
    List {
        /// User id
        user: UserId,
    },
    Release(ReleaseArgs),
}

const RELEASE_EXAMPLES: &str = "\
Examples:
  creditsctl hold release user-17 'inference-service#call-9' --reason 'the call died' --dry-run
  creditsctl hold release user-17 'inference-service#call-9' --reason 'the call died'";

/// Release an open hold: its credits become available again
#[derive(clap::Args, Debug)]
#[command(after_help = RELEASE_EXAMPLES)]
struct ReleaseArgs {
    /// User id
    user: UserId,
    /// Hold, as `hold list` shows it: the client and its key, separated by #
    #[arg(value_name = "CLIENT#KEY")]
    hold: HoldId,
    #[command(flatten)]
    ledger: LedgerArgs,
}

#[derive(Serialize)]
struct Line {
    hold: OpenHold,
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.hold, formatter)
    }
}

pub(crate) async fn run(context: Arc<CommandContext>, args: HoldArgs) -> Result<Ending, Failure> {
    match args.what {
        What::List { user } => list(&context, &user).await,
        What::Release(args) => release(&context, &args).await,
    }
}

async fn list(context: &CommandContext, user_id: &UserId) -> Result<Ending, Failure> {
    ledger::must_be_known(context, user_id).await?;
    let loading = context.store.load_account(user_id, Consistency::Strong);
    let account = context.stop.unless_asked(loading).await??;
    let rolled = roll_forward(&account, context.now)
        .map_err(|error| Failure::Could(format!("the account of {user_id}: {error}")))?;
    let holds = open_holds(context, &rolled.account).await?;
    if holds.is_empty() {
        context
            .output
            .say(format_args!("{user_id} has no open holds."))?;
    }
    for hold in holds {
        context.output.report(&Line { hold })?;
    }
    Ok(Ending::Done)
}

async fn release(context: &CommandContext, args: &ReleaseArgs) -> Result<Ending, Failure> {
    let change = Change {
        word: "release",
        user_id: &args.user,
        terms: vec![("hold", args.hold.to_string())],
        version: None,
        status: None,
    };
    let hold = args.hold.clone();
    ledger::change(context, &args.ledger, &change, |_| {
        Ok(Action::Release { hold })
    })
    .await?;
    Ok(Ending::Done)
}

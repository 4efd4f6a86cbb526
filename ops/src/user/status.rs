//! `creditsctl user activate` and `deactivate`: whether a user may spend, in the account
//! and in the profile at once.

use std::fmt;

use serde::Serialize;
use shared::domain::{Action, Adjustment, UserId};
use shared::store::Consistency;

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use crate::ledger::{self, Change, LedgerArgs};

pub(super) const ACTIVATE_EXAMPLES: &str = "\
Examples:
  creditsctl user activate user-17 --reason 'card was replaced, ticket 514' --dry-run
  creditsctl user activate user-17 --reason 'card was replaced, ticket 514'";

pub(super) const DEACTIVATE_EXAMPLES: &str = "\
Examples:
  creditsctl user deactivate user-17 --reason 'stolen card, ticket 513' --dry-run
  creditsctl user deactivate user-17 --reason 'stolen card, ticket 513'

The user can still sign in and read; charges and new holds are refused. Open holds can be committed
and released, and purchases are credited. Release open holds with `creditsctl hold release`.

Exit code 3 if the change was made before under this --key, and undone since.";

/// Whose status to change.
#[derive(clap::Args, Debug)]
pub(super) struct StatusArgs {
    /// User id
    user: UserId,
    #[command(flatten)]
    ledger: LedgerArgs,
}

#[derive(Serialize)]
struct Line<'a> {
    unchanged: Parts<'a>,
}

#[derive(Serialize)]
struct Parts<'a> {
    user_id: &'a UserId,
    active: bool,
}

/// What the tables say now.
struct Seen {
    version: u64,
    /// In the account, and in the profile if there is one.
    active: bool,
    in_profile: Option<bool>,
}

impl Seen {
    fn is(&self, active: bool) -> bool {
        self.active == active && self.in_profile.is_none_or(|it| it == active)
    }
}

async fn see(context: &CommandContext, user_id: &UserId) -> Result<Seen, Failure> {
    let loading = context.store.load_account(user_id, Consistency::Strong);
    let account = context.stop.unless_asked(loading).await??;
    let loading = context.store.load_person(user_id);
    let person = context.stop.unless_asked(loading).await??;
    Ok(Seen {
        version: account.version,
        active: account.active,
        in_profile: person.user.map(|user| user.active),
    })
}

pub(super) async fn run(
    context: &CommandContext,
    args: &StatusArgs,
    active: bool,
) -> Result<Ending, Failure> {
    let user_id = &args.user;
    ledger::must_be_known(context, user_id).await?;
    let seen = see(context, user_id).await?;
    if seen.is(active) {
        context.output.report(&Line {
            unchanged: Parts { user_id, active },
        })?;
        return Ok(Ending::Done);
    }
    let change = Change {
        word: if active { "activate" } else { "deactivate" },
        user_id,
        terms: Vec::new(),
        version: Some(seen.version),
        status: Some(active),
    };
    let is_repeated = ledger::change(context, &args.ledger, &change, |_| {
        Ok(Action::Adjust(Adjustment::Active(active)))
    })
    .await?;
    if is_repeated && !see(context, user_id).await?.is(active) {
        let now = status_in_words(!active);
        context
            .output
            .say(format_args!("But {user_id} is {now} again."))?;
        return Ok(Ending::Findings);
    }
    Ok(Ending::Done)
}

fn status_in_words(active: bool) -> &'static str {
    if active { "active" } else { "inactive" }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { user_id, active } = &self.unchanged;
        let status = status_in_words(*active);
        write!(formatter, "{user_id} is {status} already; nothing to do")
    }
}

//! `creditsctl grant`: gives a user credits until a moment.

use std::sync::Arc;

use clap::builder::ValueParser;
use shared::domain::{
    Action, Credits, Grant, IdempotencyKey, LotId, LotKind, LotTerms, ResetDay, Timestamp, UserId,
};

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use crate::ledger::{self, Change, LedgerArgs};

const EXAMPLES: &str = "\
Examples:
  creditsctl grant user-17 500 --expires 2026-01-31T00:00:00Z --reason 'sorry, ticket 512' --dry-run
  creditsctl grant user-17 500 --expires 2026-01-31T00:00:00Z --reason 'sorry, ticket 512'
  creditsctl grant user-17 0.5 --expires 2026-01-31T00:00:00Z --reason 'ticket 513' --key ticket-513

The credits are a lot of their own, called ops:KEY. What is left of it at its end lapses. The same
command line gives once: without --key, the key is derived from user, amount, end and reason.
For credits without an end, use `creditsctl adjust USER --give AMOUNT`.";

/// Give a user credits until a moment
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GrantArgs {
    /// User id
    user: UserId,
    /// Amount of credits, with up to three decimal places
    #[arg(value_parser = ValueParser::new(ledger::amount), allow_hyphen_values = true)]
    amount: Credits,
    /// When they lapse, for example 2026-01-31T00:00:00Z
    #[arg(long, value_name = "RFC 3339")]
    expires: Timestamp,
    #[command(flatten)]
    ledger: LedgerArgs,
}

pub(crate) async fn run(context: Arc<CommandContext>, args: GrantArgs) -> Result<Ending, Failure> {
    let GrantArgs {
        user,
        amount,
        expires,
        ledger,
    } = &args;
    let change = Change {
        word: "grant",
        user_id: user,
        terms: vec![
            ("amount", amount.to_string()),
            ("expires", expires.to_string()),
        ],
        version: None,
        status: None,
    };
    let now = context.now;
    ledger::change(&context, ledger, &change, |key| {
        if *expires <= now {
            let problem = format!("--expires {expires} is not after {now}; give a later time");
            return Err(Failure::Usage(problem));
        }
        given(key, *amount, Some(*expires), now)
    })
    .await?;
    Ok(Ending::Done)
}

/// The grant of a lot that is named after its key.
pub(crate) fn given(
    key: &IdempotencyKey,
    amount: Credits,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Action, Failure> {
    let id: LotId = format!("ops:{key}")
        .parse()
        .map_err(|error| Failure::Usage(format!("{error}; pass another --key")))?;
    let terms = LotTerms {
        id,
        kind: LotKind::Promo,
        starts_at: now,
        expires_at,
        monthly_allocation: Credits::ZERO,
        reset_day_of_month: ResetDay::FIRST,
        rollover: None,
    };
    let lot = Grant {
        terms,
        amount,
        clawed_back: Credits::ZERO,
    };
    Ok(Action::Grant {
        lots: vec![lot],
        schedules: Vec::new(),
    })
}

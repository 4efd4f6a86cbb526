//! `creditsctl user allocation`: the free credits a user gets each month, and the day of
//! the month on which they come.

use std::fmt;

use clap::builder::ValueParser;
use serde::Serialize;
use shared::domain::{Action, Adjustment, Credits, ResetDay, UserId};
use shared::store::Consistency;

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use crate::ledger::{self, Change, LedgerArgs};

const EXAMPLES: &str = "\
Examples:
  creditsctl user allocation user-17 --credits 5000 --reason 'contract 2026-03' --dry-run
  creditsctl user allocation user-17 --credits 5000 --reason 'contract 2026-03'
  creditsctl user allocation user-17 --reset-day 15 --reason 'ticket 515'

Both count from the next month of the user on; what was given for this month stays. What is not
named stays as it is. To change this month, use `creditsctl adjust` as well.";

/// Set a user's free credits a month, and the day on which the month begins
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct AllocationArgs {
    /// User id
    user: UserId,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    ledger: LedgerArgs,
}

#[derive(clap::Args, Debug)]
#[group(required = true, multiple = true)]
struct Terms {
    /// Free credits a month, with up to three decimal places
    #[arg(long, value_name = "AMOUNT", value_parser = ValueParser::new(allocation), allow_hyphen_values = true)]
    credits: Option<Credits>,
    /// Day of the month, 1 to 31
    #[arg(long, value_name = "DAY", value_parser = ValueParser::new(reset_day))]
    reset_day: Option<ResetDay>,
}

/// Parses an allocation, which may be 0.
pub(super) fn allocation(text: &str) -> Result<Credits, String> {
    text.parse()
        .map_err(|error| format!("an allocation {error}"))
}

/// Parses a day of the month.
pub(super) fn reset_day(text: &str) -> Result<ResetDay, String> {
    let day: Option<u32> = text.parse().ok();
    day.and_then(|day| ResetDay::try_from(day).ok())
        .ok_or_else(|| "a reset day is a whole number from 1 to 31".to_string())
}

#[derive(Serialize)]
struct Line<'a> {
    unchanged: Parts<'a>,
}

#[derive(Serialize)]
struct Parts<'a> {
    user_id: &'a UserId,
    #[serde(rename = "monthly_allocation_milli")]
    monthly_allocation: Credits,
    reset_day_of_month: u32,
}

pub(super) async fn run(
    context: &CommandContext,
    args: &AllocationArgs,
) -> Result<Ending, Failure> {
    let user_id = &args.user;
    ledger::must_be_known(context, user_id).await?;
    let loading = context.store.load_account(user_id, Consistency::Strong);
    let account = context.stop.unless_asked(loading).await??;
    let terms = &args.terms;
    let monthly_allocation = terms.credits.unwrap_or(account.monthly_allocation);
    let reset_day_of_month = terms.reset_day.unwrap_or(account.reset_day_of_month);
    let stands = (account.monthly_allocation, account.reset_day_of_month);
    if stands == (monthly_allocation, reset_day_of_month) {
        context.output.report(&Line {
            unchanged: Parts {
                user_id,
                monthly_allocation,
                reset_day_of_month: reset_day_of_month.into(),
            },
        })?;
        return Ok(Ending::Done);
    }
    let change = Change {
        word: "allocation",
        user_id,
        terms: vec![
            ("credits", monthly_allocation.to_string()),
            ("reset_day", u32::from(reset_day_of_month).to_string()),
        ],
        version: Some(account.version),
        status: None,
    };
    let is_repeated = ledger::change(context, &args.ledger, &change, |_| {
        Ok(Action::Adjust(Adjustment::FreeTerms {
            monthly_allocation,
            reset_day_of_month,
        }))
    })
    .await?;
    if !is_repeated {
        return Ok(Ending::Done);
    }
    let loading = context.store.load_account(user_id, Consistency::Strong);
    let now = context.stop.unless_asked(loading).await??;
    let (allocation, day) = (now.monthly_allocation, now.reset_day_of_month);
    if (allocation, day) != (monthly_allocation, reset_day_of_month) {
        let day = day.day();
        context.output.say(format_args!(
            "But {user_id} has other terms now: {allocation} free credits a month, on day {day}."
        ))?;
        return Ok(Ending::Findings);
    }
    Ok(Ending::Done)
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            user_id,
            monthly_allocation,
            reset_day_of_month,
        } = &self.unchanged;
        write!(
            formatter,
            "{user_id} has {monthly_allocation} free credits a month, on day {reset_day_of_month}, already; nothing to do"
        )
    }
}

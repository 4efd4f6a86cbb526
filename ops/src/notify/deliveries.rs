//! `creditsctl notify deliveries`: what became of notices, by user or by recipient.

use std::fmt;

use serde::Serialize;
use shared::domain::{Delivery, Recipient, Timestamp, UserId};

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use crate::ledger;

const EXAMPLES: &str = "\
Examples:
  creditsctl notify deliveries --user user-17
  creditsctl notify deliveries --to ep_0123456789ab --since 2025-11-06T00:00:00Z
  creditsctl notify deliveries --to mail --outcome sending --json

Outcomes: pending, sending (an e-mail of which it is unclear whether it was sent), delivered, failed,
withheld, off, limited, stale, undeliverable.";

/// List deliveries of a user or to a recipient, oldest first
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("whose").required(true).args(["user", "to"]))]
pub(super) struct DeliveriesArgs {
    /// User id
    #[arg(long, value_name = "ID")]
    user: Option<UserId>,
    /// Endpoint, or `mail` for e-mails
    #[arg(long, value_name = "RECIPIENT")]
    to: Option<Recipient>,
    /// Notices of entries written since then [default: all that are kept]
    #[arg(long, value_name = "RFC 3339", default_value_t = Timestamp::MIN, hide_default_value = true)]
    since: Timestamp,
    /// Only those with this outcome
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    delivery: Parts<'a>,
}

#[derive(Serialize)]
struct Parts<'a> {
    notice_id: &'a str,
    recipient: String,
    user_id: Option<&'a UserId>,
    event: &'a str,
    at: Timestamp,
    seq: u64,
    outcome: &'static str,
    attempts: u32,
    changed_at: Timestamp,
    status: Option<u16>,
    problem: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn of(delivery: &'a Delivery) -> Self {
        Line {
            delivery: Parts {
                notice_id: &delivery.notice_id,
                recipient: delivery.recipient.to_string(),
                user_id: delivery.user_id.as_ref(),
                event: &delivery.event,
                at: delivery.at,
                seq: delivery.seq,
                outcome: delivery.outcome.as_str(),
                attempts: delivery.attempts,
                changed_at: delivery.changed_at,
                status: delivery.status,
                problem: delivery.problem.as_deref(),
            },
        }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = &self.delivery;
        let user = it.user_id.map_or("nobody", UserId::as_str);
        let (at, event, to) = (it.at, it.event, &it.recipient);
        write!(formatter, "{at}  {user}  {event}  to {to}: {}", it.outcome)?;
        if it.attempts > 0 {
            write!(formatter, " after {} attempts", it.attempts)?;
        }
        if let Some(status) = it.status {
            write!(formatter, ", answered {status}")?;
        }
        match it.problem {
            Some(problem) => write!(formatter, "  ! {problem}"),
            None => Ok(()),
        }
    }
}

pub(super) async fn run(
    context: &CommandContext,
    args: &DeliveriesArgs,
) -> Result<Ending, Failure> {
    if let Some(user_id) = &args.user {
        ledger::must_be_known(context, user_id).await?;
    }
    let shown = match (&args.user, &args.to) {
        (Some(user_id), _) => of_user(context, args, user_id).await?,
        (None, Some(recipient)) => of_recipient(context, args, recipient).await?,
        (None, None) => return Err(Failure::Usage("name a user or a recipient".to_string())),
    };
    if shown == 0 {
        context.output.say("There are no such deliveries.")?;
    }
    Ok(Ending::Done)
}

async fn of_user(
    context: &CommandContext,
    args: &DeliveriesArgs,
    user_id: &UserId,
) -> Result<u64, Failure> {
    let (mut shown, mut start) = (0_u64, None);
    loop {
        let reading = context.store.deliveries_of_user(user_id, args.since, start);
        let (deliveries, next) = context.stop.unless_asked(reading).await??;
        shown = shown.saturating_add(show(context, args, &deliveries)?);
        start = next;
        if start.is_none() {
            return Ok(shown);
        }
    }
}

async fn of_recipient(
    context: &CommandContext,
    args: &DeliveriesArgs,
    recipient: &Recipient,
) -> Result<u64, Failure> {
    let mut walk = context.store.walk_deliveries(recipient, args.since);
    let mut shown = 0_u64;
    loop {
        let deliveries = context.stop.unless_asked(walk.next_page()).await??;
        if deliveries.is_empty() {
            return Ok(shown);
        }
        shown = shown.saturating_add(show(context, args, &deliveries)?);
    }
}

/// Shows those with the wanted outcome. Returns how many there are.
fn show(
    context: &CommandContext,
    args: &DeliveriesArgs,
    deliveries: &[Delivery],
) -> Result<u64, Failure> {
    let mut shown = 0_u64;
    for delivery in deliveries {
        let outcome = delivery.outcome.as_str();
        if args.outcome.as_ref().is_none_or(|wanted| wanted == outcome) {
            shown = shown.saturating_add(1);
            context.output.report(&Line::of(delivery))?;
        }
    }
    Ok(shown)
}

//! `creditsctl parked list`: all parked events, oldest first.

use std::fmt;

use clap::builder::PossibleValuesParser;
use serde::Serialize;
use shared::domain::billing::ParkReason;
use shared::domain::{StripeId, Timestamp, UserId};
use shared::store::WaitingEvent;

use crate::act;
use crate::context::CommandContext;
use crate::ending::{Ending, Failure};

const EXAMPLES: &str = "\
Examples:
  creditsctl parked list --region eu-central-1
  creditsctl parked list --kind customer --all
  creditsctl parked list --json | jq -r 'select(.parked.money).parked.event'

An event whose customer nobody has claimed for 30 days counts as unclaimed: it likely belongs to
another product in the same Stripe account. Only --all lists unclaimed events.

Exit code 3 if a record cannot be read.";

/// List parked events, oldest first
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct ListArgs {
    /// Include unclaimed events
    #[arg(long)]
    all: bool,
    /// Only events that wait for this kind of thing
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(ParkReason::KINDS))]
    kind: Option<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    parked: Parts<'a>,
}

#[derive(Serialize)]
struct Parts<'a> {
    event: &'a StripeId,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    event_type: Option<&'a str>,
    waits_for: &'a str,
    since: Timestamp,
    money: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a StripeId>,
    unclaimed: bool,
    /// Why the record cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

pub(super) async fn run(context: &CommandContext, args: &ListArgs) -> Result<Ending, Failure> {
    let mut walk = context.store.walk_waiting(context.now, args.all);
    let mut ending = Ending::Done;
    let mut count: u64 = 0;
    loop {
        let reading = walk.next_page(act::deadline());
        let Some(events) = context.stop.unless_asked(reading).await?? else {
            break;
        };
        for event in events.iter().filter(|event| is_wanted(event, args)) {
            if event.record.is_err() {
                ending = Ending::Findings;
            }
            count = count.saturating_add(1);
            context.output.report(&Line::of(event))?;
        }
    }
    match count {
        0 => context.output.say("No event is parked.")?,
        1 => context.output.say("1 event is parked.")?,
        many => context
            .output
            .say(format_args!("{many} events are parked."))?,
    }
    Ok(ending)
}

fn is_wanted(event: &WaitingEvent, args: &ListArgs) -> bool {
    let kind = event.waits_for.split(':').next();
    args.kind.is_none() || args.kind.as_deref() == kind
}

impl<'a> Line<'a> {
    fn of(event: &'a WaitingEvent) -> Self {
        let record = event.record.as_ref().ok();
        let says = record.and_then(|record| record.event.as_deref());
        let problem = event.record.as_ref().err();
        Line {
            parked: Parts {
                event: &event.id,
                event_type: record.map(|record| record.event_type.as_str()),
                waits_for: &event.waits_for,
                since: event.since,
                money: says.is_some_and(|event| event.carries_money()),
                user_id: record.and_then(|record| record.user_id.as_ref()),
                customer: says.and_then(|event| event.customer()),
                unclaimed: event.is_unclaimed,
                problem: problem.map(|damage| damage.full_text()),
            },
        }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            event,
            event_type,
            waits_for,
            since,
            money,
            user_id,
            customer,
            unclaimed,
            problem,
        } = &self.parked;
        let event_type = event_type.unwrap_or("unreadable");
        write!(formatter, "{since}  {event}  {event_type}  {waits_for}")?;
        match (user_id, customer) {
            (Some(user_id), _) => write!(formatter, "  for {user_id}")?,
            (None, Some(customer)) => write!(formatter, "  for {customer}")?,
            (None, None) => {}
        }
        if *money {
            write!(formatter, "  money")?;
        }
        if *unclaimed {
            write!(formatter, "  unclaimed")?;
        }
        match problem {
            Some(problem) => write!(formatter, "  {problem}"),
            None => Ok(()),
        }
    }
}

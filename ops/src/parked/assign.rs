//! `creditsctl parked assign`: assigns a Stripe customer to a user, then settles
//! the events that waited for it, one by one.

use std::fmt;

use serde::Serialize;
use shared::domain::billing::{BillingTerms, OperatorAct, OperatorNote, ParkReason};
use shared::domain::{StripeId, UserId};
use shared::store::{
    Assignment, CatalogueCache, DrainRequest, KnownEvent, SettleRequest, SettledEvent,
};

use super::ways_out;
use crate::act::{self, ActArgs, EventLine, PlannedLine};
use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};

const EXAMPLES: &str = "\
Examples:
  creditsctl parked assign cus_1abc user-17 --reason 'bought by phone, ticket 512' --dry-run
  creditsctl parked assign cus_1abc user-17 --reason 'bought by phone, ticket 512'

The customer must not belong to another user. If the command is interrupted before all waiting
events are settled, run it again to continue. A dry run plans each event against the current
tables and ignores the effect of the events before it.";

/// Assign a Stripe customer to a user and settle the events that wait for it
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct AssignArgs {
    /// Customer id, cus_…
    customer: StripeId,
    /// User id
    user: UserId,
    #[command(flatten)]
    act: ActArgs,
    #[command(flatten)]
    dry_run: DryRun,
}

#[derive(Serialize)]
struct Line<'a> {
    assigned: Parts<'a>,
}

#[derive(Serialize)]
struct Parts<'a> {
    customer: &'a StripeId,
    user_id: &'a UserId,
    /// Whether the customer was already assigned to this user.
    repeated: bool,
    dry_run: bool,
}

pub(super) async fn run(context: &CommandContext, args: &AssignArgs) -> Result<Ending, Failure> {
    let AssignArgs { customer, user, .. } = args;
    let dry_run = args.dry_run.dry_run;
    let note = args.act.note(OperatorAct::Assigned, context);
    context.stop.check()?;
    let assigned = if dry_run {
        context.store.check_assignment(customer, user).await?
    } else {
        let deadline = act::deadline();
        context
            .store
            .assign_customer(customer, user, &note, deadline)
            .await?
    };
    let repeated = match assigned {
        Assignment::Free => false,
        Assignment::Theirs => true,
        Assignment::Taken(owner) => {
            return Err(Failure::Could(format!(
                "{customer} already belongs to user {owner}; an assignment cannot be changed"
            )));
        }
        Assignment::UnknownUser => {
            return Err(Failure::Usage(format!(
                "there is no user {user}; users must sign up before a customer can be assigned to them"
            )));
        }
    };
    context.output.report(&Line {
        assigned: Parts {
            customer,
            user_id: user,
            repeated,
            dry_run,
        },
    })?;
    let is_open = drain(context, args, &note).await?;
    if dry_run {
        context.output.say("Nothing was written.")?;
    }
    Ok(act::ending(is_open))
}

/// Settles the events that wait for the customer, or plans that. Returns whether
/// any of them stays open.
async fn drain(
    context: &CommandContext,
    args: &AssignArgs,
    note: &OperatorNote,
) -> Result<bool, Failure> {
    let reason = ParkReason::Customer(args.customer.clone());
    let (terms, catalogue) = (BillingTerms::default(), CatalogueCache::default());
    let mut is_open = false;
    let mut start = None;
    loop {
        let (ids, next) = context.store.waiting_for(&reason, start).await?;
        for id in ids {
            // Each event has its own deadline.
            let request = DrainRequest {
                terms: &terms,
                catalogue: &catalogue,
                now: context.now,
                deadline: act::deadline(),
            };
            context.stop.check()?;
            is_open |= if args.dry_run.dry_run {
                plan_one(context, args, note, &id, request).await?
            } else {
                let settling = context
                    .store
                    .drain_for_operator(&id, &reason, request, note);
                let drained = settling.await?;
                act::report_drained(context, &drained)?;
                drained.iter().any(is_left)
            };
        }
        start = next;
        if start.is_none() {
            return Ok(is_open);
        }
    }
}

fn is_left(event: &SettledEvent) -> bool {
    event.outcome.is_open()
}

async fn plan_one(
    context: &CommandContext,
    args: &AssignArgs,
    note: &OperatorNote,
    id: &StripeId,
    request: DrainRequest<'_>,
) -> Result<bool, Failure> {
    let record = match act::known(context, id).await? {
        Some(KnownEvent::Whole(record)) => *record,
        Some(KnownEvent::Lost(record, problem)) => {
            let ways_out = ways_out::of_lost(id, &problem);
            context
                .output
                .report(&EventLine::of(id, &record).in_full(ways_out))?;
            return Ok(true);
        }
        None => return Ok(true),
    };
    let event = act::content(id, record)?;
    let request = SettleRequest {
        event: &event,
        terms: request.terms,
        catalogue: request.catalogue,
        now: request.now,
        deadline: request.deadline,
    };
    let claimed = Some((&args.customer, &args.user));
    let plan = context
        .store
        .plan_for_operator(request, note, claimed)
        .await?;
    context.output.report(&PlannedLine::of(&event, &plan))?;
    Ok(plan.outcome.is_open())
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            customer,
            user_id,
            repeated,
            dry_run,
        } = &self.assigned;
        let is = match (repeated, dry_run) {
            (true, _) => "is already",
            (false, true) => "would become",
            (false, false) => "is now",
        };
        write!(formatter, "{customer} {is} the customer of {user_id}")
    }
}

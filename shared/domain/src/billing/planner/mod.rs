//! The planner: decides what a Stripe event changes, from facts alone.
//!
//! [`plan`] is called again with more facts until it has all it needs; the first
//! facts are those that the event itself names ([`needs`]).

mod credit_notes;
mod due;
mod invoices;
mod lines;
mod owner;
mod packs;
mod request;
mod returns;
mod settlement;
mod subscriptions;
mod view;
mod waiting;

use super::{BillingEvent, EventOutcome, EventRefusal, Fact, FactKey, OperatorAct, Plan, Planned};
pub use due::{invoice_packs, payment_pack};
pub use request::{BillingTerms, PlanRequest};

use owner::first_keys;
use view::{Stop, View};

/// The keys of all facts that an event names.
pub fn needs(event: &BillingEvent) -> Vec<FactKey> {
    first_keys(event)
}

/// The changes of an event, or the facts that are needed to decide them.
pub fn plan(request: PlanRequest<'_>) -> Planned {
    let view = View {
        request: waiting::as_supplied(request),
    };
    match decide(&view) {
        Ok(planned) => planned,
        Err(Stop::Needs(keys)) => Planned::Needs(keys),
        Err(Stop::Ends(plan)) => match waiting::conclude(&view, *plan) {
            Ok(planned) => planned,
            Err(Stop::Needs(keys)) => Planned::Needs(keys),
            Err(Stop::Ends(plan)) => Planned::Plan(plan),
        },
    }
}

fn decide(view: &View<'_>) -> Result<Planned, Stop> {
    view.want(first_keys(view.request.event))?;
    if let Some(settled) = waiting::settled_before(view)? {
        return Ok(settled);
    }
    let act = view.request.operator.map(|note| note.act);
    let plan = match act {
        Some(OperatorAct::Dismissed) => waiting::dismissed(view),
        Some(
            OperatorAct::Assigned
            | OperatorAct::Supplied
            | OperatorAct::Replayed
            | OperatorAct::Moved
            | OperatorAct::Released,
        )
        | None => of_fact(view)?,
    };
    waiting::conclude(view, plan)
}

fn of_fact(view: &View<'_>) -> Result<Plan, Stop> {
    let event = view.request.event;
    let terms = view.request.terms;
    // A parked event was checked when it arrived.
    let has_waited = view
        .record()
        .is_some_and(|record| record.waits_for.is_some());
    if event.livemode != terms.livemode && !has_waited {
        let livemode = event.livemode;
        return Ok(Plan::refused(&EventRefusal::OtherMode { livemode }));
    }
    if let Some(account) = &event.account
        && !terms.accounts.contains(account)
        && !has_waited
    {
        let other = EventRefusal::OtherAccount(account.clone());
        return Ok(Plan::refused(&other));
    }
    match &event.fact {
        Fact::SubscriptionBought(parties) => owner::link(view, parties),
        Fact::PackBought(bought) => packs::plan(view, bought),
        Fact::Subscription(snapshot) => subscriptions::plan(view, snapshot),
        Fact::InvoicePaid(invoice) => invoices::plan(view, invoice),
        Fact::InvoicePayment(paid) => returns::link(view, paid),
        Fact::Refund(refund) => returns::plan(view, &refund.payment),
        Fact::ChargeRefunded(charge) => returns::plan(view, &charge.payment),
        Fact::Dispute(dispute) => returns::plan(view, &dispute.payment),
        Fact::CreditNote(note) => credit_notes::plan(view, note),
        Fact::CustomerDeleted(customer) => owner::deleted(view, customer),
        Fact::Noted | Fact::Ignored => Ok(Plan::of(EventOutcome::Ignored)),
    }
}

#[cfg(test)]
mod tests;

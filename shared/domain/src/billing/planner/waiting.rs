//! What an event waits for, and what can go on once it is written.
//!
//! Whatever will make the awaited thing known carries how many wait for it, in
//! the item that is written then anyway. So an event that parks and one that
//! makes it known meet in one item, and one of them sees the other.

use super::owner::{customer_of, parties_of};
use super::view::{Stop, View};
use crate::StripeId;
use crate::billing::{
    EventOutcome, EventRecord, Fact, FactKey, FactValue, Invoice, OperatorAct, ParkReason, Plan,
    PlanRequest, Planned, SubscriptionBook,
};

/// What became of the event before, if nothing is left to do.
pub(super) fn settled_before(view: &View<'_>) -> Option<Planned> {
    let record = view.record()?;
    match record.outcome {
        EventOutcome::Applied | EventOutcome::Ignored => {}
        // An operator may have dismissed it by mistake; a delivery brings it not back.
        EventOutcome::Dismissed if !is_replayed(view) => {}
        // Whatever waits or was refused is looked at again.
        EventOutcome::Dismissed
        | EventOutcome::Parked
        | EventOutcome::Refused
        | EventOutcome::NeedsOperator => return None,
    }
    Some(Planned::Settled {
        outcome: record.outcome,
        reason: record.reason.clone(),
        drains: still_waiting(view),
    })
}

fn is_replayed(view: &View<'_>) -> bool {
    let operator = view.request.operator;
    operator.is_some_and(|note| note.act == OperatorAct::Replayed)
}

/// The request for what an operator has supplied, whatever is delivered: a
/// delivery may tell less of the object, which is why it was supplied.
pub(super) fn as_supplied(request: PlanRequest<'_>) -> PlanRequest<'_> {
    let key = FactKey::Event(request.event.id.clone());
    match request.facts.get(&key) {
        Some(FactValue::Event(record))
            if request.operator.is_none() && record.operator.is_some() =>
        {
            let event = record.event.as_deref().unwrap_or(request.event);
            PlanRequest { event, ..request }
        }
        _ => request,
    }
}

/// An operator has settled that nothing follows from the event.
pub(super) fn dismissed(view: &View<'_>) -> Plan {
    let mut plan = Plan::of(EventOutcome::Dismissed);
    plan.user_id = view.record().and_then(|record| record.user_id.clone());
    plan
}

/// Records what became of the event, and parks or unparks it.
pub(super) fn conclude(view: &View<'_>, mut plan: Plan) -> Result<Planned, Stop> {
    let event = view.request.event;
    let known = view.record();
    let waited_for = known.and_then(|record| record.waits_for.clone());
    let is_news = view.request.operator.is_some()
        && known.and_then(|record| record.event.as_deref()) != Some(event);
    // What is put although it is the same guards against a race at first.
    let mut puts = plan.puts.iter();
    let puts_nothing_new = puts.all(|(key, value)| view.request.facts.get(key) == Some(value));
    let same = known.is_some_and(|record| record.outcome == plan.outcome)
        && !is_news
        && waited_for == plan.parks
        && puts_nothing_new
        && plan.decision.is_none();
    if same && (plan.parks.is_some() || plan.outcome == EventOutcome::Refused) {
        return Ok(Planned::Settled {
            outcome: plan.outcome,
            reason: plan.reason,
            drains: Vec::new(),
        });
    }
    plan.drains = drains(view, &plan);
    // A drain that was cut short is gone on with by whatever comes next.
    let queue = claimed_queue(view);
    let is_new = |queue: &ParkReason| !plan.drains.contains(queue);
    let queue = queue.filter(is_new);
    plan.drains.extend(queue);
    if waited_for != plan.parks {
        if let Some(reason) = &waited_for {
            count(view, &mut plan, reason, false)?;
            plan.unparks = Some(reason.clone());
        }
        if let Some(reason) = plan.parks.clone() {
            count(view, &mut plan, &reason, true)?;
        }
    } else {
        // It stays where it waits.
        plan.parks = None;
    }
    let waits_for = match (&plan.parks, &plan.unparks, waited_for) {
        (Some(reason), _, _) => Some(reason.clone()),
        (None, Some(_), _) => None,
        (None, None, waited_for) => waited_for,
    };
    let earlier = known.and_then(|record| record.operator.as_ref());
    let record = EventRecord {
        event_type: event.event_type.clone(),
        created: Some(event.created),
        outcome: plan.outcome,
        reason: plan.reason.clone(),
        waits_for,
        event: plan.outcome.is_open().then(|| Box::new(event.clone())),
        user_id: plan.user_id.clone(),
        settled_at: view.request.now,
        operator: view.request.operator.or(earlier).cloned(),
    };
    plan.puts
        .insert(FactKey::Event(event.id.clone()), FactValue::Event(record));
    Ok(Planned::Plan(Box::new(plan)))
}

/// The item that has to know how many wait for something.
fn count(view: &View<'_>, plan: &mut Plan, reason: &ParkReason, more: bool) -> Result<(), Stop> {
    let step = |waiting: &mut u32| {
        *waiting = if more {
            waiting.saturating_add(1)
        } else {
            waiting.saturating_sub(1)
        };
    };
    match reason {
        ParkReason::Subscription(id) | ParkReason::Lines(id) => {
            let key = FactKey::Book(id.clone());
            view.want(vec![key.clone()])?;
            if let Some(FactValue::Book(book)) = plan.puts.get_mut(&key) {
                step(&mut book.waiting);
                return Ok(());
            }
            // Who is refused has no user; where it waited it had one, which the
            // book still knows if the record does not.
            let known = view.record().and_then(|record| record.user_id.as_ref());
            let of_book = match view.request.facts.get(&key) {
                Some(FactValue::Book(book)) => Some(&book.user_id),
                _ => None,
            };
            let Some(user_id) = plan.user_id.as_ref().or(known).or(of_book) else {
                return Ok(());
            };
            let mut book = view.book(id, user_id);
            step(&mut book.waiting);
            plan.puts.insert(key, FactValue::Book(book));
        }
        ParkReason::Invoice(id) | ParkReason::Payment(id) => {
            let key = FactKey::Invoice(id.clone());
            view.want(vec![key.clone()])?;
            if let Some(FactValue::Invoice(invoice)) = plan.puts.get_mut(&key) {
                step(&mut invoice.waiting);
                return Ok(());
            }
            let mut invoice = view.invoice(id);
            step(&mut invoice.waiting);
            plan.puts.insert(key, FactValue::Invoice(invoice));
        }
        // The store counts these itself, or they are counted by nobody.
        ParkReason::Customer(_)
        | ParkReason::Price(_)
        | ParkReason::PaymentLink(_)
        | ParkReason::Mismatch(_)
        | ParkReason::Review(_)
        | ParkReason::Operator(_) => {}
    }
    Ok(())
}

/// What waited for something that this plan makes known.
fn drains(view: &View<'_>, plan: &Plan) -> Vec<ParkReason> {
    let mut drains = Vec::new();
    for (key, value) in &plan.puts {
        match (key, value) {
            (FactKey::CustomerClaim(id), FactValue::Claim(_)) if view.queue(id).waiting() > 0 => {
                drains.push(ParkReason::Customer(id.clone()));
            }
            (FactKey::Book(id), FactValue::Book(after)) => {
                let before = match view.request.facts.get(key) {
                    Some(FactValue::Book(book)) => Some(book),
                    _ => None,
                };
                drains.extend(of_book(id, before, after));
            }
            (FactKey::Invoice(id), FactValue::Invoice(after)) => {
                drains.extend(of_invoice(id, &view.invoice(id), after));
            }
            _ => {}
        }
    }
    drains
}

fn of_book(
    id: &StripeId,
    before: Option<&SubscriptionBook>,
    after: &SubscriptionBook,
) -> Vec<ParkReason> {
    let mut drains = Vec::new();
    if after.waiting > 0 {
        if before.is_none_or(|before| before.anchors != after.anchors) {
            drains.push(ParkReason::Subscription(id.clone()));
        }
        if before.is_none_or(|before| before.lines != after.lines) {
            drains.push(ParkReason::Lines(id.clone()));
        }
    }
    drains
}

fn of_invoice(id: &StripeId, before: &Invoice, after: &Invoice) -> Vec<ParkReason> {
    let mut drains = Vec::new();
    if after.waiting > 0 {
        if before.settled.is_none() && after.settled.is_some() {
            drains.push(ParkReason::Invoice(id.clone()));
        }
        let is_paid_by = |invoice: &Invoice| {
            invoice.paid_otherwise || invoice.bought.is_some() || !invoice.payments.is_empty()
        };
        if !is_paid_by(before) && is_paid_by(after) {
            drains.push(ParkReason::Payment(id.clone()));
        }
    }
    drains
}

/// What may still wait although the event was settled: its delivery was cut
/// short before all of that was drained.
fn still_waiting(view: &View<'_>) -> Vec<ParkReason> {
    let fact = &view.request.event.fact;
    let mut drains: Vec<_> = claimed_queue(view).into_iter().collect();
    let subscription = parties_of(fact).and_then(|parties| parties.subscription.as_ref());
    if let Some(id) = subscription
        && let Some(FactValue::Book(book)) = view.request.facts.get(&FactKey::Book(id.clone()))
        && book.waiting > 0
    {
        drains.push(ParkReason::Subscription(id.clone()));
        drains.push(ParkReason::Lines(id.clone()));
    }
    let invoice = match fact {
        Fact::InvoicePaid(paid) => Some(&paid.id),
        Fact::InvoicePayment(paid) => Some(&paid.invoice),
        Fact::SubscriptionBought(_)
        | Fact::PackBought(_)
        | Fact::Subscription(_)
        | Fact::Refund(_)
        | Fact::ChargeRefunded(_)
        | Fact::Dispute(_)
        | Fact::CreditNote(_)
        | Fact::CustomerDeleted(_)
        | Fact::Noted
        | Fact::Ignored => None,
    };
    if let Some(id) = invoice
        && view.invoice(id).waiting > 0
    {
        drains.push(ParkReason::Invoice(id.clone()));
        drains.push(ParkReason::Payment(id.clone()));
    }
    drains
}

/// The queue of a customer whose user is known, if anything waits in it.
fn claimed_queue(view: &View<'_>) -> Option<ParkReason> {
    let customer = customer_of(&view.request.event.fact)?;
    view.claim(&FactKey::CustomerClaim(customer.clone()))?;
    let waits = view.queue(customer).waiting() > 0;
    waits.then(|| ParkReason::Customer(customer.clone()))
}

//! What an event waits for, and what can be drained once its plan is written.
//!
//! The item that will make the awaited thing known also counts the events that wait
//! for it, and is written then anyway. So the event that parks and the event that
//! makes it known write the same item, and one of them sees the other.

use super::owner::{customer_of, parties_of};
use super::view::{Stop, View};
use crate::StripeId;
use crate::billing::{
    EventOutcome, EventRecord, Fact, FactKey, FactValue, Invoice, OperatorAct, ParkReason, Plan,
    PlanRequest, Planned, SubscriptionBook,
};

/// The earlier outcome of the event, if nothing is left to do.
pub(super) fn settled_before(view: &View<'_>) -> Option<Planned> {
    let record = view.record()?;
    match record.outcome {
        EventOutcome::Applied | EventOutcome::Ignored => {}
        // An operator may have dismissed it by mistake; a new delivery does not bring it back.
        EventOutcome::Dismissed if !is_replayed(view) => {}
        // Events that are parked or were refused are planned again.
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

/// The request with the event that an operator supplied, whatever is delivered: a
/// delivery may contain less of the object, which is why it was supplied.
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

/// An operator decided that the event has no effect.
pub(super) fn dismissed(view: &View<'_>) -> Plan {
    let mut plan = Plan::of(EventOutcome::Dismissed);
    plan.user_id = view.record().and_then(|record| record.user_id.clone());
    plan
}

/// Records the outcome of the event, and parks or unparks it.
pub(super) fn conclude(view: &View<'_>, mut plan: Plan) -> Result<Planned, Stop> {
    // Nothing is put unseen: it would be taken for absent, and never fit.
    view.want(plan.puts.keys().cloned().collect())?;
    let event = view.request.event;
    let known = view.record();
    let waited_for = known.and_then(|record| record.waits_for.clone());
    let is_news = view.request.operator.is_some()
        && known.and_then(|record| record.event.as_deref()) != Some(event);
    // A value that is written unchanged is there to guard against a race on the first delivery.
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
    // A drain that was cut short is resumed by the next event.
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
        // It stays parked under the same reason.
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

/// Updates the item that counts the events waiting for something.
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
            // A refused event has no user. While it was parked it had one, which
            // the book still knows if the record does not.
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
        // The store counts these itself, or they are not counted.
        ParkReason::Customer(_)
        | ParkReason::Price(_)
        | ParkReason::PaymentLink(_)
        | ParkReason::Mismatch(_)
        | ParkReason::Review(_)
        | ParkReason::Operator(_) => {}
    }
    Ok(())
}

/// The reasons that this plan resolves and events wait under.
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

/// The reasons that may still have to be drained although the event was settled:
/// its delivery was cut short before all were drained.
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

/// The reason of a customer with a known user, if events wait for it.
fn claimed_queue(view: &View<'_>) -> Option<ParkReason> {
    let customer = customer_of(&view.request.event.fact)?;
    view.claim(&FactKey::CustomerClaim(customer.clone()))?;
    let waits = view.queue(customer).waiting() > 0;
    waits.then(|| ParkReason::Customer(customer.clone()))
}

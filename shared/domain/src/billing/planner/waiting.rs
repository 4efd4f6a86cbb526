//! What an event waits for, and what can be drained once its plan is written.
//!
//! The item that will make the awaited thing known also counts the events that wait
//! for it, and is written then anyway. So the event that parks and the event that
//! makes it known write the same item, and one of them sees the other.
//!
//! An event that has waited may make known what others wait for in turn. It keeps its
//! place until those are drained, so that whoever is cut short finds it there again.

use super::owner::{customer_of, first_keys};
use super::view::{Stop, View};
use crate::StripeId;
use crate::billing::{
    EventOutcome, EventRecord, FactKey, FactValue, Invoice, OperatorAct, ParkReason, Plan,
    PlanRequest, Planned, SubscriptionBook,
};

/// The earlier outcome of the event, if nothing is left to do.
pub(super) fn settled_before(view: &View<'_>) -> Result<Option<Planned>, Stop> {
    let settled = |outcome, reason, drains| Planned::Settled {
        outcome,
        reason,
        drains,
    };
    let Some(record) = view.record() else {
        let nothing = || settled(EventOutcome::Ignored, None, Vec::new());
        return Ok(view.request.leaves.then(nothing));
    };
    let (outcome, reason) = (record.outcome, record.reason.clone());
    if view.request.leaves {
        return match record.kept_place() {
            Some(place) => leave(view, record, place).map(Some),
            None => Ok(Some(settled(outcome, reason, Vec::new()))),
        };
    }
    match outcome {
        EventOutcome::Applied | EventOutcome::Ignored => {}
        // An operator may have dismissed it by mistake; a new delivery does not bring it back.
        EventOutcome::Dismissed if !is_replayed(view) => {}
        // Events that are parked or were refused are planned again.
        EventOutcome::Dismissed
        | EventOutcome::Parked
        | EventOutcome::Refused
        | EventOutcome::NeedsOperator => return Ok(None),
    }
    Ok(Some(settled(outcome, reason, still_waiting(view))))
}

/// A settled event gives up the place where it waited.
fn leave(view: &View<'_>, record: &EventRecord, reason: &ParkReason) -> Result<Planned, Stop> {
    let mut plan = Plan {
        reason: record.reason.clone(),
        user_id: record.user_id.clone(),
        unparks: Some(reason.clone()),
        ..Plan::of(record.outcome)
    };
    count(view, &mut plan, reason, false)?;
    let gone = EventRecord {
        waits_for: None,
        event: None,
        ..record.clone()
    };
    let key = FactKey::Event(view.request.event.id.clone());
    plan.puts.insert(key, FactValue::Event(gone));
    Ok(Planned::Plan(Box::new(plan)))
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
            drains: still_waiting(view),
        });
    }
    plan.drains = drains(view, &plan);
    // A drain that was cut short is resumed by the next event.
    let queue = claimed_queue(view);
    let is_new = |queue: &ParkReason| !plan.drains.contains(queue);
    let queue = queue.filter(is_new);
    plan.drains.extend(queue);
    let opens = |own: &ParkReason| plan.drains.iter().any(|queue| queue != own);
    let keeps_its_place =
        plan.outcome.may_keep_its_place() && waited_for.as_ref().is_some_and(opens);
    if waited_for != plan.parks && !keeps_its_place {
        if let Some(reason) = &waited_for {
            count(view, &mut plan, reason, false)?;
            plan.unparks = Some(reason.clone());
        }
        if let Some(reason) = plan.parks.clone() {
            count(view, &mut plan, &reason, true)?;
        }
    } else {
        // It stays under the same reason.
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
        event: (plan.outcome.is_open() || keeps_its_place).then(|| Box::new(event.clone())),
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

/// The reasons that this plan resolves and other events wait under.
fn drains(view: &View<'_>, plan: &Plan) -> Vec<ParkReason> {
    let mut drains = Vec::new();
    for (key, value) in &plan.puts {
        match (key, value) {
            (FactKey::CustomerClaim(id), FactValue::Claim(_)) => {
                drains.extend(queue_of(view, id));
            }
            (FactKey::Book(id), FactValue::Book(after)) => {
                let before = match view.request.facts.get(key) {
                    Some(FactValue::Book(book)) => Some(book),
                    _ => None,
                };
                drains.extend(of_book(view, id, before, after));
            }
            (FactKey::Invoice(id), FactValue::Invoice(after)) => {
                drains.extend(of_invoice(view, id, after));
            }
            _ => {}
        }
    }
    drains
}

/// Whether events wait that are counted together under some reasons, besides this one.
fn others_wait(view: &View<'_>, waiting: u32, reasons: &[ParkReason]) -> bool {
    let own = view.record().and_then(|record| record.waits_for.as_ref());
    let waits_here = own.is_some_and(|own| reasons.contains(own));
    waiting > u32::from(waits_here)
}

fn of_book(
    view: &View<'_>,
    id: &StripeId,
    before: Option<&SubscriptionBook>,
    after: &SubscriptionBook,
) -> Vec<ParkReason> {
    let [subscription, lines] = reasons_of_book(id);
    let mut drains = Vec::new();
    if others_wait(view, after.waiting, &reasons_of_book(id)) {
        if before.is_none_or(|before| before.anchors != after.anchors) {
            drains.push(subscription);
        }
        if before.is_none_or(|before| before.lines != after.lines) {
            drains.push(lines);
        }
    }
    drains
}

fn reasons_of_book(id: &StripeId) -> [ParkReason; 2] {
    [
        ParkReason::Subscription(id.clone()),
        ParkReason::Lines(id.clone()),
    ]
}

/// What is known of an invoice stays known, so whoever writes it again asks again.
fn of_invoice(view: &View<'_>, id: &StripeId, invoice: &Invoice) -> Vec<ParkReason> {
    let reasons = [
        ParkReason::Invoice(id.clone()),
        ParkReason::Payment(id.clone()),
    ];
    if !others_wait(view, invoice.waiting, &reasons) {
        return Vec::new();
    }
    let is_paid_by =
        invoice.paid_otherwise || invoice.bought.is_some() || !invoice.payments.is_empty();
    let is_known = [invoice.settled.is_some(), is_paid_by];
    let known = reasons.into_iter().zip(is_known);
    known
        .filter_map(|(reason, is_known)| is_known.then_some(reason))
        .collect()
}

/// The reasons that may still have to be drained although the event changes nothing now:
/// its delivery was cut short before all were drained. They are those of everything that
/// it names.
fn still_waiting(view: &View<'_>) -> Vec<ParkReason> {
    let mut drains: Vec<_> = claimed_queue(view).into_iter().collect();
    for key in first_keys(view.request.event) {
        match (&key, view.request.facts.get(&key)) {
            (FactKey::Book(id), Some(FactValue::Book(book)))
                if others_wait(view, book.waiting, &reasons_of_book(id)) =>
            {
                drains.extend(reasons_of_book(id));
            }
            (FactKey::Invoice(id), Some(FactValue::Invoice(invoice))) => {
                drains.extend(of_invoice(view, id, invoice));
            }
            _ => {}
        }
    }
    drains
}

/// The reason of a customer with a known user, if events wait for it.
fn claimed_queue(view: &View<'_>) -> Option<ParkReason> {
    let customer = customer_of(&view.request.event.fact)?;
    view.claim(&FactKey::CustomerClaim(customer.clone()))?;
    queue_of(view, customer)
}

fn queue_of(view: &View<'_>, customer: &StripeId) -> Option<ParkReason> {
    let reason = ParkReason::Customer(customer.clone());
    let waiting = u32::try_from(view.queue(customer).waiting()).unwrap_or(u32::MAX);
    others_wait(view, waiting, std::slice::from_ref(&reason)).then_some(reason)
}

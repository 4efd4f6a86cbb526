//! Events that a shop receives, in any order, and the commands it sends for them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::super::fixtures::{
    command, lot_id, months_clawed_back, schedule_with, unopened,
};
use super::super::super::super::{
    Action, Clawback, Credits, Grant, Lot, LotEnd, LotId, LotKind, LotRollover, LotTerms,
    PlanChange, ResetDay, ScheduleGrant, ScheduleTerms, Settlement, Timestamp,
};
use super::super::super::decide;
use super::super::model::DAY;
use super::super::script::Script;
use super::super::world::World;

/// An event that a shop receives, in any order.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// The state of a subscription.
    Subscribed(PlanChange),
    /// A purchase was paid.
    Paid(LotTerms, Credits),
    /// A longer period was paid: a grant schedule.
    PaidAhead(ScheduleTerms),
    /// The clawback target of a lot, which may not be known yet.
    Refunded(LotId, Credits),
    /// The clawback targets of a schedule's months.
    RefundedAhead(ScheduleTerms, Vec<Credits>),
    /// A new end of a lot, which may not be known yet.
    Ended(LotId, Timestamp),
}

/// One event for each of some subscriptions: the last state known counts.
fn plan_events(script: &mut Script) -> Vec<Event> {
    let mut plans: BTreeMap<String, Event> = BTreeMap::new();
    for _ in 0..4 {
        if let Action::SetPlan {
            subscription_id,
            plan,
        } = script.plan()
        {
            let change = PlanChange {
                subscription_id: subscription_id.clone(),
                plan,
            };
            plans.insert(subscription_id, Event::Subscribed(change));
        }
    }
    plans.into_values().collect()
}

/// A moment around now, on either side of it.
fn another_end(script: &mut Script, now: Timestamp) -> Timestamp {
    now.plus_seconds(script.random.upto(40 * DAY) - 12 * DAY)
}

/// Lots and schedules that are new; some have ended before they arrive.
fn new_events(script: &mut Script, now: Timestamp) -> Vec<Event> {
    let mut events = Vec::new();
    for number in 0..1 + script.random.upto(3) {
        let end = now.plus_seconds(script.random.upto(60 * DAY) - 10 * DAY);
        let rollover = LotRollover {
            from: end.plus_seconds(-script.random.upto(30) * DAY),
            cap: Credits::from_milli(script.random.upto(8_000)),
        };
        let terms = LotTerms {
            id: lot_id(&format!("buy:new-{number}")),
            kind: LotKind::Purchase,
            starts_at: now.plus_seconds(-script.random.upto(2) * DAY),
            expires_at: script.random.percent(50).then_some(end),
            monthly_allocation: Credits::ZERO,
            reset_day_of_month: ResetDay::FIRST,
            rollover: script.random.percent(30).then_some(rollover),
        };
        let target = Credits::from_milli(script.random.upto(20_000));
        let refunded = Event::Refunded(terms.id.clone(), target);
        // Receiving an event twice is like receiving it once.
        for _ in 0..script.random.upto(2) {
            events.push(refunded.clone());
        }
        if is_movable(&terms) && script.random.percent(50) {
            let end = another_end(script, now);
            events.push(Event::Ended(terms.id.clone(), end));
        }
        let amount = Credits::from_milli(script.random.upto(20_000));
        events.push(Event::Paid(terms, amount));
    }
    for _ in 0..script.random.upto(2) {
        let terms = script.schedule().terms;
        let is_there = |event: &Event| match event {
            Event::PaidAhead(other) => other.id == terms.id,
            _ => false,
        };
        if !is_grantable(&terms) || events.iter().any(is_there) {
            continue;
        }
        let targets = script.targets(&terms);
        for _ in 0..script.random.upto(2) {
            events.push(Event::RefundedAhead(terms.clone(), targets.clone()));
        }
        events.push(Event::PaidAhead(terms));
    }
    events
}

/// Whether a lot's end can be moved.
fn is_movable(terms: &LotTerms) -> bool {
    terms.expires_at.is_some() && terms.rollover.is_none()
}

/// Whether the script made a new and valid schedule.
fn is_grantable(terms: &ScheduleTerms) -> bool {
    let action = schedule_with(terms.clone(), Vec::new());
    decide(&unopened(), &command(action), terms.starts_at).is_ok()
}

/// Each lot and schedule has one target; a lot may have ended before it is granted
/// or its clawback undone.
pub(super) fn events(script: &mut Script, world: &World<'_>, now: Timestamp) -> Vec<Event> {
    let mut events = plan_events(script);
    let mut new = new_events(script, now);
    // What the script granted before is old.
    let is_new = |event: &Event| match event {
        Event::PaidAhead(terms) | Event::RefundedAhead(terms, _) => {
            let first = terms.months().remove(0).terms.id;
            let left = world.past.contains_key(first.as_str());
            !left
                && world.account.lot(&first).is_none()
                && world.account.schedule(&terms.id).is_none()
        }
        _ => true,
    };
    new.retain(is_new);
    events.extend(new);
    for schedule in &world.account.schedules {
        if script.random.percent(60) {
            let targets = script.targets(&schedule.terms);
            events.push(Event::RefundedAhead(schedule.terms.clone(), targets));
        }
    }
    let here = world.account.lots.iter();
    let gone = world.left.iter().filter_map(|id| world.past.get(id));
    let mut lots: BTreeMap<&str, &Lot> =
        gone.map(|it| (it.lot.terms.id.as_str(), &it.lot)).collect();
    lots.extend(here.map(|lot| (lot.terms.id.as_str(), lot)));
    lots.retain(|id, _| id.starts_with("buy:") || id.starts_with("sub:"));
    for lot in lots.values() {
        // The months of a schedule are clawed back together.
        let is_month = lot.terms.id.as_str().starts_with("sub:");
        if is_movable(&lot.terms) && script.random.percent(30) {
            let end = another_end(script, now);
            events.push(Event::Ended(lot.terms.id.clone(), end));
        }
        let target = Credits::from_milli(script.random.upto(lot.granted.milli()));
        if !is_month && script.random.percent(40) {
            events.push(Event::Refunded(lot.terms.id.clone(), target));
        }
    }
    events
}

/// What a shop knows so far: the lots and schedules granted, the ends that were
/// moved, and the clawback target of each.
#[derive(Clone)]
pub(super) struct Book {
    given: BTreeSet<LotId>,
    ends: BTreeMap<LotId, Timestamp>,
    clawed_back: BTreeMap<LotId, Credits>,
    targets: BTreeMap<LotId, Vec<Credits>>,
}

impl Book {
    /// The lots and schedules that the account has, or had.
    pub(super) fn of(world: &World<'_>) -> Self {
        let here = world.account.lots.iter().map(|lot| lot.terms.id.clone());
        let schedules = world.account.schedules.iter().map(|it| it.terms.id.clone());
        let gone = world.past.values().map(|past| past.lot.terms.id.clone());
        Book {
            given: here.chain(schedules).chain(gone).collect(),
            ends: BTreeMap::new(),
            clawed_back: BTreeMap::new(),
            targets: BTreeMap::new(),
        }
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Subscribed(_) => {}
            Event::Paid(terms, _) => {
                self.given.insert(terms.id.clone());
            }
            Event::PaidAhead(terms) => {
                self.given.insert(terms.id.clone());
            }
            Event::Refunded(lot, target) => {
                self.clawed_back.insert(lot.clone(), *target);
            }
            Event::RefundedAhead(terms, targets) => {
                self.targets.insert(terms.id.clone(), targets.clone());
                let (months, _) = months_clawed_back(terms, targets.clone());
                let months = months.into_iter().map(|month| (month.lot, month.target));
                self.clawed_back.extend(months);
            }
            Event::Ended(lot, end) => {
                self.ends.insert(lot.clone(), *end);
            }
        }
    }

    /// What an event adds to a settlement, by all that is known. Its lot or
    /// schedule must have been granted according to `given`; otherwise it waits.
    fn add(&self, settlement: &mut Settlement, given: &BTreeSet<LotId>, event: &Event) {
        let target = |id: &LotId| self.clawed_back.get(id).copied().unwrap_or_default();
        match event.clone() {
            Event::Subscribed(change) => settlement.plan = Some(change),
            Event::Paid(mut terms, amount) => {
                let end = self.ends.get(&terms.id).copied();
                terms.expires_at = end.or(terms.expires_at);
                settlement.grants.push(Grant {
                    clawed_back: target(&terms.id),
                    terms,
                    amount,
                });
            }
            Event::PaidAhead(terms) => settlement.schedules.push(ScheduleGrant {
                targets: self.targets.get(&terms.id).cloned().unwrap_or_default(),
                terms,
            }),
            Event::Refunded(lot, target) if given.contains(&lot) => {
                let past = None;
                settlement.clawbacks.push(Clawback { lot, target, past });
            }
            Event::RefundedAhead(terms, targets) if given.contains(&terms.id) => {
                let (lots, schedules) = months_clawed_back(&terms, targets);
                settlement.clawbacks.extend(lots);
                settlement.schedule_clawbacks.extend(schedules);
            }
            Event::Ended(lot, expires_at) if given.contains(&lot) => {
                settlement.ends.push(LotEnd {
                    target: target(&lot),
                    lot,
                    expires_at,
                    past: None,
                });
            }
            Event::Refunded(..) | Event::RefundedAhead(..) | Event::Ended(..) => {}
        }
    }

    /// The command for an event that arrives now.
    pub(super) fn reported(&mut self, event: &Event) -> Action {
        self.note(event);
        let mut settlement = Settlement::default();
        self.add(&mut settlement, &self.given, event);
        Action::Settle(settlement)
    }

    /// The command if all events arrive at once.
    pub(super) fn reported_at_once(mut self, events: &[Event]) -> Action {
        let before = self.given.clone();
        events.iter().for_each(|event| self.note(event));
        let mut settlement = Settlement::default();
        for event in events {
            self.add(&mut settlement, &before, event);
        }
        Action::Settle(settlement)
    }
}

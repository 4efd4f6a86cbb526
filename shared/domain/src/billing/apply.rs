//! Applies a plan to a map of facts: the state that the tables would hold afterwards.
//!
//! It stands in for a store without concurrent requests; it reads and writes no database.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    BillingEvent, BillingTerms, Catalogue, Draining, Errand, EventOutcome, FactKey, FactValue,
    Facts, Left, OperatorNote, ParkReason, Plan, PlanRequest, Planned, Queue, needs, plan,
};
use crate::{EntryKey, StripeId, Timestamp, UserId};

/// The maximum number of times an event may ask for facts or try another cause.
const MAX_LOOKS: u32 = 1_000;

/// All facts, and the parked events by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    facts: BTreeMap<FactKey, FactValue>,
    waiting: BTreeMap<ParkReason, BTreeMap<StripeId, BillingEvent>>,
    entries: BTreeSet<(UserId, EntryKey)>,
}

/// The planner did not terminate, which is a bug in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the planner does not finish the event {0}")]
pub struct EndlessPlan(pub StripeId);

impl World {
    /// The value of a key.
    pub fn get(&self, key: &FactKey) -> Option<&FactValue> {
        self.facts.get(key)
    }

    /// All facts.
    pub fn facts(&self) -> &BTreeMap<FactKey, FactValue> {
        &self.facts
    }

    /// Inserts a fact that no event reported.
    pub fn insert(&mut self, key: FactKey, value: FactValue) {
        self.facts.insert(key, value);
    }

    /// Loads the values of these keys into `facts`.
    pub fn load(&self, keys: Vec<FactKey>, facts: &mut Facts) {
        for key in keys {
            let value = self.facts.get(&key).cloned();
            facts.insert(key, value);
        }
    }

    /// The events parked under a reason, in order of id.
    pub fn waiting(&self, reason: &ParkReason) -> Vec<BillingEvent> {
        let events = self.waiting.get(reason);
        events
            .into_iter()
            .flat_map(BTreeMap::values)
            .cloned()
            .collect()
    }

    /// All reasons under which events are parked.
    pub fn reasons(&self) -> Vec<ParkReason> {
        self.waiting.keys().cloned().collect()
    }

    /// Applies all changes of a plan.
    pub fn apply(&mut self, event: &BillingEvent, plan: &Plan) {
        self.facts.extend(plan.puts.clone());
        if let Some(decision) = &plan.decision {
            let user_id = &decision.account.user_id;
            self.entries
                .insert((user_id.clone(), decision.entry.key.clone()));
            let past_key = |terms: &crate::LotTerms| {
                let at = terms.expires_at.unwrap_or(terms.starts_at);
                FactKey::PastLot(user_id.clone(), terms.id.clone(), at)
            };
            for terms in &decision.vacated {
                self.facts.remove(&past_key(terms));
            }
            for past in &decision.archived {
                let value = FactValue::PastLot(Box::new(past.clone()));
                self.facts.insert(past_key(&past.lot.terms), value);
            }
            let account = Box::new(decision.account.clone());
            self.facts.insert(
                FactKey::Account(user_id.clone()),
                FactValue::Account(account),
            );
        }
        if let Some(reason) = &plan.unparks {
            if let Some(waiting) = self.waiting.get_mut(reason) {
                waiting.remove(&event.id);
            }
            self.waiting.retain(|_, waiting| !waiting.is_empty());
            self.count(reason, |queue| {
                queue.drained = queue.drained.saturating_add(1)
            });
        }
        if let Some(reason) = &plan.parks {
            self.count(reason, |queue| {
                queue.parked = queue.parked.saturating_add(1)
            });
        }
        // It is parked under the reason in its record, even if that is the reason
        // it had before.
        if let Some(FactValue::Event(record)) = plan.puts.get(&FactKey::Event(event.id.clone()))
            && let (Some(reason), Some(event)) = (&record.waits_for, &record.event)
        {
            let waiting = self.waiting.entry(reason.clone()).or_default();
            waiting.insert(event.id.clone(), event.as_ref().clone());
        }
    }

    /// Whether the ledger has an entry under the plan's key.
    fn has_entry(&self, plan: &Plan) -> bool {
        plan.decision.as_ref().is_some_and(|decision| {
            let key = (decision.account.user_id.clone(), decision.entry.key.clone());
            self.entries.contains(&key)
        })
    }

    fn count(&mut self, reason: &ParkReason, change: impl Fn(&mut Queue)) {
        if let ParkReason::Customer(id) = reason {
            let key = FactKey::CustomerQueue(id.clone());
            let known = self
                .facts
                .entry(key)
                .or_insert(FactValue::Queue(Queue::default()));
            if let FactValue::Queue(queue) = known {
                change(queue);
            }
        }
    }
}

/// Settles an event and drains whatever waited for what it made known, as a store
/// without concurrent requests would. Returns the outcome of the event.
pub fn settle(
    world: &mut World,
    event: &BillingEvent,
    catalogue: &Catalogue,
    now: Timestamp,
    terms: &BillingTerms,
) -> Result<EventOutcome, EndlessPlan> {
    let reported = Reported {
        catalogue,
        now,
        terms,
        operator: None,
    };
    settle_all(world, event, reported, &mut { MAX_LOOKS })
}

/// The same, on an operator's request.
pub fn settle_for_operator(
    world: &mut World,
    event: &BillingEvent,
    note: &OperatorNote,
    catalogue: &Catalogue,
    terms: &BillingTerms,
) -> Result<EventOutcome, EndlessPlan> {
    let reported = Reported {
        catalogue,
        now: note.at,
        terms,
        operator: Some(note),
    };
    settle_all(world, event, reported, &mut { MAX_LOOKS })
}

/// The context in which an event is settled.
#[derive(Clone, Copy)]
struct Reported<'a> {
    catalogue: &'a Catalogue,
    now: Timestamp,
    terms: &'a BillingTerms,
    operator: Option<&'a OperatorNote>,
}

/// The same as [`settle`], by a process that ends after so many plans; none if it left
/// anything undone.
pub fn settle_cut(
    world: &mut World,
    event: &BillingEvent,
    catalogue: &Catalogue,
    (now, plans): (Timestamp, u32),
    terms: &BillingTerms,
) -> Result<Option<EventOutcome>, EndlessPlan> {
    let reported = Reported {
        catalogue,
        now,
        terms,
        operator: None,
    };
    let mut left = plans;
    match settle_all(world, event, reported, &mut left) {
        Err(_) if left == 0 => Ok(None),
        settled => settled.map(Some),
    }
}

/// Settles again all events parked under a reason, as after a change of the catalogue.
pub fn settle_waiting(
    world: &mut World,
    reason: &ParkReason,
    catalogue: &Catalogue,
    now: Timestamp,
    terms: &BillingTerms,
) -> Result<(), EndlessPlan> {
    let reported = Reported {
        catalogue,
        now,
        terms,
        operator: None,
    };
    let mut left = MAX_LOOKS;
    drain(world, Draining::of(reason.clone()), reported, &mut left)
}

/// Settles an event and what waited for it, with so many plans at most.
fn settle_all(
    world: &mut World,
    event: &BillingEvent,
    reported: Reported<'_>,
    left: &mut u32,
) -> Result<EventOutcome, EndlessPlan> {
    let mut draining = Draining::default();
    let outcome = settle_one(world, event, reported, &mut draining, left)?;
    let by_itself = Reported {
        operator: None,
        ..reported
    };
    drain(world, draining, by_itself, left)?;
    Ok(outcome)
}

/// Does the errands of a drain.
fn drain(
    world: &mut World,
    mut draining: Draining,
    reported: Reported<'_>,
    left: &mut u32,
) -> Result<(), EndlessPlan> {
    while let Some(errand) = draining.take() {
        match errand {
            Errand::Drain(reason) => {
                for event in world.waiting(&reason) {
                    settle_one(world, &event, reported, &mut draining, left)?;
                }
            }
            Errand::Leave(event) => {
                plan_one(world, &event, reported, (true, left))?;
            }
        }
    }
    Ok(())
}

/// Settles one event and notes what it leaves to do. Returns its outcome.
fn settle_one(
    world: &mut World,
    event: &BillingEvent,
    reported: Reported<'_>,
    draining: &mut Draining,
    left: &mut u32,
) -> Result<EventOutcome, EndlessPlan> {
    let (outcome, left_to_do) = plan_one(world, event, reported, (false, left))?;
    draining.note(event, left_to_do);
    Ok(outcome)
}

/// Plans one event and applies the plan. Returns its outcome and what it leaves to do.
fn plan_one(
    world: &mut World,
    event: &BillingEvent,
    reported: Reported<'_>,
    (leaves, left): (bool, &mut u32),
) -> Result<(EventOutcome, Left), EndlessPlan> {
    let endless = || EndlessPlan(event.id.clone());
    *left = left.checked_sub(1).ok_or_else(endless)?;
    let record = FactKey::Event(event.id.clone());
    let mut facts = Facts::default();
    world.load(needs(event), &mut facts);
    let mut attempt = 0;
    for _ in 0..MAX_LOOKS {
        let request = PlanRequest {
            event,
            facts: &facts,
            catalogue: reported.catalogue,
            now: reported.now,
            terms: reported.terms,
            attempt,
            operator: reported.operator,
            leaves,
        };
        match plan(request) {
            Planned::Needs(keys) => world.load(keys, &mut facts),
            Planned::Plan(plan) if world.has_entry(&plan) => {
                attempt = attempt.saturating_add(1);
            }
            Planned::Plan(plan) => {
                world.apply(event, &plan);
                let left = Left::by(world.get(&record), false, plan.drains);
                return Ok((plan.outcome, left));
            }
            Planned::Settled {
                outcome, drains, ..
            } => return Ok((outcome, Left::by(world.get(&record), true, drains))),
        }
    }
    Err(endless())
}

//! A plan: all changes of one event, to be written atomically.
//!
//! It is never applied in part.

use std::collections::BTreeMap;

use super::{BillingEvent, EventOutcome, EventRefusal, FactKey, FactValue, Facts, ParkReason};
use crate::{Decision, UserId};

/// All changes of one event.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The outcome of the event.
    pub outcome: EventOutcome,
    /// Why it is parked, refused, or needs an operator.
    pub reason: Option<String>,
    /// The user it is about, if known.
    pub user_id: Option<UserId>,
    /// The values to write, each on condition that its key is unchanged since it was read.
    pub puts: BTreeMap<FactKey, FactValue>,
    /// The keys that must be unchanged but are not written.
    pub checks: Vec<FactKey>,
    /// The reason under which the event is parked from now on.
    pub parks: Option<ParkReason>,
    /// The reason under which it was parked until now.
    pub unparks: Option<ParkReason>,
    /// The decision on the account.
    pub decision: Option<Box<Decision>>,
    /// The reasons that can be drained once this is written. If the event has waited
    /// itself, it keeps its place until they are.
    pub drains: Vec<ParkReason>,
}

/// The planner's answer to an event.
#[derive(Clone, Debug)]
pub enum Planned {
    /// It needs the values of these keys, read at one moment if an account and lots
    /// that have left it are among them.
    Needs(Vec<FactKey>),
    /// The changes of the event.
    Plan(Box<Plan>),
    /// It was settled before and changes nothing.
    Settled {
        /// The outcome then.
        outcome: EventOutcome,
        /// The reason, if it was not applied.
        reason: Option<String>,
        /// The reasons that may still have to be drained.
        drains: Vec<ParkReason>,
    },
}

impl Plan {
    pub(super) fn of(outcome: EventOutcome) -> Plan {
        Plan {
            outcome,
            reason: None,
            user_id: None,
            puts: BTreeMap::new(),
            checks: Vec::new(),
            parks: None,
            unparks: None,
            decision: None,
            drains: Vec::new(),
        }
    }

    pub(super) fn refused(reason: &EventRefusal) -> Plan {
        Plan {
            reason: Some(reason.to_string()),
            ..Plan::of(EventOutcome::Refused)
        }
    }

    /// Parks the event under another reason than planned.
    pub fn set_parks(&mut self, event: &BillingEvent, reason: ParkReason) {
        self.reason = Some(reason.to_string());
        if let Some(FactValue::Event(record)) = self.puts.get_mut(&FactKey::Event(event.id.clone()))
        {
            record.reason = Some(reason.to_string());
            record.waits_for = Some(reason.clone());
        }
        self.parks = Some(reason);
    }

    /// The keys whose values it changes, compared with the facts it was made from. The
    /// event's own record does not count, and of a subscription only what is shown of
    /// it: a newer snapshot that says the same is no news.
    pub fn news(&self, facts: &Facts) -> Vec<&FactKey> {
        let is_news = |key: &FactKey, value: &FactValue| match (value, facts.get(key)) {
            (FactValue::Event(_), _) => false,
            (FactValue::Subscription(after, _), Some(FactValue::Subscription(before, _))) => {
                after != before
            }
            (
                FactValue::Claim(_)
                | FactValue::Payment(_)
                | FactValue::Invoice(_)
                | FactValue::Book(_)
                | FactValue::Subscription(..)
                | FactValue::Trial(_)
                | FactValue::Queue(_)
                | FactValue::Account(_)
                | FactValue::PastLot(_),
                known,
            ) => known != Some(value),
        };
        let puts = self.puts.iter();
        let news = puts.filter(|(key, value)| is_news(key, value));
        news.map(|(key, _)| key).collect()
    }

    /// Whether an operator has to act.
    pub fn needs_operator(&self) -> bool {
        match self.outcome {
            EventOutcome::NeedsOperator | EventOutcome::Refused => true,
            EventOutcome::Parked => self.parks.as_ref().is_some_and(ParkReason::needs_operator),
            EventOutcome::Applied | EventOutcome::Ignored | EventOutcome::Dismissed => false,
        }
    }
}

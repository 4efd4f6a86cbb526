//! A plan: all that one event changes, to be written at one moment.

use std::collections::BTreeMap;

use super::{BillingEvent, EventOutcome, EventRefusal, FactKey, FactValue, ParkReason};
use crate::{Decision, UserId};

/// All that an event changes.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What became of it.
    pub outcome: EventOutcome,
    /// Why it waits, is refused, or needs a person.
    pub reason: Option<String>,
    /// Whom it is about, if that is known.
    pub user_id: Option<UserId>,
    /// What is written, each upon what was seen under its key.
    pub puts: BTreeMap<FactKey, FactValue>,
    /// What must be as it was seen, although it is not written.
    pub checks: Vec<FactKey>,
    /// What it waits for from now on.
    pub parks: Option<ParkReason>,
    /// What it waited for until now.
    pub unparks: Option<ParkReason>,
    /// What it does to the account.
    pub decision: Option<Box<Decision>>,
    /// What can be settled once this is written, because it waited for it.
    pub drains: Vec<ParkReason>,
}

/// What the planner says of an event.
#[derive(Clone, Debug)]
pub enum Planned {
    /// It has to know more: what lies under these keys, read at one moment if
    /// an account and lots that have left it are among them.
    Needs(Vec<FactKey>),
    /// This is what it changes.
    Plan(Box<Plan>),
    /// It was settled before, and changes nothing.
    Settled {
        /// What became of it.
        outcome: EventOutcome,
        /// Why, if it was not applied.
        reason: Option<String>,
        /// What may still wait for what it made known.
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

    /// Lets the event wait for something else than it says.
    pub fn set_parks(&mut self, event: &BillingEvent, reason: ParkReason) {
        self.reason = Some(reason.to_string());
        if let Some(FactValue::Event(record)) = self.puts.get_mut(&FactKey::Event(event.id.clone()))
        {
            record.reason = Some(reason.to_string());
            record.waits_for = Some(reason.clone());
        }
        self.parks = Some(reason);
    }

    /// Whether a person has to do something about it.
    pub fn needs_operator(&self) -> bool {
        match self.outcome {
            EventOutcome::NeedsOperator | EventOutcome::Refused => true,
            EventOutcome::Parked => self.parks.as_ref().is_some_and(ParkReason::needs_operator),
            EventOutcome::Applied | EventOutcome::Ignored | EventOutcome::Dismissed => false,
        }
    }
}

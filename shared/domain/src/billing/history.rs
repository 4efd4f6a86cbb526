//! Which of several snapshots of one subscription is the latest.
//!
//! Stripe delivers them in any order and stamps them by the second. What is
//! kept is a set that only grows towards the newest second, and the latest is a
//! function of that set, so the order of arrival cannot matter.

use serde::{Deserialize, Serialize};

use super::{PreviousState, SubscriptionSnapshot, SubscriptionState};
use crate::{StripeId, SubscriptionStatus, Timestamp};

/// At most so many snapshots of one second are kept; Stripe was never seen to
/// make more than a handful. Beyond it those with the greatest ids stay, so
/// that even then the order of arrival does not matter.
const MAX_SNAPSHOTS: usize = 16;

/// The snapshots of a subscription that may be its latest: those of its newest
/// second, or, once it has ended, the ended ones of theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubscriptionHistory(Vec<DatedSnapshot>);

/// A snapshot and the event that reported it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedSnapshot {
    /// The event's id.
    pub event: StripeId,
    /// When it happened.
    pub created: Timestamp,
    /// Whether it is the subscription's creation.
    #[serde(default, skip_serializing_if = "is_false")]
    pub creation: bool,
    /// What it says.
    pub state: SubscriptionState,
    /// What it says was before.
    #[serde(default, skip_serializing_if = "PreviousState::is_empty")]
    pub previous: PreviousState,
    /// When the subscription last became past due, as far as any snapshot said
    /// so, those that are not kept included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past_due_since: Option<Timestamp>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl SubscriptionHistory {
    /// Takes note of a snapshot; whether that may change anything.
    pub fn note(
        &mut self,
        snapshot: &SubscriptionSnapshot,
        event: &StripeId,
        created: Timestamp,
    ) -> bool {
        let before = self.0.clone();
        let mut seen = DatedSnapshot {
            event: event.clone(),
            created,
            creation: snapshot.creation,
            state: snapshot.state.clone(),
            previous: snapshot.previous.clone(),
            past_due_since: None,
        };
        seen.past_due_since = seen.becomes_past_due().then_some(created);
        self.0.push(seen);
        // What is kept of a snapshot that goes is this, so each of them has it.
        let past_due_since = self.0.iter().filter_map(|kept| kept.past_due_since).max();
        for kept in &mut self.0 {
            kept.past_due_since = past_due_since;
        }
        let newest = self.0.iter().map(DatedSnapshot::age).max();
        self.0.retain(|kept| Some(kept.age()) == newest);
        self.0.sort_by(|one, other| other.event.cmp(&one.event));
        self.0.dedup_by(|one, other| one.event == other.event);
        self.0.truncate(MAX_SNAPSHOTS);
        self.0 != before
    }

    /// The latest snapshot: one that no other follows; among several the one
    /// that is further (incomplete, trialing, active, past due, paused,
    /// unpaid), then the later period, then the greater event id.
    pub fn latest(&self) -> Option<&DatedSnapshot> {
        let snapshots = || self.0.iter();
        let is_last = |one: &&DatedSnapshot| !snapshots().any(|other| other.follows(one));
        let last = snapshots()
            .filter(is_last)
            .max_by_key(|one| one.tie_break());
        // Snapshots that all follow each other tell no order at all.
        last.or_else(|| snapshots().max_by_key(|one| one.tie_break()))
    }
}

impl DatedSnapshot {
    /// An end absorbs whatever is said later; else the newer second counts.
    fn age(&self) -> (bool, Timestamp) {
        (self.state.status.is_terminal(), self.created)
    }

    /// Whether this comes right after `other`, which is what it says of itself;
    /// two that both say so of each other do not settle it.
    fn follows(&self, other: &DatedSnapshot) -> bool {
        self.event != other.event && self.names(other) && !other.names(self)
    }

    fn names(&self, other: &DatedSnapshot) -> bool {
        if self.creation || other.creation {
            return !self.creation;
        }
        // Who was before what it still is, as when only a quantity changed,
        // comes after nobody.
        !self.previous.matches(&self.state) && self.previous.matches(&other.state)
    }

    fn becomes_past_due(&self) -> bool {
        let was_past_due = |status| status == SubscriptionStatus::PastDue;
        was_past_due(self.state.status) && self.previous.status.is_some_and(|it| !was_past_due(it))
    }

    fn tie_break(&self) -> impl Ord + use<> {
        let finality = match self.state.status {
            SubscriptionStatus::Incomplete => 0,
            SubscriptionStatus::Trialing => 1,
            SubscriptionStatus::Active => 2,
            SubscriptionStatus::PastDue => 3,
            SubscriptionStatus::Paused => 4,
            SubscriptionStatus::Unpaid => 5,
            SubscriptionStatus::IncompleteExpired => 6,
            SubscriptionStatus::Expired => 7,
            SubscriptionStatus::Cancelled => 8,
        };
        (finality, self.state.period_end(), self.event.clone())
    }
}

impl PreviousState {
    fn is_empty(&self) -> bool {
        *self == PreviousState::default()
    }

    /// Whether a state is what this says was before, as far as it says.
    fn matches(&self, state: &SubscriptionState) -> bool {
        fn fits<T: PartialEq>(said: Option<&T>, is: &T) -> bool {
            said.is_none_or(|said| said == is)
        }
        fits(self.status.as_ref(), &state.status)
            && fits(self.period_start.as_ref(), &state.period_start())
            && fits(self.period_end.as_ref(), &state.period_end())
            && fits(self.cancel_at_period_end.as_ref(), &state.is_ending())
            && fits(self.prices.as_ref(), &state.prices())
    }
}

#[cfg(test)]
mod tests;

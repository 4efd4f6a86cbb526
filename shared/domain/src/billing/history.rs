//! Finds the latest of several snapshots of one subscription.
//!
//! Stripe delivers snapshots in any order and stamps them by the second. The stored
//! set only moves towards the newest second, and the latest snapshot is a function
//! of that set, so the order of arrival cannot matter.

use serde::{Deserialize, Serialize};

use super::{PreviousState, SubscriptionSnapshot, SubscriptionState};
use crate::{StripeId, SubscriptionStatus, Timestamp};

/// The maximum number of snapshots kept of one second; Stripe has never been seen
/// to make more than a handful. Beyond it, those with the greatest ids stay, so
/// that even then the order of arrival does not matter.
const MAX_SNAPSHOTS: usize = 16;

/// The snapshots that may be a subscription's latest: those of its newest second,
/// or, once it has ended, the newest of those that say so.
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
    /// Whether it is the creation of the subscription.
    #[serde(default, skip_serializing_if = "is_false")]
    pub creation: bool,
    /// The state it shows.
    pub state: SubscriptionState,
    /// The previous state, as far as it shows it.
    #[serde(default, skip_serializing_if = "PreviousState::is_empty")]
    pub previous: PreviousState,
    /// When the subscription last became past due, by any snapshot so far,
    /// including those that are no longer kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past_due_since: Option<Timestamp>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl SubscriptionHistory {
    /// Adds a snapshot. Returns whether the set has changed.
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
        // Of dropped snapshots only this moment is kept, so each kept one carries it.
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

    /// The latest snapshot: one that no other follows. Among several: the later
    /// status (incomplete, trialing, active, past due, paused, unpaid), then the
    /// later period, then the greater event id.
    pub fn latest(&self) -> Option<&DatedSnapshot> {
        let snapshots = || self.0.iter();
        let is_last = |one: &&DatedSnapshot| !snapshots().any(|other| other.follows(one));
        let last = snapshots()
            .filter(is_last)
            .max_by_key(|one| one.tie_break());
        // If every snapshot is followed by another, they define no order.
        last.or_else(|| snapshots().max_by_key(|one| one.tie_break()))
    }
}

impl DatedSnapshot {
    /// An ended snapshot wins over all that have not ended; otherwise the newer second wins.
    fn age(&self) -> (bool, Timestamp) {
        (self.state.status.is_terminal(), self.created)
    }

    /// Whether this snapshot comes right after `other`, by its own previous state.
    /// If both claim to follow each other, neither does.
    fn follows(&self, other: &DatedSnapshot) -> bool {
        self.event != other.event && self.names(other) && !other.names(self)
    }

    fn names(&self, other: &DatedSnapshot) -> bool {
        if self.creation || other.creation {
            return !self.creation;
        }
        // If the previous state equals the state, as when only a quantity changed,
        // the snapshot follows none.
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

    /// Whether `state` matches this previous state in all fields that are known.
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

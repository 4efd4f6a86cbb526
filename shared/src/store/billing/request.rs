//! What settling an event is asked with, and what comes of it.

use crate::domain::billing::{BillingEvent, BillingTerms, EventOutcome};
use crate::domain::{StripeId, Timestamp};
use crate::host::clock::Deadline;
use crate::store::{CatalogueCache, StoreError};

/// An event to settle.
#[derive(Clone, Copy, Debug)]
pub struct SettleRequest<'a> {
    /// What Stripe reported.
    pub event: &'a BillingEvent,
    /// What this deployment takes of Stripe's events.
    pub terms: &'a BillingTerms,
    /// What prices buy, as last read.
    pub catalogue: &'a CatalogueCache,
    /// The time to settle it at.
    pub now: Timestamp,
    /// Until when to go on looking again.
    pub deadline: Deadline,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The event itself.
    pub event: SettledEvent,
    /// Whether that was settled before and nothing was done now.
    pub repeated: bool,
    /// Events that had waited and were settled on the way.
    pub drained: Vec<SettledEvent>,
}

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledEvent {
    /// Its id.
    pub id: StripeId,
    /// Stripe's name for what happened.
    pub event_type: String,
    /// What became of it.
    pub outcome: EventOutcome,
    /// Why it was parked or refused.
    pub reason: Option<String>,
    /// Whether a person has to do something about it.
    pub needs_operator: bool,
}

/// An event of Stripe's that could not be read.
#[derive(Clone, Debug)]
pub struct UnreadableEvent<'a> {
    /// Its id.
    pub id: &'a StripeId,
    /// Stripe's name for what happened.
    pub event_type: &'a str,
    /// What could not be read, and where.
    pub reason: String,
    /// The time to record it at.
    pub now: Timestamp,
    /// Until when to try.
    pub deadline: Deadline,
}

/// Why an event could not be settled now; delivering it again is safe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettleError {
    /// What it needs was changed by others until the deadline, or more waited
    /// for its customer than there was time for.
    #[error("the event could not be settled before its deadline")]
    Unfinished,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

//! The request and the result of settling an event. Plain values: nothing here reads or
//! writes.

use crate::domain::billing::{BillingEvent, BillingTerms, EventOutcome, ParkReason};
use crate::domain::{StripeId, Timestamp};
use crate::host::clock::Deadline;
use crate::store::{CatalogueCache, StoreError};

/// An event to settle.
#[derive(Clone, Copy, Debug)]
pub struct SettleRequest<'a> {
    /// The event, as Stripe delivered it.
    pub event: &'a BillingEvent,
    /// Which of Stripe's events this deployment accepts.
    pub terms: &'a BillingTerms,
    /// The catalogue of prices, as last read.
    pub catalogue: &'a CatalogueCache,
    /// The time to settle at.
    pub now: Timestamp,
    /// When to stop retrying.
    pub deadline: Deadline,
}

/// The result of settling an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The event itself.
    pub event: SettledEvent,
    /// Whether the event was settled before and this call did nothing.
    pub repeated: bool,
    /// Parked events that this call settled too.
    pub drained: Vec<SettledEvent>,
}

/// The outcome of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledEvent {
    /// Its id.
    pub id: StripeId,
    /// Stripe's event type.
    pub event_type: String,
    /// The outcome.
    pub outcome: EventOutcome,
    /// Why it was parked or refused.
    pub reason: Option<String>,
    /// Whether an operator must act.
    pub needs_operator: bool,
}

impl SettledEvent {
    /// What it waits for, if it is parked.
    pub fn waits_for(&self) -> Option<ParkReason> {
        let is_parked = self.outcome == EventOutcome::Parked;
        let reason = self.reason.as_ref().filter(|_| is_parked);
        reason?.parse().ok()
    }
}

/// An event from Stripe that could not be read.
#[derive(Clone, Debug)]
pub struct UnreadableEvent<'a> {
    /// Its id.
    pub id: &'a StripeId,
    /// Stripe's event type.
    pub event_type: &'a str,
    /// What could not be read, and where in the event.
    pub reason: String,
    /// The time of the record.
    pub now: Timestamp,
    /// When to stop retrying.
    pub deadline: Deadline,
}

/// Why an event could not be settled now; a redelivery is safe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettleError {
    /// Its items kept changing until the deadline, or too many events were parked for
    /// its customer to settle in time.
    #[error("the event could not be settled before its deadline")]
    Unfinished,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

//! The record of an event: its outcome, stored under the event's id.
//!
//! It keeps the event itself only while the event may still have an effect.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{BillingEvent, OperatorNote};
use crate::{Price, StripeId, Timestamp, UserId};

/// The outcome of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventOutcome {
    /// Its changes are in the tables.
    Applied,
    /// Its type changes nothing here.
    Ignored,
    /// It waits for something that is not known yet.
    Parked,
    /// It is not for this deployment or contradicts what is known. A new delivery
    /// is planned again.
    Refused,
    /// It is about money but moves no credits by itself: an operator has to settle
    /// it. A new delivery is planned again.
    NeedsOperator,
    /// An operator decided that it has no effect.
    Dismissed,
}

impl EventOutcome {
    /// Its name in items, logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            EventOutcome::Applied => "applied",
            EventOutcome::Ignored => "ignored",
            EventOutcome::Parked => "parked",
            EventOutcome::Refused => "refused",
            EventOutcome::NeedsOperator => "needs_operator",
            EventOutcome::Dismissed => "dismissed",
        }
    }

    /// Whether an event with this outcome may still have an effect.
    pub fn is_open(self) -> bool {
        match self {
            EventOutcome::Parked | EventOutcome::NeedsOperator | EventOutcome::Refused => true,
            EventOutcome::Applied | EventOutcome::Ignored | EventOutcome::Dismissed => false,
        }
    }

    /// Whether an event with this outcome can keep the place where it waited: what it made
    /// known counts.
    pub fn may_keep_its_place(self) -> bool {
        match self {
            EventOutcome::Applied | EventOutcome::Ignored => true,
            EventOutcome::Parked
            | EventOutcome::NeedsOperator
            | EventOutcome::Refused
            | EventOutcome::Dismissed => false,
        }
    }
}

/// The record of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// Stripe's event type.
    pub event_type: String,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// The outcome.
    pub outcome: EventOutcome,
    /// Why it was parked or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The reason under which it is parked; of a settled event, under which it keeps its
    /// place until what it made known is drained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<ParkReason>,
    /// The event itself, while it is parked or refused or keeps its place, so that it can
    /// be planned again.
    #[serde(skip)]
    pub event: Option<Box<BillingEvent>>,
    /// The user it was about, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// When the outcome was decided.
    pub settled_at: Timestamp,
    /// The last act of an operator on it. From then on the event stored here
    /// counts, whatever is delivered under its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorNote>,
}

impl EventRecord {
    /// Whether the event may still have an effect.
    pub fn is_open(&self) -> bool {
        self.outcome.is_open()
    }

    /// The reason under which it keeps its place although it is settled.
    pub fn kept_place(&self) -> Option<&ParkReason> {
        let place = self.waits_for.as_ref();
        place.filter(|_| self.outcome.may_keep_its_place())
    }

    /// Stands in for a lost record of an event of this type. All that is known is
    /// the reason under which it is parked, if any. It contains no event, so an
    /// operator's plan for it is always new.
    pub fn lost(event_type: &str, waits_for: Option<ParkReason>, now: Timestamp) -> Self {
        let outcome = match &waits_for {
            Some(ParkReason::Operator(_)) => EventOutcome::NeedsOperator,
            Some(_) => EventOutcome::Parked,
            None => EventOutcome::Refused,
        };
        EventRecord {
            event_type: event_type.to_string(),
            created: None,
            outcome,
            reason: waits_for.as_ref().map(ToString::to_string),
            waits_for,
            event: None,
            user_id: None,
            settled_at: now,
            operator: None,
        }
    }
}

/// The reason why an event is parked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParkReason {
    /// An event must name the user of this customer.
    Customer(StripeId),
    /// The catalogue lacks this price.
    Price(StripeId),
    /// The catalogue lacks a price with this payment link.
    PaymentLink(StripeId),
    /// The catalogue's row for this price does not fit the amount paid.
    Mismatch(StripeId),
    /// An operator must supply an object of which the event shows too little.
    Review(StripeId),
    /// A snapshot of this subscription must show its billing cycle anchor.
    Subscription(StripeId),
    /// This invoice, whose lines are credited, must be paid.
    Invoice(StripeId),
    /// Paid lines of this subscription must cover what is credited.
    Lines(StripeId),
    /// It must become known what paid this invoice.
    Payment(StripeId),
    /// An operator must settle this event.
    Operator(StripeId),
}

impl ParkReason {
    /// All kinds, to find one by name.
    pub const KINDS: [&str; 10] = [
        "customer",
        "price",
        "payment_link",
        "mismatch",
        "review",
        "subscription",
        "invoice",
        "lines",
        "payment",
        "operator",
    ];

    /// The kind of the reason, for metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            ParkReason::Customer(_) => "customer",
            ParkReason::Price(_) => "price",
            ParkReason::PaymentLink(_) => "payment_link",
            ParkReason::Mismatch(_) => "mismatch",
            ParkReason::Review(_) => "review",
            ParkReason::Subscription(_) => "subscription",
            ParkReason::Invoice(_) => "invoice",
            ParkReason::Lines(_) => "lines",
            ParkReason::Payment(_) => "payment",
            ParkReason::Operator(_) => "operator",
        }
    }

    /// The reasons that a price of the catalogue may resolve.
    pub fn of_price(price: &Price) -> Vec<ParkReason> {
        let id = price.price_id.parse::<StripeId>().ok();
        let link = price.payment_link.as_ref();
        let link = link.and_then(|link| link.parse::<StripeId>().ok());
        let reasons = [
            id.clone().map(ParkReason::Price),
            id.map(ParkReason::Mismatch),
            link.map(ParkReason::PaymentLink),
        ];
        reasons.into_iter().flatten().collect()
    }

    /// Whether a change of the catalogue may resolve it.
    pub fn is_of_catalogue(&self) -> bool {
        matches!(
            self,
            ParkReason::Price(_) | ParkReason::PaymentLink(_) | ParkReason::Mismatch(_)
        )
    }

    /// Whether it needs an operator; other events resolve the rest.
    pub fn needs_operator(&self) -> bool {
        match self {
            ParkReason::Customer(_)
            | ParkReason::Subscription(_)
            | ParkReason::Invoice(_)
            | ParkReason::Lines(_)
            | ParkReason::Payment(_) => false,
            ParkReason::Price(_)
            | ParkReason::PaymentLink(_)
            | ParkReason::Mismatch(_)
            | ParkReason::Review(_)
            | ParkReason::Operator(_) => true,
        }
    }
}

/// Written as `customer:cus_…`, `price:price_…`.
impl fmt::Display for ParkReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ParkReason::Customer(id)
        | ParkReason::Price(id)
        | ParkReason::PaymentLink(id)
        | ParkReason::Mismatch(id)
        | ParkReason::Review(id)
        | ParkReason::Subscription(id)
        | ParkReason::Invoice(id)
        | ParkReason::Lines(id)
        | ParkReason::Payment(id)
        | ParkReason::Operator(id)) = self;
        write!(formatter, "{}:{id}", self.kind())
    }
}

/// A text that is not a park reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it names nothing that an event may wait for")]
pub struct UnknownReason;

/// Parses the form that [`fmt::Display`] writes.
impl FromStr for ParkReason {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, UnknownReason> {
        let (kind, id) = text.split_once(':').ok_or(UnknownReason)?;
        let id: StripeId = id.parse().map_err(|_| UnknownReason)?;
        let every = [
            ParkReason::Customer,
            ParkReason::Price,
            ParkReason::PaymentLink,
            ParkReason::Mismatch,
            ParkReason::Review,
            ParkReason::Subscription,
            ParkReason::Invoice,
            ParkReason::Lines,
            ParkReason::Payment,
            ParkReason::Operator,
        ];
        let mut every = every.into_iter().map(|reason| reason(id.clone()));
        every
            .find(|reason| reason.kind() == kind)
            .ok_or(UnknownReason)
    }
}

#[cfg(test)]
mod tests;

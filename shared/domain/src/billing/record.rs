//! What became of an event, as it is recorded under the event's id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{BillingEvent, OperatorNote};
use crate::{Price, StripeId, Timestamp, UserId};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventOutcome {
    /// What it says is in the tables.
    Applied,
    /// It is of a kind that changes nothing here.
    Ignored,
    /// It waits for something that is not known yet.
    Parked,
    /// It is not for this deployment, or contradicts what is known; if it is
    /// delivered again it is looked at again.
    Refused,
    /// It is about money and moves no credits by itself: a person has to settle
    /// it. If it is delivered again it is looked at again.
    NeedsOperator,
    /// An operator has settled that nothing follows from it.
    Dismissed,
}

impl EventOutcome {
    /// The outcome's name in items, logs and metrics.
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

    /// Whether something may still follow from an event that came to this.
    pub fn is_open(self) -> bool {
        match self {
            EventOutcome::Parked | EventOutcome::NeedsOperator | EventOutcome::Refused => true,
            EventOutcome::Applied | EventOutcome::Ignored | EventOutcome::Dismissed => false,
        }
    }
}

/// The record of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// Stripe's name for what happened.
    pub event_type: String,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// What became of it.
    pub outcome: EventOutcome,
    /// Why it was parked or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<ParkReason>,
    /// What it says, while it waits or is refused, so that it can be looked at
    /// again.
    #[serde(skip)]
    pub event: Option<Box<BillingEvent>>,
    /// Whom it was about, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// When that was settled.
    pub settled_at: Timestamp,
    /// What an operator did about it. From then on the event that is kept here
    /// counts, whatever is delivered under its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorNote>,
}

impl EventRecord {
    /// Whether something may still follow from the event.
    pub fn is_open(&self) -> bool {
        self.outcome.is_open()
    }

    /// What stands in for a record that is lost, of an event of this type: all
    /// that is known is where it waits, if it does. It says nothing, so whatever
    /// an operator has planned in its place is news.
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

/// What a parked event waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParkReason {
    /// That an event names the customer's user.
    Customer(StripeId),
    /// That the catalogue gets this price.
    Price(StripeId),
    /// That the catalogue gets a price with this payment link.
    PaymentLink(StripeId),
    /// That the catalogue's entry for this price fits what was paid for it.
    Mismatch(StripeId),
    /// That somebody supplies an object the event does not tell enough of.
    Review(StripeId),
    /// That a snapshot of this subscription says its billing cycle anchor.
    Subscription(StripeId),
    /// That this invoice is paid, whose lines are credited.
    Invoice(StripeId),
    /// That paid lines of this subscription cover what is credited.
    Lines(StripeId),
    /// That it becomes known by what this invoice was paid.
    Payment(StripeId),
    /// That a person settles this very event.
    Operator(StripeId),
}

impl ParkReason {
    /// All kinds there are, for whoever asks for one by its name.
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

    /// The reason's kind, for metrics.
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

    /// What may wait for a price of the catalogue.
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

    /// Whether another catalogue may end it.
    pub fn is_of_catalogue(&self) -> bool {
        matches!(
            self,
            ParkReason::Price(_) | ParkReason::PaymentLink(_) | ParkReason::Mismatch(_)
        )
    }

    /// Whether it needs a person; the others become known by other events.
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

/// `customer:cus_…`, `price:price_…`.
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

/// A text that is no reason to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it names nothing that an event may wait for")]
pub struct UnknownReason;

/// What [`fmt::Display`] makes of it, read again.
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

//! What became of an event, as it is recorded under the event's id.

use std::fmt;

use serde::{Deserialize, Serialize};

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
    /// It cannot be; if it is delivered again it is looked at again.
    Refused,
}

impl EventOutcome {
    /// The outcome's name in items, logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            EventOutcome::Applied => "applied",
            EventOutcome::Ignored => "ignored",
            EventOutcome::Parked => "parked",
            EventOutcome::Refused => "refused",
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
    /// Whom it was about, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// When that was settled.
    pub settled_at: Timestamp,
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
    /// That somebody looks at an object the event does not tell enough of.
    Review(StripeId),
}

impl ParkReason {
    /// The reason's kind, for metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            ParkReason::Customer(_) => "customer",
            ParkReason::Price(_) => "price",
            ParkReason::PaymentLink(_) => "payment_link",
            ParkReason::Mismatch(_) => "mismatch",
            ParkReason::Review(_) => "review",
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

    /// Whether it needs a person: only a customer becomes known by itself.
    pub fn needs_operator(&self) -> bool {
        !matches!(self, ParkReason::Customer(_))
    }
}

/// `customer:cus_…`, `price:price_…`.
impl fmt::Display for ParkReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ParkReason::Customer(id)
        | ParkReason::Price(id)
        | ParkReason::PaymentLink(id)
        | ParkReason::Mismatch(id)
        | ParkReason::Review(id)) = self;
        write!(formatter, "{}:{id}", self.kind())
    }
}

#[cfg(test)]
mod tests;

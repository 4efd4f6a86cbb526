//! Facts: what the tables hold about the things that an event names, as plain values.
//!
//! The planner reads nothing else. A plan is also applied to a map of facts, so
//! tests can run whole histories without a database.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{EventRecord, Invoice, OperatorNote, Payment, SubscriptionBook, SubscriptionHistory};
use crate::{CreditAccount, LotId, PastLot, StripeId, Subscription, Timestamp, UserId};

/// The key of a fact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactKey {
    /// The record of an event.
    Event(StripeId),
    /// The claim of a customer.
    CustomerClaim(StripeId),
    /// The claim of a subscription.
    SubscriptionClaim(StripeId),
    /// The number of events that wait for a customer.
    CustomerQueue(StripeId),
    /// A payment, by its intent or checkout session.
    Payment(StripeId),
    /// An invoice.
    Invoice(StripeId),
    /// The book of a subscription.
    Book(StripeId),
    /// The record of a user's subscription.
    Subscription(UserId, StripeId),
    /// The trial of a plan that a user has had.
    Trial(String, UserId),
    /// A user's account.
    Account(UserId),
    /// A pro lot that has left an account, by its end; by its start if it has no end.
    PastLot(UserId, LotId, Timestamp),
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactValue {
    /// The record of an event.
    Event(EventRecord),
    /// The owner of a customer or subscription.
    Claim(Claim),
    /// The numbers of parked and of settled events.
    Queue(Queue),
    /// A payment.
    Payment(Payment),
    /// An invoice.
    Invoice(Invoice),
    /// A book.
    Book(SubscriptionBook),
    /// A subscription as the profile shows it, and its latest snapshots.
    Subscription(Box<Subscription>, SubscriptionHistory),
    /// A trial.
    Trial(Trial),
    /// An account.
    Account(Box<CreditAccount>),
    /// A lot that has left its account.
    PastLot(Box<PastLot>),
}

impl FactValue {
    /// Whether it is the record of a settled event that keeps the place where it waited.
    pub fn keeps_place(&self) -> bool {
        match self {
            FactValue::Event(record) => record.kept_place().is_some(),
            FactValue::Claim(_)
            | FactValue::Queue(_)
            | FactValue::Payment(_)
            | FactValue::Invoice(_)
            | FactValue::Book(_)
            | FactValue::Subscription(..)
            | FactValue::Trial(_)
            | FactValue::Account(_)
            | FactValue::PastLot(_) => false,
        }
    }
}

/// The owner of a customer or subscription. Events never remove a claim, so a late
/// event about a deleted customer still finds its user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The owner.
    pub user_id: UserId,
    /// When the customer was deleted in Stripe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// The operator who assigned it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorNote>,
}

impl Claim {
    /// A claim of this user.
    pub fn of(user_id: UserId) -> Self {
        Claim {
            user_id,
            deleted_at: None,
            operator: None,
        }
    }
}

/// The number of events that were parked for one thing, and that were settled since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// The number parked.
    pub parked: u64,
    /// The number settled since.
    pub drained: u64,
}

impl Queue {
    /// The number that wait.
    pub fn waiting(self) -> u64 {
        self.parked.saturating_sub(self.drained)
    }
}

/// The trial of a plan that a user has had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The user.
    pub user_id: UserId,
    /// The invoice that gave it; none if another system gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<StripeId>,
}

/// The facts that were loaded: each requested key, with its value if there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<FactKey, Option<FactValue>>);

impl Facts {
    /// Sets the value of a key; none = known to be absent.
    pub fn insert(&mut self, key: FactKey, value: Option<FactValue>) {
        self.0.insert(key, value);
    }

    /// Whether a key was loaded, even if it has no value.
    pub fn knows(&self, key: &FactKey) -> bool {
        self.0.contains_key(key)
    }

    /// The value of a key, if it was loaded and has one.
    pub fn get(&self, key: &FactKey) -> Option<&FactValue> {
        self.0.get(key).and_then(Option::as_ref)
    }
}

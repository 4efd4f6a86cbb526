//! Facts: what lies in the tables of things that an event is about, as values.
//!
//! The planner reads nothing else. A map of facts is also all that a plan is
//! applied to, so whole histories can be told without a database.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{EventRecord, Invoice, OperatorNote, Payment, SubscriptionBook, SubscriptionHistory};
use crate::{CreditAccount, LotId, PastLot, StripeId, Subscription, Timestamp, UserId};

/// Where a fact lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactKey {
    /// What became of an event.
    Event(StripeId),
    /// Whose a customer is.
    CustomerClaim(StripeId),
    /// Whose a subscription is.
    SubscriptionClaim(StripeId),
    /// How many events wait for a customer.
    CustomerQueue(StripeId),
    /// A payment, by its intent or session.
    Payment(StripeId),
    /// An invoice.
    Invoice(StripeId),
    /// The book of a subscription.
    Book(StripeId),
    /// The record of a user's subscription.
    Subscription(UserId, StripeId),
    /// That a user had the trial of a plan.
    Trial(String, UserId),
    /// A user's account.
    Account(UserId),
    /// A pro lot that has left an account, by its end, or its start if it has none.
    PastLot(UserId, LotId, Timestamp),
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactValue {
    /// What became of an event.
    Event(EventRecord),
    /// Whose something is.
    Claim(Claim),
    /// How many events were parked and how many of them are settled.
    Queue(Queue),
    /// A payment.
    Payment(Payment),
    /// An invoice.
    Invoice(Invoice),
    /// A book.
    Book(SubscriptionBook),
    /// A subscription as the profile shows it, and its snapshots.
    Subscription(Box<Subscription>, SubscriptionHistory),
    /// A trial.
    Trial(Trial),
    /// An account.
    Account(Box<CreditAccount>),
    /// A lot that has left.
    PastLot(Box<PastLot>),
}

/// Whose a unique thing is. A claim is never removed by events, so that a late
/// event about a deleted customer still finds its user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Whose it is.
    pub user_id: UserId,
    /// When Stripe deleted the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// The operator who said whose it is, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorNote>,
}

impl Claim {
    /// It is this user's.
    pub fn of(user_id: UserId) -> Self {
        Claim {
            user_id,
            deleted_at: None,
            operator: None,
        }
    }
}

/// How many events were parked for one thing, and how many settled since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// How many were parked.
    pub parked: u64,
    /// How many of those are settled.
    pub drained: u64,
}

impl Queue {
    /// How many wait.
    pub fn waiting(self) -> u64 {
        self.parked.saturating_sub(self.drained)
    }
}

/// That a user had the trial of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Whose.
    pub user_id: UserId,
    /// By which invoice; none if it was elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<StripeId>,
}

/// What is known: each key that was asked for, with its value if there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<FactKey, Option<FactValue>>);

impl Facts {
    /// Puts in what lies under a key.
    pub fn insert(&mut self, key: FactKey, value: Option<FactValue>) {
        self.0.insert(key, value);
    }

    /// Whether it is known what lies under a key, be it nothing.
    pub fn knows(&self, key: &FactKey) -> bool {
        self.0.contains_key(key)
    }

    /// What lies under a key, if anything is known to.
    pub fn get(&self, key: &FactKey) -> Option<&FactValue> {
        self.0.get(key).and_then(Option::as_ref)
    }
}

//! A subscription as Stripe's events show it.
//!
//! Plain data: which of several snapshots counts is decided elsewhere.

use serde::{Deserialize, Serialize};

use super::parties::Parties;
use crate::{StripeId, SubscriptionStatus, Timestamp};

/// A subscription as an event shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionSnapshot {
    /// Whom it belongs to; its subscription is always set.
    pub parties: Parties,
    /// `sub_…`.
    pub id: StripeId,
    /// Whether this is the creation; no snapshot precedes it.
    pub creation: bool,
    /// The state it shows.
    pub state: SubscriptionState,
    /// The previous state, as far as the event shows it.
    #[serde(default)]
    pub previous: PreviousState,
}

/// The relevant state of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionState {
    /// Its status. A status that Stripe adds later is read as `Unpaid`, which
    /// entitles to nothing and ends nothing.
    pub status: SubscriptionStatus,
    /// Its items, sorted.
    pub items: Vec<SubscriptionItem>,
    /// The flag of that name: whether it ends with the period.
    pub cancel_at_period_end: bool,
    /// The moment at which it ends, if one is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_at: Option<Timestamp>,
    /// The billing cycle anchor, from which its periods are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_cycle_anchor: Option<Timestamp>,
    /// The start of its trial, if it has or had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_start: Option<Timestamp>,
    /// The end of its trial, if it has or had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_end: Option<Timestamp>,
}

/// An item of a subscription: a price and its period.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SubscriptionItem {
    /// Its price, `price_…`.
    pub price: StripeId,
    /// The start of its period.
    pub period_start: Timestamp,
    /// The end of its period.
    pub period_end: Timestamp,
}

impl SubscriptionState {
    /// The earliest period start of its items.
    pub fn period_start(&self) -> Timestamp {
        let starts = self.items.iter().map(|item| item.period_start);
        starts.min().unwrap_or(Timestamp::MIN)
    }

    /// The latest period end of its items.
    pub fn period_end(&self) -> Timestamp {
        let ends = self.items.iter().map(|item| item.period_end);
        ends.max().unwrap_or(Timestamp::MIN)
    }

    /// The prices of its items, sorted, without duplicates.
    pub fn prices(&self) -> Vec<StripeId> {
        let mut prices: Vec<_> = self.items.iter().map(|item| item.price.clone()).collect();
        prices.sort();
        prices.dedup();
        prices
    }

    /// Whether it will end, by flag or by date.
    pub fn is_ending(&self) -> bool {
        self.cancel_at_period_end || self.cancel_at.is_some()
    }
}

/// `previous_attributes` of an update: a field that is none did not change or is not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousState {
    /// The previous status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<SubscriptionStatus>,
    /// The previous start of the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_start: Option<Timestamp>,
    /// The previous end of the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_end: Option<Timestamp>,
    /// Whether it was going to end, by flag or by date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_at_period_end: Option<bool>,
    /// The previous prices, sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Vec<StripeId>>,
}

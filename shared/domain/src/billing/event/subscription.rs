//! A subscription as Stripe's events show it.

use serde::{Deserialize, Serialize};

use super::parties::Parties;
use crate::{StripeId, SubscriptionStatus, Timestamp};

/// A subscription as an event shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionSnapshot {
    /// Whose it is; its subscription is always there.
    pub parties: Parties,
    /// `sub_…`.
    pub id: StripeId,
    /// Whether this is its creation, before which there is nothing.
    pub creation: bool,
    /// What it says of itself.
    pub state: SubscriptionState,
    /// What the event says it was before, as far as it says so.
    #[serde(default)]
    pub previous: PreviousState,
}

/// What of a subscription matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionState {
    /// Where it stands; a status Stripe adds later reads as `Unpaid`, which
    /// entitles to nothing and ends nothing.
    pub status: SubscriptionStatus,
    /// Its items, sorted.
    pub items: Vec<SubscriptionItem>,
    /// Whether it ends with the period, by the flag alone.
    pub cancel_at_period_end: bool,
    /// When it ends, if a moment is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_at: Option<Timestamp>,
    /// The moment from which its periods are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_cycle_anchor: Option<Timestamp>,
    /// The start of its trial, if it has or had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_start: Option<Timestamp>,
    /// The end of its trial, if it has or had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_end: Option<Timestamp>,
}

/// An item of a subscription: a price, how many of it, and its period.
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
    /// The earliest start of its items' periods.
    pub fn period_start(&self) -> Timestamp {
        let starts = self.items.iter().map(|item| item.period_start);
        starts.min().unwrap_or(Timestamp::MIN)
    }

    /// The latest end of its items' periods.
    pub fn period_end(&self) -> Timestamp {
        let ends = self.items.iter().map(|item| item.period_end);
        ends.max().unwrap_or(Timestamp::MIN)
    }

    /// The prices of its items, sorted, each once.
    pub fn prices(&self) -> Vec<StripeId> {
        let mut prices: Vec<_> = self.items.iter().map(|item| item.price.clone()).collect();
        prices.sort();
        prices.dedup();
        prices
    }

    /// Whether its end is set in any way.
    pub fn is_ending(&self) -> bool {
        self.cancel_at_period_end || self.cancel_at.is_some()
    }
}

/// `previous_attributes` of an update: what is none did not change, or is not reported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousState {
    /// The status before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<SubscriptionStatus>,
    /// The start of the period before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_start: Option<Timestamp>,
    /// The end of the period before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_end: Option<Timestamp>,
    /// Whether its end was set in any way before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_at_period_end: Option<bool>,
    /// The prices before, sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Vec<StripeId>>,
}

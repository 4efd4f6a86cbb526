//! Subscriptions, and the plan in force that follows from them.
//!
//! A user may have had many. The one that counts is computed on every read, so no
//! job needs to run when a period or a grace ends.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::{Timestamp, UserId};

/// The level that a subscription entitles to, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The monthly free credits.
    Free,
    /// Paid.
    Pro,
    /// Paid, by contract.
    Enterprise,
}

/// The status of a subscription, in Stripe's terms
/// (<https://docs.stripe.com/api/subscriptions/object#subscription_object-status>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// The first payment is not made yet; entitles to nothing.
    Incomplete,
    /// The first payment was never made; over.
    IncompleteExpired,
    /// In a trial.
    Trialing,
    /// Paid.
    Active,
    /// A renewal is not paid yet; it still entitles until it lapses.
    PastDue,
    /// Unpaid after all retries, but not ended.
    Unpaid,
    /// A trial that ended without a payment method.
    Paused,
    /// Ended.
    Cancelled,
    /// Ended by time; a status from before Stripe.
    Expired,
}

impl SubscriptionStatus {
    /// Whether it entitles to its plan, until it lapses.
    pub fn is_in_force(self) -> bool {
        match self {
            SubscriptionStatus::Trialing
            | SubscriptionStatus::Active
            | SubscriptionStatus::PastDue => true,
            SubscriptionStatus::Incomplete
            | SubscriptionStatus::IncompleteExpired
            | SubscriptionStatus::Unpaid
            | SubscriptionStatus::Paused
            | SubscriptionStatus::Cancelled
            | SubscriptionStatus::Expired => false,
        }
    }

    /// Whether it waits for a payment that failed or that nobody has arranged.
    pub fn is_payment_due(self) -> bool {
        match self {
            SubscriptionStatus::PastDue
            | SubscriptionStatus::Unpaid
            | SubscriptionStatus::Paused => true,
            SubscriptionStatus::Incomplete
            | SubscriptionStatus::IncompleteExpired
            | SubscriptionStatus::Trialing
            | SubscriptionStatus::Active
            | SubscriptionStatus::Cancelled
            | SubscriptionStatus::Expired => false,
        }
    }

    /// Whether it has ended; no status follows an end.
    pub fn is_terminal(self) -> bool {
        match self {
            SubscriptionStatus::IncompleteExpired
            | SubscriptionStatus::Cancelled
            | SubscriptionStatus::Expired => true,
            SubscriptionStatus::Incomplete
            | SubscriptionStatus::Trialing
            | SubscriptionStatus::Active
            | SubscriptionStatus::PastDue
            | SubscriptionStatus::Unpaid
            | SubscriptionStatus::Paused => false,
        }
    }
}

/// One subscription of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The user it belongs to.
    pub user_id: UserId,
    /// The level it entitles to.
    pub tier: Tier,
    /// Among subscriptions in force the highest rank wins.
    #[serde(default)]
    pub rank: u32,
    /// Its status.
    pub status: SubscriptionStatus,
    /// The start of the paid period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_period_start: Option<Timestamp>,
    /// The end of the paid period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_period_end: Option<Timestamp>,
    /// The end of the grace after the period: from then on it counts as expired
    /// unless a renewal has arrived. None = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapses_at: Option<Timestamp>,
    /// Stripe's customer, `cus_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stripe_customer_id: Option<String>,
    /// Stripe's subscription, `sub_…`; none for the free one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stripe_subscription_id: Option<String>,
    /// Stripe's price, `price_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stripe_price_id: Option<String>,
    /// Whether it ends with its period.
    #[serde(default)]
    pub cancel_at_period_end: bool,
    /// When it ends, if a moment is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_at: Option<Timestamp>,
}

/// The part of a subscription that the account stores, until the subscription ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPlan {
    /// Stripe's subscription, `sub_…`.
    pub subscription_id: String,
    /// The level it entitles to.
    pub tier: Tier,
    /// Among those in force the highest rank wins.
    #[serde(default)]
    pub rank: u32,
    /// The end of the paid period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_end: Option<Timestamp>,
    /// The end of the grace after it; none = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapses_at: Option<Timestamp>,
    /// Whether a payment is outstanding: it is past due, unpaid or paused.
    #[serde(default, skip_serializing_if = "is_false")]
    pub payment_due: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl AccountPlan {
    /// Whether it is paid and past its grace: a renewal is due.
    pub fn is_renewal_due(&self, now: Timestamp) -> bool {
        self.tier != Tier::Free && self.lapses_at.is_some_and(|at| at <= now)
    }
}

impl Tier {
    /// Its name in answers and digests.
    pub fn as_str(self) -> &'static str {
        match self {
            Tier::Free => "free",
            Tier::Pro => "pro",
            Tier::Enterprise => "enterprise",
        }
    }
}

/// The status of a plan as the user sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanStatus {
    /// In force, or past due within its grace.
    Active,
    /// In force, in a trial.
    Trialing,
    /// Not in force, but not ended: paused, unpaid or past its grace.
    Expired,
    /// Ended.
    Cancelled,
}

impl PlanStatus {
    /// Its name in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            PlanStatus::Active => "active",
            PlanStatus::Trialing => "trialing",
            PlanStatus::Expired => "expired",
            PlanStatus::Cancelled => "cancelled",
        }
    }
}

/// The plan a user has at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The subscription's tier.
    pub tier: Tier,
    /// Its status.
    pub status: PlanStatus,
    /// The start of the paid period.
    pub current_period_start: Option<Timestamp>,
    /// The end of the paid period.
    pub current_period_end: Option<Timestamp>,
    /// Whether it ends with its period.
    pub cancel_at_period_end: bool,
    /// When it ends, if a moment is set.
    pub cancel_at: Option<Timestamp>,
    /// Stripe's price, `price_…`; none if it is not paid through Stripe.
    pub price_id: Option<String>,
}

impl Plan {
    /// The plan of a user without any subscription.
    const FREE: Plan = Plan {
        tier: Tier::Free,
        status: PlanStatus::Active,
        current_period_start: None,
        current_period_end: None,
        cancel_at_period_end: false,
        cancel_at: None,
        price_id: None,
    };
}

impl Subscription {
    /// Its shown status at `now`; none if it was never paid.
    fn shown(&self, now: Timestamp) -> Option<PlanStatus> {
        let lapsed = self.lapses_at.is_some_and(|at| at <= now);
        match self.status {
            SubscriptionStatus::Incomplete | SubscriptionStatus::IncompleteExpired => None,
            SubscriptionStatus::Cancelled => Some(PlanStatus::Cancelled),
            SubscriptionStatus::Unpaid
            | SubscriptionStatus::Paused
            | SubscriptionStatus::Expired => Some(PlanStatus::Expired),
            SubscriptionStatus::Trialing if !lapsed => Some(PlanStatus::Trialing),
            SubscriptionStatus::Active | SubscriptionStatus::PastDue if !lapsed => {
                Some(PlanStatus::Active)
            }
            SubscriptionStatus::Trialing
            | SubscriptionStatus::Active
            | SubscriptionStatus::PastDue => Some(PlanStatus::Expired),
        }
    }

    /// Sorts the subscription that counts to the front: a paid one in force, then a
    /// paid one that could be renewed, then the free one, then ended ones; among
    /// equals by the highest rank, the latest period, the id.
    fn precedence(&self, status: PlanStatus) -> impl Ord + use<> {
        let class = match (status, self.tier) {
            (PlanStatus::Active | PlanStatus::Trialing, Tier::Pro | Tier::Enterprise) => 0,
            (PlanStatus::Expired, Tier::Pro | Tier::Enterprise) => 1,
            (PlanStatus::Active | PlanStatus::Trialing, Tier::Free) => 2,
            (PlanStatus::Expired, Tier::Free) | (PlanStatus::Cancelled, _) => 3,
        };
        (
            class,
            Reverse(self.rank),
            Reverse(self.current_period_end),
            self.stripe_subscription_id.clone(),
        )
    }
}

/// The plan in force at `now`, whatever the order of the subscriptions.
pub fn plan_in_force(subscriptions: &[Subscription], now: Timestamp) -> Plan {
    subscriptions
        .iter()
        .filter_map(|subscription| Some((subscription, subscription.shown(now)?)))
        .min_by_key(|(subscription, status)| subscription.precedence(*status))
        .map_or(Plan::FREE, |(subscription, status)| Plan {
            tier: subscription.tier,
            status,
            current_period_start: subscription.current_period_start,
            current_period_end: subscription.current_period_end,
            cancel_at_period_end: subscription.cancel_at_period_end,
            cancel_at: subscription.cancel_at,
            price_id: subscription.stripe_price_id.clone(),
        })
}

#[cfg(test)]
mod tests;

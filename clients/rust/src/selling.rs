//! What is on sale, and the pages on which a user pays and manages what they bought.

use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::words::{IntervalUnit, PriceKind, Tier};

/// What is on sale.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Prices {
    /// Subscriptions by rising rank, then packs by rising credits.
    pub prices: Vec<Price>,
}

/// What a price buys and costs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Price {
    /// Names the price in an order.
    pub price_id: String,
    /// Paid again and again, or once.
    pub kind: PriceKind,
    /// The plan or the pack.
    pub plan: String,
    /// The tier that a subscription entitles to.
    pub tier: Option<Tier>,
    /// The credits of one unit, per payment.
    pub credits: Amount,
    /// The credits of a trial, if there is one.
    pub trial_credits: Amount,
    /// How often it is paid; none for packs.
    pub interval: Option<Interval>,
    /// Whether the credits of a payment come in monthly parts.
    pub granted_monthly: bool,
    /// What one unit costs, the default currency first.
    pub amounts: Vec<Money>,
}

/// How often a subscription is paid.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Interval {
    /// The unit.
    pub unit: IntervalUnit,
    /// How many units, from 1.
    pub count: u32,
}

/// A price in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Money {
    /// Three lower-case letters, `usd`.
    pub currency: String,
    /// In the currency's smallest unit.
    pub amount_minor: u64,
}

/// What a user wants to buy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Order {
    /// A price on sale.
    pub price_id: String,
    /// Where the buyer returns to: an address that the API allows.
    pub return_url: String,
    /// How many units, 1 to 100; none = 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u32>,
    /// A currency of the price; none = its first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

impl Order {
    /// One unit of a price, in its first currency.
    pub fn of(price_id: impl Into<String>, return_url: impl Into<String>) -> Self {
        Order {
            price_id: price_id.into(),
            return_url: return_url.into(),
            quantity: None,
            currency: None,
        }
    }
}

/// What the portal opens with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PortalFlow {
    /// Another card.
    PaymentMethodUpdate,
    /// The end of the subscription.
    SubscriptionCancel,
    /// Another plan.
    SubscriptionUpdate,
}

/// A page to open in a browser. Whoever has the address can use it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HostedPage {
    /// Its address.
    pub url: String,
    /// Until when it can be opened.
    pub expires_at: String,
}

/// Does not show the address.
impl std::fmt::Debug for HostedPage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("HostedPage")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// The body of a request for the portal.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PortalRequest<'a> {
    pub(crate) return_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) flow: Option<PortalFlow>,
}

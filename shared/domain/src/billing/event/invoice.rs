//! A paid invoice, its lines and its payment, as Stripe's events show them.
//!
//! Plain data: what a line grants is decided elsewhere.

use serde::{Deserialize, Serialize};

use super::parties::Parties;
use crate::{StripeId, Timestamp};

/// An invoice that was paid, by any means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidInvoice {
    /// Whom it belongs to.
    pub parties: Parties,
    /// `in_…`.
    pub id: StripeId,
    /// The payment intent, where the event names it (API versions before basil).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<StripeId>,
    /// The amount paid in money, in the smallest unit.
    pub paid_minor: u64,
    /// The total after discounts and taxes, before the customer's balance, in the
    /// smallest unit; negative if it credits more than it charges.
    pub total_minor: i64,
    /// The currency in lower case, `usd`.
    pub currency: String,
    /// When it was paid, if the event says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    /// Its lines.
    pub lines: Vec<InvoiceLine>,
    /// Whether `lines` has all of its lines.
    pub complete: bool,
}

/// One line of an invoice. Fields that cannot be read are none: whether that
/// matters depends on the price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLine {
    /// `il_…`.
    pub id: StripeId,
    /// What it is for.
    pub kind: LineKind,
    /// The subscription it bills, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<StripeId>,
    /// The price; some lines have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<StripeId>,
    /// The number of units; 1 for a line without a quantity. None if it is not a
    /// whole number from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u64>,
    /// The amount before discounts, in the smallest unit; negative on credits for unused time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_minor: Option<i64>,
    /// The service period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<LinePeriod>,
    /// The lines whose time it credits, if it names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credited: Vec<CreditedLine>,
}

/// The service period of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinePeriod {
    /// Its first moment.
    pub start: Timestamp,
    /// The first moment after it.
    pub end: Timestamp,
}

/// A line that another line credits (`proration_details.credited_items`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CreditedLine {
    /// `in_…`.
    pub invoice: StripeId,
    /// `il_…`.
    pub line: StripeId,
}

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// A period of a subscription.
    Subscription,
    /// The difference for a change in mid-period.
    Proration,
    /// Anything else: a pack, or something that grants no credits.
    Other,
}

/// `invoice_payment.paid`: which payment paid which invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoicePayment {
    /// `in_…`.
    pub invoice: StripeId,
    /// `pi_…`; none if it was paid by other means, such as money outside Stripe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<StripeId>,
}

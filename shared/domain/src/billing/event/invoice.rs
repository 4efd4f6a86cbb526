//! A paid invoice, its lines, and what paid it, as Stripe's events show them.

use serde::{Deserialize, Serialize};

use super::parties::Parties;
use crate::{StripeId, Timestamp};

/// An invoice that was paid, by whatever means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidInvoice {
    /// Whose it is.
    pub parties: Parties,
    /// `in_…`.
    pub id: StripeId,
    /// The payment intent, where the event names it (API versions before basil).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<StripeId>,
    /// What was paid in money, in the smallest unit.
    pub paid_minor: u64,
    /// After discounts and taxes, before the customer's balance, in the
    /// smallest unit; negative if it credits more than it charges.
    pub total_minor: i64,
    /// The currency in lower case, `usd`.
    pub currency: String,
    /// When it was paid, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    /// Its lines.
    pub lines: Vec<InvoiceLine>,
    /// Whether these are all of its lines.
    pub complete: bool,
}

/// One line of an invoice. What cannot be read of it is none: whether that
/// matters depends on what its price gives.
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
    /// How many units; a line that does not count has one. None if it is no
    /// whole number from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u64>,
    /// Before discounts, in the smallest unit; negative on credits for unused time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_minor: Option<i64>,
    /// The service period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<LinePeriod>,
    /// The lines whose time it credits, as far as it names them.
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

/// A line of an invoice that another line credits
/// (`proration_details.credited_items`).
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
    /// The difference that a change in mid-period makes.
    Proration,
    /// Anything else: a pack, or something that gives no credits.
    Other,
}

/// `invoice_payment.paid`: which payment paid which invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoicePayment {
    /// `in_…`.
    pub invoice: StripeId,
    /// `pi_…`; none if something else paid it, such as money outside Stripe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<StripeId>,
}

//! Invoices and their lines. Positions are those in the world's lists.

use crate::catalogue::Price;

/// The kind of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Bills a period of an item, or its trial.
    Regular,
    /// A proration that bills the rest of a period.
    Debit,
    /// A proration that credits the rest of a period.
    Credit,
}

/// `proration_details.credited_items`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditedItems {
    /// `in_...`.
    pub invoice: String,
    /// `il_...`.
    pub lines: Vec<String>,
}

/// A line of an invoice, or a pending proration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `il_...`.
    pub id: String,
    /// `ii_...`, of a proration.
    pub invoice_item: Option<String>,
    /// Position of its subscription.
    pub subscription: usize,
    /// `sub_...`.
    pub subscription_id: String,
    /// `si_...`.
    pub item_id: String,
    /// Its price.
    pub price: Price,
    /// The quantity.
    pub quantity: u32,
    /// Before the discount; for prorations after it. Credits are not positive.
    pub amount: i64,
    /// The discount of a regular line.
    pub discount: i64,
    /// Currency.
    pub currency: String,
    /// Start of the service period.
    pub start: i64,
    /// End of the service period.
    pub end: i64,
    /// Its kind.
    pub kind: LineKind,
    /// Whether it belongs to a trial, where every amount is 0.
    pub trial: bool,
    /// The subscription's anchor at that time.
    pub anchor: i64,
    /// Of a credit: the debit whose time it credits, by position.
    pub of: Option<usize>,
    /// Of a credit: its `credited_items`.
    pub credited: Option<CreditedItems>,
    /// Its invoice, by position, once there is one.
    pub invoice: Option<usize>,
}

impl Line {
    /// Its part of the invoice's total.
    pub const fn net(&self) -> i64 {
        self.amount - self.discount
    }

    /// Whether it is a proration.
    pub const fn is_proration(&self) -> bool {
        !matches!(self.kind, LineKind::Regular)
    }
}

/// `status` of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceStatus {
    /// A draft.
    Draft,
    /// Unpaid.
    Open,
    /// Settled, in whatever way.
    Paid,
    /// Void.
    Void,
    /// Uncollectible, but can still be paid.
    Uncollectible,
}

impl InvoiceStatus {
    /// Stripe's name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Void => "void",
            Self::Uncollectible => "uncollectible",
        }
    }
}

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// `in_...`.
    pub id: String,
    /// Position of its customer.
    pub customer: usize,
    /// Position of its subscription.
    pub subscription: usize,
    /// `billing_reason`.
    pub reason: &'static str,
    /// Its status.
    pub status: InvoiceStatus,
    /// Its lines, by position.
    pub lines: Vec<usize>,
    /// Currency.
    pub currency: String,
    /// Sum of the lines' amounts.
    pub subtotal: i64,
    /// After discounts and before the customer's balance.
    pub total: i64,
    /// The balance before it, with Stripe's sign.
    pub starting_balance: i64,
    /// The balance after it, once it is finalised.
    pub ending_balance: Option<i64>,
    /// The amount due, after balance and credit notes.
    pub amount_due: i64,
    /// The amount paid.
    pub amount_paid: i64,
    /// Credit notes issued before payment.
    pub pre_payment_notes: i64,
    /// Credit notes issued after payment.
    pub post_payment_notes: i64,
    /// When it was created.
    pub created: i64,
    /// When the draft will be finalised.
    pub finalize_at: i64,
    /// When it was finalised.
    pub finalized_at: Option<i64>,
    /// When it was paid.
    pub paid_at: Option<i64>,
    /// When it was voided.
    pub voided_at: Option<i64>,
    /// When it was marked uncollectible.
    pub uncollectible_at: Option<i64>,
    /// The number of payment attempts.
    pub attempts: u32,
    /// Its payment, by position.
    pub payment: Option<usize>,
}

impl Invoice {
    /// The amount still to be paid.
    pub const fn remaining(&self) -> i64 {
        self.amount_due - self.amount_paid
    }

    /// Whether it can still be paid.
    pub const fn can_be_paid(&self) -> bool {
        matches!(
            self.status,
            InvoiceStatus::Open | InvoiceStatus::Uncollectible
        )
    }
}

//! Stripe's objects as far as the model needs them, and the events about them.
//! Amounts are in the currency's smallest unit, times in Unix seconds.
//!
//! An event holds copies of the objects as they were when it happened.

mod invoice;
mod money;

use crate::act::Collection;
use crate::catalogue::Price;

pub use invoice::{CreditedItems, Invoice, InvoiceStatus, Line, LineKind};
pub use money::{CreditNote, Dispute, NoteLine, Payment, Refund, Transaction};

/// A customer; one per user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// `cus_...`.
    pub id: String,
    /// The value of `metadata.user_id`.
    pub user: String,
    /// The currency of the first purchase.
    pub currency: Option<String>,
    /// With Stripe's sign: a credit balance is negative.
    pub balance: i64,
    /// Whether charges succeed.
    pub card_works: bool,
}

/// `status` of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// The first charge failed; it has 23 hours.
    Incomplete,
    /// The first invoice was not paid in time.
    IncompleteExpired,
    /// In its trial.
    Trialing,
    /// Active.
    Active,
    /// Active, but the latest charge failed.
    PastDue,
    /// Ended.
    Canceled,
}

impl SubscriptionStatus {
    /// Stripe's name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::IncompleteExpired => "incomplete_expired",
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Canceled => "canceled",
        }
    }

    /// Whether it can be changed and is renewed.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Trialing | Self::Active | Self::PastDue)
    }
}

/// An item of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// `si_...`.
    pub id: String,
    /// Its current price.
    pub price: Price,
    /// The quantity.
    pub quantity: u32,
    /// The lines that bill the current period and are not credited, by position.
    pub debits: Vec<usize>,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// `sub_...`.
    pub id: String,
    /// Position of its customer.
    pub customer: usize,
    /// `cus_...`.
    pub customer_id: String,
    /// Its `metadata.user_id`.
    pub user: String,
    /// Its status.
    pub status: SubscriptionStatus,
    /// Its items.
    pub items: Vec<Item>,
    /// `billing_cycle_anchor`.
    pub anchor: i64,
    /// The period's end is this boundary after the anchor.
    pub cycle: i64,
    /// Start of the current period.
    pub period_start: i64,
    /// End of the current period.
    pub period_end: i64,
    /// The trial, if there was one.
    pub trial: Option<(i64, i64)>,
    /// `cancel_at_period_end`.
    pub cancel_at_period_end: bool,
    /// `cancel_at`.
    pub cancel_at: Option<i64>,
    /// `canceled_at`.
    pub canceled_at: Option<i64>,
    /// `ended_at`.
    pub ended_at: Option<i64>,
    /// How its invoices are collected.
    pub collection: Collection,
    /// Percent off, forever.
    pub coupon: u8,
    /// Its currency.
    pub currency: String,
    /// Whether its `billing_mode` is flexible.
    pub flexible: bool,
    /// When it was created.
    pub created: i64,
    /// Its latest invoice, by position.
    pub latest_invoice: Option<usize>,
    /// Pending prorations, by position.
    pub pending: Vec<usize>,
}

/// The object of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// A subscription.
    Subscription {
        /// After the event.
        now: Box<Subscription>,
        /// Before it, for an update.
        before: Option<Box<Subscription>>,
        /// Its latest invoice.
        latest_invoice: Option<String>,
    },
    /// An invoice with its lines.
    Invoice {
        /// The invoice.
        invoice: Box<Invoice>,
        /// Its lines.
        lines: Vec<Line>,
        /// The subscription, for its metadata.
        subscription: Box<Subscription>,
        /// The number of its payment.
        payment: Option<usize>,
    },
    /// A payment, seen as the invoice's payment.
    InvoicePayment(Payment),
    /// A payment, seen as a charge.
    Charge {
        /// The payment.
        payment: Payment,
        /// `amount_refunded` before the event.
        refunded_before: i64,
    },
    /// A refund.
    Refund(Refund),
    /// A dispute.
    Dispute(Dispute),
    /// A credit note.
    CreditNote(CreditNote),
}

/// An event as Stripe sends it to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `evt_...`.
    pub id: String,
    /// When it happened.
    pub created: i64,
    /// Its type, for example `invoice.paid`.
    pub kind: &'static str,
    /// Its object.
    pub object: Object,
}

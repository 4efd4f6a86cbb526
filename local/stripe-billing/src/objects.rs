//! Stripe's objects as far as the model needs them, and the events about them.
//! Amounts are in the currency's smallest unit, moments unix seconds.
//!
//! An event holds copies of the objects as they were when it happened.

mod invoice;
mod money;

use crate::act::Collection;
use crate::catalogue::Price;

pub use invoice::{CreditedItems, Invoice, InvoiceStatus, Line, LineKind};
pub use money::{CreditNote, Dispute, NoteLine, Payment, Refund, Transaction};

/// Somebody who buys; one per user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// `cus_...`.
    pub id: String,
    /// What `metadata.user_id` says.
    pub user: String,
    /// The currency of the first purchase.
    pub currency: Option<String>,
    /// Stripe's sign: what the customer has to the good is negative.
    pub balance: i64,
    /// Whether charges go through.
    pub card_works: bool,
}

/// `status` of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// The first charge failed; it has 23 hours.
    Incomplete,
    /// The first invoice was not paid in time.
    IncompleteExpired,
    /// On trial.
    Trialing,
    /// In force.
    Active,
    /// In force, and the latest charge failed.
    PastDue,
    /// Over.
    Canceled,
}

impl SubscriptionStatus {
    /// Stripe's word.
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
    /// What it sells today.
    pub price: Price,
    /// How many.
    pub quantity: u32,
    /// The lines that bill the present period and are not credited, by position.
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
    /// What its metadata say.
    pub user: String,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// What it sells.
    pub items: Vec<Item>,
    /// `billing_cycle_anchor`.
    pub anchor: i64,
    /// The period's end is this boundary after the anchor.
    pub cycle: i64,
    /// Start of the present period.
    pub period_start: i64,
    /// End of the present period.
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
    /// How it is paid.
    pub collection: Collection,
    /// Percent off, for ever.
    pub coupon: u8,
    /// Its currency.
    pub currency: String,
    /// Whether it is billed in the flexible mode.
    pub flexible: bool,
    /// When it was created.
    pub created: i64,
    /// Its latest invoice, by position.
    pub latest_invoice: Option<usize>,
    /// Prorations that wait for the next invoice, by position.
    pub pending: Vec<usize>,
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// A subscription, and what it was before.
    Subscription {
        /// As it is.
        now: Box<Subscription>,
        /// As it was, of an update.
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
    /// A payment, seen as a charge; with what was refunded before.
    Charge {
        /// The payment.
        payment: Payment,
        /// `amount_refunded` before.
        refunded_before: i64,
    },
    /// A refund.
    Refund(Refund),
    /// A dispute.
    Dispute(Dispute),
    /// A credit note.
    CreditNote(CreditNote),
}

/// Something Stripe says a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `evt_...`.
    pub id: String,
    /// When it happened.
    pub created: i64,
    /// `invoice.paid` and so on.
    pub kind: &'static str,
    /// What it is about.
    pub object: Object,
}

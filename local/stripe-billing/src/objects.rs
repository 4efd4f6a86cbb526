//! Stripe's objects as far as the model needs them, and the events about them.
//! Amounts are in the currency's smallest unit, moments unix seconds.
//!
//! An event holds copies of the objects as they were when it happened.

use crate::act::Collection;
use crate::catalogue::Price;

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

/// What a line does.
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

/// A line of an invoice, or a proration that waits for one.
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
    /// What it bills or credits.
    pub price: Price,
    /// How many.
    pub quantity: u32,
    /// Before the discount; of prorations after it. Credits are not positive.
    pub amount: i64,
    /// The discount, of regular lines.
    pub discount: i64,
    /// Currency.
    pub currency: String,
    /// Start of the service period.
    pub start: i64,
    /// End of the service period.
    pub end: i64,
    /// What it does.
    pub kind: LineKind,
    /// Whether it belongs to a trial, where every amount is 0.
    pub trial: bool,
    /// The subscription's anchor at that time.
    pub anchor: i64,
    /// Of a credit: the debit whose time it credits, by position.
    pub of: Option<usize>,
    /// Of a credit: what it names.
    pub credited: Option<CreditedItems>,
    /// Its invoice, by position, once there is one.
    pub invoice: Option<usize>,
}

impl Line {
    /// What it adds to the invoice's total.
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
    /// Not final yet.
    Draft,
    /// Waits for its money.
    Open,
    /// Settled, by whatever means.
    Paid,
    /// Never to be paid.
    Void,
    /// Given up, but can still be paid.
    Uncollectible,
}

impl InvoiceStatus {
    /// Stripe's word.
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
    /// Where it stands.
    pub status: InvoiceStatus,
    /// Its lines, by position.
    pub lines: Vec<usize>,
    /// Currency.
    pub currency: String,
    /// Sum of the lines' amounts.
    pub subtotal: i64,
    /// After discounts and before the customer's balance.
    pub total: i64,
    /// The balance before it, in Stripe's sign.
    pub starting_balance: i64,
    /// The balance after it, once it is final.
    pub ending_balance: Option<i64>,
    /// What is asked for: after balance and credit notes.
    pub amount_due: i64,
    /// What was paid.
    pub amount_paid: i64,
    /// Credit notes issued before payment.
    pub pre_payment_notes: i64,
    /// Credit notes issued after payment.
    pub post_payment_notes: i64,
    /// When it was created.
    pub created: i64,
    /// When a draft becomes final.
    pub finalize_at: i64,
    /// When it became final.
    pub finalized_at: Option<i64>,
    /// When it was paid.
    pub paid_at: Option<i64>,
    /// When it was voided.
    pub voided_at: Option<i64>,
    /// When it was given up.
    pub uncollectible_at: Option<i64>,
    /// How often it was charged.
    pub attempts: u32,
    /// Its payment, by position.
    pub payment: Option<usize>,
}

impl Invoice {
    /// What is still to be paid.
    pub const fn remaining(&self) -> i64 {
        self.amount_due - self.amount_paid
    }

    /// Whether it can be paid, late as it may be.
    pub const fn can_be_paid(&self) -> bool {
        matches!(
            self.status,
            InvoiceStatus::Open | InvoiceStatus::Uncollectible
        )
    }
}

/// A payment that went through: payment intent, charge and invoice payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The number in `pi_n`, `ch_n` and `inpay_n`.
    pub number: usize,
    /// Position of its invoice.
    pub invoice: usize,
    /// `in_...`.
    pub invoice_id: String,
    /// `cus_...`.
    pub customer_id: String,
    /// What was paid.
    pub amount: i64,
    /// `amount_refunded` of the charge.
    pub refunded: i64,
    /// What was disputed and not won back.
    pub disputed: i64,
    /// Currency.
    pub currency: String,
    /// When.
    pub created: i64,
}

impl Payment {
    /// What can still be refunded or disputed.
    pub const fn left(&self) -> i64 {
        self.amount - self.refunded - self.disputed
    }
}

/// A refund; it succeeds at once and may fail later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// `re_...`.
    pub id: String,
    /// Position of its payment.
    pub payment: usize,
    /// The payment's number.
    pub payment_number: usize,
    /// How much.
    pub amount: i64,
    /// Currency.
    pub currency: String,
    /// Whether it failed.
    pub failed: bool,
    /// When it was made.
    pub created: i64,
}

/// A movement of money on the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// `txn_...`.
    pub id: String,
    /// Negative if it leaves; in the account's currency.
    pub amount: i64,
    /// The account's currency.
    pub currency: String,
}

/// A dispute of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// `dp_...`.
    pub id: String,
    /// Position of its payment.
    pub payment: usize,
    /// The payment's number.
    pub payment_number: usize,
    /// What is disputed, in the payment's currency.
    pub amount: i64,
    /// The payment's currency.
    pub currency: String,
    /// `needs_response`, `lost` or `won`.
    pub status: &'static str,
    /// What moved.
    pub transactions: Vec<Transaction>,
    /// When it was opened.
    pub created: i64,
}

/// A line of a credit note that names a line of the invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteLine {
    /// Position of the line.
    pub line: usize,
    /// `il_...`.
    pub line_id: String,
    /// Before the discount.
    pub amount: i64,
    /// The discount.
    pub discount: i64,
}

/// A credit note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditNote {
    /// `cn_...`.
    pub id: String,
    /// Position of its invoice.
    pub invoice: usize,
    /// `in_...`.
    pub invoice_id: String,
    /// `cus_...`.
    pub customer_id: String,
    /// After discounts.
    pub amount: i64,
    /// Currency.
    pub currency: String,
    /// The line it names; none if it is made out for an amount.
    pub line: Option<NoteLine>,
    /// What lowered the amount due of an open invoice.
    pub pre_payment: i64,
    /// What went to the customer's balance.
    pub to_balance: i64,
    /// What went outside of Stripe.
    pub out_of_band: i64,
    /// Its refund: position, id and amount.
    pub refund: Option<(usize, String, i64)>,
    /// When it was issued.
    pub created: i64,
    /// When it was voided.
    pub voided_at: Option<i64>,
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

/// Something Stripe tells a webhook.
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

//! Histories as values. Every choice in an [`Act`] is a small number, taken
//! modulo the candidates that exist when the act is applied; an act that does
//! not apply is skipped. So every list of steps is a valid history and shrinks
//! well.

use crate::catalogue::{Price, sample_catalogue};

/// A whole history of some users with one merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// When it starts, in Unix seconds.
    pub start: i64,
    /// The number of users, at least 1; the n-th is `user-n`, customer `cus_n`.
    pub users: u8,
    /// The prices, which acts refer to by position.
    pub catalogue: Vec<Price>,
    /// How credit prorations are made and what they name.
    pub crediting: Crediting,
    /// How long a renewal's invoice stays a draft, in seconds; an hour at Stripe.
    pub draft_s: u32,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl History {
    /// A history of one user with the sample catalogue, from 1 March 2026, 12:00 UTC.
    pub fn new(crediting: Crediting, steps: Vec<Step>) -> Self {
        Self {
            start: 1_772_366_400,
            users: 1,
            catalogue: sample_catalogue(),
            crediting,
            draft_s: 3_600,
            steps,
        }
    }
}

/// An act some time after the step before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Seconds since the last step; renewals in between happen first.
    pub wait_s: u32,
    /// The act.
    pub act: Act,
}

/// Which debits a credit proration names in `credited_items`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crediting {
    /// Classic billing: one credit per change, by the item's current price and
    /// quantity, naming the latest debit.
    Named,
    /// Classic billing of older versions: the same, and `credited_items` is null.
    Unnamed,
    /// Flexible billing: one credit per original debit, by that debit's amount.
    PerDebit,
}

/// `proration_behavior` of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proration {
    /// `always_invoice`.
    InvoiceNow,
    /// `create_prorations`: pending until the next invoice.
    Pending,
    /// `none`.
    None,
}

/// `collection_method`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    /// `charge_automatically`.
    Charge,
    /// `send_invoice`, due in thirty days.
    Send,
}

/// How a cancellation at the period's end is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelAt {
    /// `cancel_at_period_end`.
    Flag,
    /// Only `cancel_at`, as the customer portal does under flexible billing.
    Moment,
}

/// What a credit note is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteBy {
    /// An amount, for the whole invoice.
    Amount,
    /// The n-th line of the invoice with a positive amount.
    Line(u8),
}

/// Where the money of a credit note for a paid invoice goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteTo {
    /// A refund of the payment.
    Card,
    /// The customer's balance.
    Balance,
    /// Outside Stripe.
    OutOfBand,
}

/// How a dispute ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeEnd {
    /// Lost: the money is gone.
    Lost,
    /// Won: all of it comes back.
    Won,
    /// This percentage of it comes back.
    WonPart(u8),
}

/// Something a customer, a merchant or a bank does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Only time passes.
    Pass,
    /// A new subscription, the first or another one.
    Subscribe {
        /// The user.
        user: u8,
        /// The price of the first item.
        price: u8,
        /// Its quantity, at least 1.
        quantity: u8,
        /// The price of a second item, if its interval is that of the first.
        second: Option<u8>,
        /// Days of trial; 0 for none.
        trial_days: u8,
        /// Percent off forever, at most 100.
        coupon: u8,
        /// Currency, by its position in the price; a customer keeps its first one.
        currency: u8,
        /// How invoices are collected.
        collection: Collection,
    },
    /// An item gets another price.
    ChangePrice {
        /// Which of the live subscriptions.
        sub: u8,
        /// Which of its items.
        item: u8,
        /// The new price.
        price: u8,
        /// How the change is billed.
        proration: Proration,
    },
    /// An item gets another quantity.
    ChangeQuantity {
        /// Which of the live subscriptions.
        sub: u8,
        /// Which of its items.
        item: u8,
        /// The new quantity, at least 1.
        quantity: u8,
        /// How the change is billed.
        proration: Proration,
    },
    /// Another item, of a price with the subscription's interval.
    AddItem {
        /// Which of the live subscriptions.
        sub: u8,
        /// Its price.
        price: u8,
        /// Its quantity, at least 1.
        quantity: u8,
        /// How the change is billed.
        proration: Proration,
    },
    /// An item is removed; never the last one.
    RemoveItem {
        /// Which of the live subscriptions.
        sub: u8,
        /// Which of its items.
        item: u8,
        /// How the change is billed.
        proration: Proration,
    },
    /// `billing_cycle_anchor=now`: a whole new period begins and is billed.
    ResetAnchor {
        /// Which of the live subscriptions.
        sub: u8,
        /// Whether unused time is credited.
        prorate: bool,
    },
    /// Cancelled at once; with `prorate` unused time is credited and invoiced.
    Cancel {
        /// Which of the live subscriptions.
        sub: u8,
        /// `prorate` and `invoice_now`, both or none.
        prorate: bool,
    },
    /// Cancelled at the end of the period.
    CancelAtPeriodEnd {
        /// Which of the live subscriptions.
        sub: u8,
        /// How that is requested.
        at: CancelAt,
    },
    /// A scheduled cancellation is withdrawn.
    Resume {
        /// Which of the live subscriptions.
        sub: u8,
    },
    /// The end of a running trial is moved to so many days from now; 0 ends it.
    MoveTrialEnd {
        /// Which of the live subscriptions.
        sub: u8,
        /// Days from now.
        days: u8,
    },
    /// From now on a user's card is declined, or works again.
    Card {
        /// The user.
        user: u8,
        /// Whether it works.
        works: bool,
    },
    /// An unpaid invoice is paid late.
    Pay {
        /// Which of those that can be paid.
        invoice: u8,
    },
    /// An unpaid invoice is voided.
    Void {
        /// Which of those that can be voided.
        invoice: u8,
    },
    /// An open invoice is marked uncollectible.
    Uncollectible {
        /// Which of those that are open.
        invoice: u8,
    },
    /// Part or all of the rest of a payment is refunded.
    Refund {
        /// Which of the payments that are not returned in full.
        payment: u8,
        /// Percent of the rest, 1 to 100.
        percent: u8,
    },
    /// A refund fails later.
    FailRefund {
        /// Which of those that have not failed.
        refund: u8,
    },
    /// A credit note; on an open invoice it lowers the amount due.
    CreditNote {
        /// Which of the open and paid invoices with a positive total.
        invoice: u8,
        /// Percent of what can be credited, 1 to 100.
        percent: u8,
        /// What it is for.
        by: NoteBy,
        /// Where the money goes if the invoice is paid.
        to: NoteTo,
    },
    /// A credit note is voided, while its invoice is open.
    VoidCreditNote {
        /// Which of those that can be voided.
        note: u8,
    },
    /// A payment is disputed and the money withdrawn.
    Dispute {
        /// Which of the payments that are not returned in full.
        payment: u8,
        /// Percent of the rest, 1 to 100.
        percent: u8,
        /// Whether the account settles in another currency.
        foreign: bool,
    },
    /// A dispute ends.
    CloseDispute {
        /// Which of the open ones.
        dispute: u8,
        /// How.
        end: DisputeEnd,
    },
}

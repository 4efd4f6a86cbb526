//! Histories as values. Everything in an [`Act`] is a small number, counted
//! round what is there when it is applied; an act that does not apply then is
//! skipped. So every list of steps is a valid history, and shrinks well.

use crate::catalogue::{Price, sample_catalogue};

/// A whole history of some users with one merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The moment of its beginning, unix seconds.
    pub start: i64,
    /// How many users there are, from 1; the n-th is `user-n`, customer `cus_n`.
    pub users: u8,
    /// The prices that acts refer to by position.
    pub catalogue: Vec<Price>,
    /// How credit prorations are drawn up and what they name.
    pub crediting: Crediting,
    /// How long a renewal's invoice stays a draft, in seconds; an hour at Stripe.
    pub draft_s: u32,
    /// What happens, in order.
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

/// Something that happens some time after what came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Seconds since the last step; renewals in between take place first.
    pub wait_s: u32,
    /// What happens then.
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

/// How a cancellation at the period's end is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelAt {
    /// `cancel_at_period_end`.
    Flag,
    /// Only `cancel_at`, as the customer portal does under flexible billing.
    Moment,
}

/// What a credit note is made out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteBy {
    /// An amount of the whole invoice.
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
    /// Outside of Stripe.
    OutOfBand,
}

/// How a dispute ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeEnd {
    /// The money is gone.
    Lost,
    /// All of it comes back.
    Won,
    /// So many percent of it come back.
    WonPart(u8),
}

/// Something a customer, a merchant or a bank does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Nothing but time passes.
    Pass,
    /// A new subscription, the first or a further one.
    Subscribe {
        /// Who.
        user: u8,
        /// The price of the first item.
        price: u8,
        /// Its quantity, at least 1.
        quantity: u8,
        /// The price of a second item, if it has the interval of the first.
        second: Option<u8>,
        /// Days of trial; 0 for none.
        trial_days: u8,
        /// Percent off for ever, at most 100.
        coupon: u8,
        /// Currency, by its position in the price; a customer keeps the first.
        currency: u8,
        /// How invoices are collected.
        collection: Collection,
    },
    /// Another price for an item.
    ChangePrice {
        /// Which subscription of those that live.
        sub: u8,
        /// Which of its items.
        item: u8,
        /// The new price.
        price: u8,
        /// How the change is billed.
        proration: Proration,
    },
    /// Another quantity of an item.
    ChangeQuantity {
        /// Which subscription of those that live.
        sub: u8,
        /// Which of its items.
        item: u8,
        /// The new quantity, at least 1.
        quantity: u8,
        /// How the change is billed.
        proration: Proration,
    },
    /// A further item, of a price that has the subscription's interval.
    AddItem {
        /// Which subscription of those that live.
        sub: u8,
        /// Its price.
        price: u8,
        /// Its quantity, at least 1.
        quantity: u8,
        /// How the change is billed.
        proration: Proration,
    },
    /// An item goes; never the last one.
    RemoveItem {
        /// Which subscription of those that live.
        sub: u8,
        /// Which of its items.
        item: u8,
        /// How the change is billed.
        proration: Proration,
    },
    /// `billing_cycle_anchor=now`: a whole new period begins and is billed.
    ResetAnchor {
        /// Which subscription of those that live.
        sub: u8,
        /// Whether unused time is credited.
        prorate: bool,
    },
    /// Cancelled at once; with `prorate` unused time is credited and invoiced.
    Cancel {
        /// Which subscription of those that live.
        sub: u8,
        /// `prorate` and `invoice_now`, both or none.
        prorate: bool,
    },
    /// Cancelled as of the end of the period.
    CancelAtPeriodEnd {
        /// Which subscription of those that live.
        sub: u8,
        /// How that is set.
        at: CancelAt,
    },
    /// A cancellation that lies ahead is clawed back.
    Resume {
        /// Which subscription of those that live.
        sub: u8,
    },
    /// The end of a running trial is moved to so many days from now; 0 ends it.
    MoveTrialEnd {
        /// Which subscription of those that live.
        sub: u8,
        /// Days from now.
        days: u8,
    },
    /// From now on a user's card is declined, or works again.
    Card {
        /// Whose.
        user: u8,
        /// Whether it works.
        works: bool,
    },
    /// An unpaid invoice is paid after all.
    Pay {
        /// Which of those that can be paid.
        invoice: u8,
    },
    /// An unpaid invoice is voided.
    Void {
        /// Which of those that can be.
        invoice: u8,
    },
    /// An open invoice is given up as uncollectible.
    Uncollectible {
        /// Which of those that are open.
        invoice: u8,
    },
    /// Part or all of what is left of a payment is refunded.
    Refund {
        /// Which of the payments that have something left.
        payment: u8,
        /// Percent of what is left, 1 to 100.
        percent: u8,
    },
    /// A refund fails after all.
    FailRefund {
        /// Which of those that have not failed.
        refund: u8,
    },
    /// A credit note; for an open invoice it lowers what is due.
    CreditNote {
        /// Which of the open and paid invoices with a positive total.
        invoice: u8,
        /// Percent of what can be credited, 1 to 100.
        percent: u8,
        /// What for.
        by: NoteBy,
        /// Where to, once the invoice is paid.
        to: NoteTo,
    },
    /// A credit note is voided, while its invoice is open.
    VoidCreditNote {
        /// Which of those that can be.
        note: u8,
    },
    /// A payment is disputed and the money withdrawn.
    Dispute {
        /// Which of the payments that have something left.
        payment: u8,
        /// Percent of what is left, 1 to 100.
        percent: u8,
        /// Whether the account settles in another currency.
        foreign: bool,
    },
    /// A dispute ends.
    CloseDispute {
        /// Which of those under way.
        dispute: u8,
        /// How.
        end: DisputeEnd,
    },
}

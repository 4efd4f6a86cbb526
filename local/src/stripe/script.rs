//! What happens at Stripe in a story, independent of the API version; `render`
//! gives it the shape of one.

use shared::domain::Timestamp;

use crate::clock::moved;

/// An hour: how long Stripe keeps a renewal's invoice as a draft.
pub(crate) const HOUR: i64 = 3_600;
/// A day.
pub(crate) const DAY: i64 = 24 * HOUR;

/// A recurring price of the seeded catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) price: &'static str,
    /// Price of a period, in cents.
    pub(crate) amount: i64,
    /// The length of its period.
    pub(crate) months: u32,
}

/// 10,000 credits a month.
pub(crate) const PRO: Plan = Plan {
    price: "price_test_pro",
    amount: 2000,
    months: 1,
};
/// 30,000 credits a month.
pub(crate) const PRO_PLUS: Plan = Plan {
    price: "price_test_pro_plus",
    amount: 5000,
    months: 1,
};
/// 120,000 credits a year, in twelve parts.
pub(crate) const ANNUAL: Plan = Plan {
    price: "price_test_pro_annual",
    amount: 20_000,
    months: 12,
};
/// 10,000 credits a month, with rollover to the next.
pub(crate) const ROLLOVER: Plan = Plan {
    price: "price_test_pro_rollover",
    amount: 2500,
    months: 1,
};

impl Plan {
    /// The price's `recurring.interval`.
    pub(crate) fn interval(self) -> &'static str {
        if self.months == 12 { "year" } else { "month" }
    }

    /// The period with this number of a subscription with this anchor. Months
    /// are counted from the anchor, so the 31st returns after February.
    pub(crate) fn period(self, anchor: Timestamp, number: u32) -> Span {
        let start = self.months.saturating_mul(number);
        let end = start.saturating_add(self.months);
        Span {
            start: months_later(anchor, start),
            end: months_later(anchor, end),
        }
    }
}

/// A time this many calendar months later.
pub(crate) fn months_later(from: Timestamp, months: u32) -> Timestamp {
    // A number of months is always a valid duration.
    moved(from, &format!("P{months}M")).unwrap_or(from)
}

/// A time half a year earlier.
pub(crate) fn half_a_year_before(moment: Timestamp) -> Timestamp {
    moved(moment, "-P6M").unwrap_or(moment)
}

/// From one time to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

impl Span {
    /// Its second half, for changes in mid-period. Periods have whole days.
    pub(crate) fn second_half(self) -> Span {
        let half = self.end.seconds_since(self.start) / 2;
        Span {
            start: self.start.plus_seconds(half),
            end: self.end,
        }
    }
}

/// One event of a story, and its object.
#[derive(Clone, Debug)]
pub(crate) struct TimedEvent {
    pub(crate) at: Timestamp,
    pub(crate) event_type: &'static str,
    pub(crate) object: Object,
}

impl TimedEvent {
    pub(crate) fn new(at: Timestamp, event_type: &'static str, object: Object) -> Self {
        TimedEvent {
            at,
            event_type,
            object,
        }
    }
}

/// The object of an event.
#[derive(Clone, Debug)]
pub(crate) enum Object {
    /// A checkout session.
    Session(Session),
    /// A subscription, and on updates its earlier state.
    Subscription {
        now: Box<Subscription>,
        before: Option<Box<Subscription>>,
    },
    /// An invoice.
    Invoice(Invoice),
    /// The payment of an invoice; acacia has no such object.
    InvoicePayment(Invoice),
    /// The charge behind a payment intent.
    Charge(Charge),
    /// A refund.
    Refund(Refund),
    /// A dispute.
    Dispute(Dispute),
    /// A credit note.
    CreditNote(CreditNote),
    /// The customer, deleted.
    Customer,
}

/// How a subscription comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It renews without end.
    Never,
    /// By the cancel flag, as set through the API.
    Flag,
    /// By the customer portal: newer versions set a time instead of the flag.
    Portal,
}

/// The state of a subscription at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subscription {
    pub(crate) status: &'static str,
    pub(crate) plan: Plan,
    pub(crate) quantity: i64,
    pub(crate) created: Timestamp,
    pub(crate) period: Span,
    pub(crate) trial: Option<Span>,
    pub(crate) ending: Ending,
    pub(crate) canceled_at: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
    /// Whether its metadata names the user; else only the checkout does.
    pub(crate) names_user: bool,
    pub(crate) latest_invoice: u32,
}

/// The subject of an invoice line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// A period of the subscription.
    Period,
    /// A proration of a change in mid-period.
    Proration,
}

/// One line of an invoice; amounts in cents, before discounts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) kind: LineKind,
    pub(crate) plan: Plan,
    pub(crate) quantity: i64,
    pub(crate) amount: i64,
    pub(crate) discount: i64,
    pub(crate) span: Span,
}

impl Line {
    /// A period at its full price.
    pub(crate) fn period(plan: Plan, quantity: i64, span: Span) -> Self {
        Line {
            kind: LineKind::Period,
            plan,
            quantity,
            amount: plan.amount.saturating_mul(quantity),
            discount: 0,
            span,
        }
    }

    /// The price of what is left of a period, charged or (negative) credited.
    pub(crate) fn rest(plan: Plan, quantity: i64, sign: i64, rest: Span, period: Span) -> Self {
        let price = plan.amount.saturating_mul(quantity).saturating_mul(sign);
        let left = price.saturating_mul(rest.end.seconds_since(rest.start));
        let amount = left.checked_div(period.end.seconds_since(period.start));
        Line {
            kind: LineKind::Proration,
            amount: amount.unwrap_or_default(),
            ..Line::period(plan, quantity, rest)
        }
    }

    /// Half a period's price, charged or (negative) credited.
    pub(crate) fn half(plan: Plan, sign: i64, span: Span) -> Self {
        Line {
            kind: LineKind::Proration,
            amount: (plan.amount / 2).saturating_mul(sign),
            ..Line::period(plan, 1, span)
        }
    }
}

/// An invoice; amounts in cents.
#[derive(Clone, Debug)]
pub(crate) struct Invoice {
    pub(crate) number: u32,
    pub(crate) created: Timestamp,
    pub(crate) reason: &'static str,
    pub(crate) paid: bool,
    /// Number of payment attempts.
    pub(crate) attempts: u32,
    pub(crate) lines: Vec<Line>,
    pub(crate) starting_balance: i64,
    pub(crate) names_user: bool,
    /// Its own period, which on a renewal is the one that just ended.
    pub(crate) span: Span,
}

impl Invoice {
    pub(crate) fn subtotal(&self) -> i64 {
        self.lines.iter().map(|line| line.amount).sum()
    }

    pub(crate) fn discount(&self) -> i64 {
        self.lines.iter().map(|line| line.discount).sum()
    }

    pub(crate) fn total(&self) -> i64 {
        self.subtotal().saturating_sub(self.discount())
    }

    /// The amount due after the customer's balance, which is negative where the
    /// customer has credit.
    pub(crate) fn due(&self) -> i64 {
        self.total().saturating_add(self.starting_balance).max(0)
    }

    /// The customer's balance afterwards.
    pub(crate) fn ending_balance(&self) -> i64 {
        let used = self.total().saturating_sub(self.due());
        self.starting_balance.saturating_add(used)
    }

    pub(crate) fn amount_paid(&self) -> i64 {
        if self.paid { self.due() } else { 0 }
    }
}

/// A pack of the seeded catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pack {
    pub(crate) price: &'static str,
    pub(crate) payment_link: &'static str,
    /// Price of one, in cents.
    pub(crate) amount: i64,
}

/// 1,000 credits.
pub(crate) const PACK: Pack = Pack {
    price: "price_test_pack_1000",
    payment_link: "plink_test_pack_1000",
    amount: 500,
};

/// The purchase of a checkout.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purchase {
    /// A subscription, with the total of its first invoice before and after
    /// discounts.
    Subscription {
        plan: Plan,
        quantity: i64,
        subtotal: i64,
        total: i64,
    },
    /// A pack, named by the payment link it was bought through.
    PackByLink(Pack),
    /// Several of a pack, named by the session's metadata.
    PackByPrice(Pack, i64),
    /// Several of a pack, bought through a link of its own: only the session's
    /// line items, which no event carries, name the price.
    PackByLineItems(Pack, i64),
}

/// A checkout session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    pub(crate) number: u32,
    pub(crate) created: Timestamp,
    pub(crate) payment_status: &'static str,
    pub(crate) purchase: Purchase,
}

/// The charge of the payment with this number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Charge {
    pub(crate) payment: u32,
    pub(crate) created: Timestamp,
    pub(crate) amount: i64,
    pub(crate) refunded: i64,
    /// Whether it paid the invoice with this number rather than a pack.
    pub(crate) of_invoice: bool,
}

/// A refund of the payment with this number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refund {
    pub(crate) payment: u32,
    pub(crate) created: Timestamp,
    pub(crate) amount: i64,
    pub(crate) status: &'static str,
    /// Its earlier status, on updates.
    pub(crate) previously: Option<&'static str>,
}

/// A dispute of the payment with this number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dispute {
    /// Stripe has used two prefixes for the ids of disputes.
    pub(crate) prefix: &'static str,
    pub(crate) payment: u32,
    pub(crate) created: Timestamp,
    pub(crate) amount: i64,
    /// Balance transactions so far: none, a withdrawal, and its reversal.
    pub(crate) moved: &'static [Moved],
    pub(crate) status: &'static str,
}

/// A balance transaction of a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moved {
    Withdrawn,
    Reinstated,
}

/// A credit note of the invoice with this number, to the customer's balance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CreditNote {
    pub(crate) invoice: u32,
    pub(crate) created: Timestamp,
    pub(crate) amount: i64,
}

/// The payment with this number, in a state such as `succeeded`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payment {
    pub(crate) number: u32,
    pub(crate) created: Timestamp,
    pub(crate) amount: i64,
    pub(crate) status: &'static str,
    /// Whether it pays the invoice with this number rather than a pack.
    pub(crate) of_invoice: bool,
}

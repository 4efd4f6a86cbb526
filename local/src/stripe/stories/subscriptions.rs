//! Stories of subscriptions: bought, renewed, changed, ended, unpaid, on trial
//! and free.

use shared::domain::Timestamp;

use super::membership::{Membership, NamedBy};
use crate::stripe::script::{
    ANNUAL, DAY, Ending, Invoice, Line, Object, PRO, PRO_PLUS, ROLLOVER, Span, TimedEvent,
    half_a_year_before,
};

pub(crate) fn subscribe(start: Timestamp) -> Vec<TimedEvent> {
    Membership::bought(start, PRO, NamedBy::Checkout).reported()
}

pub(crate) fn renew(start: Timestamp) -> Vec<TimedEvent> {
    let mut story = Membership::bought(start, PRO, NamedBy::Both);
    story.renews();
    story.reported()
}

/// Upgrade in mid-period, invoiced at once.
pub(crate) fn upgrade(start: Timestamp) -> Vec<TimedEvent> {
    let mut story = Membership::bought(start, PRO, NamedBy::Both);
    let period = story.state.period;
    let rest = period.second_half();
    story.at = rest.start;
    let invoice = story.next_invoice("subscription_update", period);
    story.changes(|state| {
        state.plan = PRO_PLUS;
        state.latest_invoice = invoice.number;
    });
    story.pays(Invoice {
        lines: vec![Line::half(PRO, -1, rest), Line::half(PRO_PLUS, 1, rest)],
        ..invoice
    });
    story.reported()
}

/// Downgrade in mid-period; the renewal's invoice has the difference.
pub(crate) fn downgrade(start: Timestamp) -> Vec<TimedEvent> {
    let mut story = Membership::bought(start, PRO_PLUS, NamedBy::Metadata);
    let rest = story.state.period.second_half();
    story.at = rest.start;
    story.changes(|state| state.plan = PRO);
    let mut invoice = story.next_period();
    invoice
        .lines
        .extend([Line::half(PRO_PLUS, -1, rest), Line::half(PRO, 1, rest)]);
    story.pays_after_draft(invoice);
    story.reported()
}

pub(crate) fn cancel_at_period_end(start: Timestamp) -> Vec<TimedEvent> {
    let mut story = Membership::bought(start, PRO, NamedBy::Checkout);
    let asked_at = start.plus_seconds(10 * DAY);
    story.at = asked_at;
    story.changes(|state| {
        state.ending = Ending::Flag;
        state.canceled_at = Some(asked_at);
    });
    story.at = story.state.period.end;
    story.ends();
    story.reported()
}

pub(crate) fn cancel_then_resume(start: Timestamp) -> Vec<TimedEvent> {
    let mut story = Membership::bought(start, PRO, NamedBy::Checkout);
    let asked_at = start.plus_seconds(10 * DAY);
    story.at = asked_at;
    story.changes(|state| {
        state.ending = Ending::Portal;
        state.canceled_at = Some(asked_at);
    });
    story.at = start.plus_seconds(12 * DAY);
    story.changes(|state| {
        state.ending = Ending::Never;
        state.canceled_at = None;
    });
    story.reported()
}

/// The renewal's payment fails and succeeds two days later.
pub(crate) fn payment_failed(start: Timestamp) -> Vec<TimedEvent> {
    let mut story = Membership::bought(start, PRO, NamedBy::Metadata);
    let mut invoice = story.next_period();
    story.at = story.at.plus_seconds(3_601);
    let failed = Invoice {
        paid: false,
        ..invoice.clone()
    };
    story.report("invoice.payment_failed", Object::Invoice(failed));
    story.changes(|state| state.status = "past_due");
    story.at = story.at.plus_seconds(2 * DAY);
    invoice.attempts = 2;
    story.pays(invoice);
    story.changes(|state| state.status = "active");
    story.reported()
}

pub(crate) fn trial_to_paid(start: Timestamp) -> Vec<TimedEvent> {
    let mut story = Membership::trial(start, PRO, 7, NamedBy::Both);
    story.trial_ends();
    story.reported()
}

pub(crate) fn refund_invoice(start: Timestamp) -> Vec<TimedEvent> {
    let mut story = Membership::bought(start, PRO, NamedBy::Checkout);
    story.at = start.plus_seconds(2 * DAY);
    story.refunds(1, PRO.amount);
    story.reported()
}

/// One month, half a year before the start, refunded at the start.
pub(crate) fn refund_expired(start: Timestamp) -> Vec<TimedEvent> {
    let long_ago = half_a_year_before(start);
    let mut story = Membership::bought(long_ago, PRO, NamedBy::Metadata);
    story.at = story.state.period.end;
    story.ends();
    story.at = start;
    story.refunds(1, PRO.amount);
    story.reported()
}

pub(crate) fn delete_customer(start: Timestamp) -> Vec<TimedEvent> {
    let mut story = Membership::bought(start, PRO, NamedBy::Checkout);
    story.at = start.plus_seconds(10 * DAY);
    story.ends();
    story.report("customer.deleted", Object::Customer);
    story.reported()
}

pub(crate) fn quantity_two(start: Timestamp) -> Vec<TimedEvent> {
    let mut story = Membership::new(start, PRO, NamedBy::Both);
    story.state.quantity = 2;
    let invoice = story.first_invoice();
    story.begins(invoice);
    story.reported()
}

/// A 100 % discount: the line still has the full amount.
pub(crate) fn full_discount(start: Timestamp) -> Vec<TimedEvent> {
    let mut story = Membership::new(start, PRO, NamedBy::Both);
    let mut invoice = story.first_invoice();
    for line in &mut invoice.lines {
        line.discount = line.amount;
    }
    story.begins(invoice);
    story.reported()
}

/// The customer's balance covers the whole price, so nothing is charged.
pub(crate) fn customer_balance(start: Timestamp) -> Vec<TimedEvent> {
    let mut story = Membership::new(start, PRO, NamedBy::Metadata);
    let invoice = Invoice {
        starting_balance: -PRO.amount,
        ..story.first_invoice()
    };
    story.begins(invoice);
    story.reported()
}

pub(crate) fn annual(start: Timestamp) -> Vec<TimedEvent> {
    Membership::bought(start, ANNUAL, NamedBy::Both).reported()
}

pub(crate) fn rollover(start: Timestamp) -> Vec<TimedEvent> {
    let mut story = Membership::bought(start, ROLLOVER, NamedBy::Checkout);
    story.renews();
    story.reported()
}

/// A quarter of the first invoice is credited to the customer's balance.
pub(crate) fn credit_note(start: Timestamp) -> Vec<TimedEvent> {
    let mut story = Membership::bought(start, PRO, NamedBy::Both);
    story.at = start.plus_seconds(2 * DAY);
    story.credits(1, PRO.amount / 4);
    story.reported()
}

/// Changes of the quantity in the story of the long invoice, a day apart.
const SEAT_CHANGES: i64 = 12;

/// A second unit comes for a day and goes for a day, over and over; all of it is
/// billed with the renewal: two prorations for each change, and the new month.
pub(crate) fn long_invoice(start: Timestamp) -> Vec<TimedEvent> {
    let mut story = Membership::bought(start, PRO, NamedBy::Both);
    let period = story.state.period;
    let mut prorations = Vec::new();
    for day in 1..=SEAT_CHANGES {
        story.at = start.plus_seconds(day * DAY);
        let rest = Span {
            start: story.at,
            end: period.end,
        };
        let before = story.state.quantity;
        let after = 3 - before;
        story.changes(|state| state.quantity = after);
        prorations.push(Line::rest(PRO, before, -1, rest, period));
        prorations.push(Line::rest(PRO, after, 1, rest, period));
    }
    let mut invoice = story.next_period();
    invoice.lines.extend(prorations);
    story.pays_after_draft(invoice);
    story.reported()
}

//! Stories of packs: paid at once or later, refunded, disputed.

use shared::domain::Timestamp;

use crate::stripe::script::{
    Charge, DAY, Dispute, HOUR, Moved, Object, PACK, Purchase, Refund, Session, TimedEvent,
};

/// A checkout of a pack at a time.
fn session(at: Timestamp, number: u32, payment_status: &'static str) -> Session {
    Session {
        number,
        created: at,
        payment_status,
        purchase: Purchase::PackByLink(PACK),
    }
}

fn completed(session: Session) -> TimedEvent {
    let at = session.created;
    TimedEvent::new(at, "checkout.session.completed", Object::Session(session))
}

pub(crate) fn buy_pack(start: Timestamp) -> Vec<TimedEvent> {
    vec![completed(session(start, 1, "paid"))]
}

pub(crate) fn buy_pack_by_price(start: Timestamp) -> Vec<TimedEvent> {
    vec![completed(Session {
        purchase: Purchase::PackByPrice(PACK, 3),
        ..session(start, 1, "paid")
    })]
}

/// Two packs through a link that the catalogue does not name.
pub(crate) fn buy_pack_by_line_items(start: Timestamp) -> Vec<TimedEvent> {
    vec![completed(Session {
        purchase: Purchase::PackByLineItems(PACK, 2),
        ..session(start, 1, "paid")
    })]
}

/// A bank debit: the checkout completes days before the money arrives.
fn delayed(start: Timestamp, event_type: &'static str, status: &'static str) -> Vec<TimedEvent> {
    let waiting = session(start, 1, "unpaid");
    let settled = Session {
        payment_status: status,
        ..waiting
    };
    let later = start.plus_seconds(3 * DAY);
    vec![
        completed(waiting),
        TimedEvent::new(later, event_type, Object::Session(settled)),
    ]
}

pub(crate) fn buy_pack_delayed(start: Timestamp) -> Vec<TimedEvent> {
    delayed(start, "checkout.session.async_payment_succeeded", "paid")
}

pub(crate) fn buy_pack_delayed_failed(start: Timestamp) -> Vec<TimedEvent> {
    delayed(start, "checkout.session.async_payment_failed", "unpaid")
}

/// The event of a refund's state at a time.
fn refund(
    at: Timestamp,
    created: Timestamp,
    event_type: &'static str,
    (amount, status): (i64, &'static str),
) -> TimedEvent {
    let refund = Refund {
        payment: 1,
        created,
        amount,
        status,
        previously: (event_type == "refund.updated").then_some("pending"),
    };
    TimedEvent::new(at, event_type, Object::Refund(refund))
}

/// The event of the pack's charge with its total refunded amount.
fn refunded(at: Timestamp, start: Timestamp, refunded: i64) -> TimedEvent {
    let charge = Charge {
        payment: 1,
        created: start,
        amount: PACK.amount,
        refunded,
        of_invoice: false,
    };
    TimedEvent::new(at, "charge.refunded", Object::Charge(charge))
}

/// A pack with a refund of this amount a day later.
fn refund_of(start: Timestamp, amount: i64) -> Vec<TimedEvent> {
    let later = start.plus_seconds(DAY);
    vec![
        completed(session(start, 1, "paid")),
        refund(later, later, "refund.created", (amount, "succeeded")),
        refunded(later, start, amount),
    ]
}

pub(crate) fn refund_partial(start: Timestamp) -> Vec<TimedEvent> {
    refund_of(start, PACK.amount * 2 / 5)
}

pub(crate) fn refund_full(start: Timestamp) -> Vec<TimedEvent> {
    refund_of(start, PACK.amount)
}

pub(crate) fn refund_failed(start: Timestamp) -> Vec<TimedEvent> {
    let asked = start.plus_seconds(DAY);
    let bounced = start.plus_seconds(4 * DAY);
    let amount = PACK.amount;
    vec![
        completed(session(start, 1, "paid")),
        refund(asked, asked, "refund.created", (amount, "pending")),
        refunded(asked, start, amount),
        refund(bounced, asked, "refund.updated", (amount, "failed")),
        refund(bounced, asked, "refund.failed", (amount, "failed")),
    ]
}

const GONE: &[Moved] = &[Moved::Withdrawn];
const BACK: &[Moved] = &[Moved::Withdrawn, Moved::Reinstated];

/// A dispute of the first pack, step by step.
#[derive(Clone, Copy)]
struct Disputed {
    prefix: &'static str,
    opened: Timestamp,
}

impl Disputed {
    fn step(
        self,
        at: Timestamp,
        event_type: &'static str,
        (status, moved): (&'static str, &'static [Moved]),
    ) -> TimedEvent {
        let dispute = Dispute {
            prefix: self.prefix,
            payment: 1,
            created: self.opened,
            amount: PACK.amount,
            moved,
            status,
        };
        TimedEvent::new(at, event_type, Object::Dispute(dispute))
    }

    fn opens(self) -> [TimedEvent; 2] {
        let status = "needs_response";
        let second = self.opened.plus_seconds(1);
        [
            self.step(self.opened, "charge.dispute.created", (status, &[])),
            self.step(second, "charge.dispute.funds_withdrawn", (status, GONE)),
        ]
    }

    fn is_won(self, at: Timestamp) -> [TimedEvent; 2] {
        [
            self.step(at, "charge.dispute.closed", ("won", GONE)),
            self.step(at, "charge.dispute.funds_reinstated", ("won", BACK)),
        ]
    }
}

fn disputed(start: Timestamp, prefix: &'static str) -> (Disputed, Vec<TimedEvent>) {
    let dispute = Disputed {
        prefix,
        opened: start.plus_seconds(5 * DAY),
    };
    let mut story = vec![completed(session(start, 1, "paid"))];
    story.extend(dispute.opens());
    (dispute, story)
}

pub(crate) fn dispute_lost(start: Timestamp) -> Vec<TimedEvent> {
    let (dispute, mut story) = disputed(start, "dp");
    let closed = start.plus_seconds(30 * DAY);
    story.push(dispute.step(closed, "charge.dispute.closed", ("lost", GONE)));
    story
}

pub(crate) fn dispute_won(start: Timestamp) -> Vec<TimedEvent> {
    let (dispute, mut story) = disputed(start, "du");
    story.extend(dispute.is_won(start.plus_seconds(30 * DAY)));
    story
}

pub(crate) fn dispute_won_after_pack(start: Timestamp) -> Vec<TimedEvent> {
    let (dispute, mut story) = disputed(start, "du");
    let second = start.plus_seconds(8 * DAY + HOUR);
    story.push(completed(session(second, 2, "paid")));
    story.extend(dispute.is_won(start.plus_seconds(30 * DAY)));
    story
}

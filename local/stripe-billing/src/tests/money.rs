//! How invoices end, and how money goes back.

use super::*;
use crate::act::{DisputeEnd, NoteBy, NoteTo};
use crate::objects::{InvoiceStatus, SubscriptionStatus};

fn declined() -> Act {
    Act::Card {
        user: 0,
        works: false,
    }
}

#[test]
fn an_upgrade_that_is_declined_is_credited_all_the_same() {
    let world = run(vec![
        at(0, subscribe(0)),
        at(15, declined()),
        at(0, to(1)),
        at(0, to(0)),
    ]);
    assert_eq!(world.invoices[1].status, InvoiceStatus::Open);
    assert_eq!(world.subscriptions[0].status, SubscriptionStatus::Active);
    assert_eq!(amounts(&world, 2), [-1_000, 500]);
    assert_eq!(world.customers[0].balance, -500);
    assert!(kinds(&world).contains(&"invoice.payment_failed"));
}

#[test]
fn a_declined_renewal_makes_past_due_until_it_is_paid() {
    let steps = vec![at(0, subscribe(0)), at(15, declined()), at(16, Act::Pass)];
    let world = run(steps.clone());
    assert_eq!(world.subscriptions[0].status, SubscriptionStatus::PastDue);
    let mut paid = steps;
    paid.push(at(3, Act::Pay { invoice: 0 }));
    let world = run(paid);
    assert_eq!(world.subscriptions[0].status, SubscriptionStatus::Active);
    assert_eq!(world.invoices[1].paid_at, Some(world.now()));
}

#[test]
fn a_first_charge_that_fails_expires_after_23_hours() {
    let steps = vec![at(0, declined()), at(0, subscribe(0))];
    let world = run(steps.clone());
    assert_eq!(
        world.subscriptions[0].status,
        SubscriptionStatus::Incomplete
    );
    let mut later = steps;
    later.push(at(1, Act::Pass));
    let world = run(later);
    assert_eq!(
        world.subscriptions[0].status,
        SubscriptionStatus::IncompleteExpired
    );
    assert_eq!(world.invoices[0].status, InvoiceStatus::Void);
}

#[test]
fn a_voided_invoice_gives_back_what_it_took_from_the_balance() {
    let world = run(vec![
        at(0, subscribe(1)),
        at(15, to(0)),
        at(0, declined()),
        at(16, Act::Void { invoice: 0 }),
    ]);
    assert_eq!(world.invoices[2].status, InvoiceStatus::Void);
    assert_eq!(world.customers[0].balance, -500);
}

#[test]
fn an_uncollectible_invoice_can_still_be_paid() {
    let sent = subscribe_with(0, 0, 0, Collection::Send);
    let world = run(vec![
        at(0, sent),
        at(5, Act::Uncollectible { invoice: 0 }),
        at(5, Act::Pay { invoice: 0 }),
    ]);
    let invoice = &world.invoices[0];
    assert_eq!(
        (invoice.status, invoice.amount_paid),
        (InvoiceStatus::Paid, 1_000)
    );
    assert!(invoice.uncollectible_at < invoice.paid_at);
}

#[test]
fn refunds_add_up_at_the_charge_and_a_failed_one_counts_no_longer() {
    let half = Act::Refund {
        payment: 0,
        percent: 50,
    };
    let world = run(vec![at(0, subscribe(0)), at(1, half), at(0, half)]);
    assert_eq!(world.payments[0].refunded, 750);
    let world = run(vec![
        at(0, subscribe(0)),
        at(1, half),
        at(0, half),
        at(1, Act::FailRefund { refund: 0 }),
    ]);
    assert_eq!(world.payments[0].refunded, 250);
    let tail = &kinds(&world)[3..];
    let made = ["refund.created", "charge.refunded"];
    assert_eq!(
        tail,
        [
            made[0],
            made[1],
            made[0],
            made[1],
            "refund.updated",
            "refund.failed"
        ]
    );
}

#[test]
fn a_credit_note_before_payment_lowers_what_is_due() {
    let sent = subscribe_with(0, 0, 0, Collection::Send);
    let note = Act::CreditNote {
        invoice: 0,
        percent: 40,
        by: NoteBy::Amount,
        to: NoteTo::Card,
    };
    let world = run(vec![
        at(0, sent),
        at(1, note),
        at(1, Act::Pay { invoice: 0 }),
    ]);
    let invoice = &world.invoices[0];
    assert_eq!(
        (invoice.total, invoice.amount_due, invoice.amount_paid),
        (1_000, 600, 600)
    );
    assert_eq!(
        (world.notes[0].pre_payment, invoice.pre_payment_notes),
        (400, 400)
    );
    let voided = run(vec![
        at(0, sent),
        at(1, note),
        at(1, Act::VoidCreditNote { note: 0 }),
    ]);
    assert_eq!(voided.invoices[0].amount_due, 1_000);
    assert!(voided.notes[0].voided_at.is_some());
}

#[test]
fn a_credit_note_for_all_that_is_due_settles_the_invoice() {
    let sent = subscribe_with(0, 0, 0, Collection::Send);
    let note = Act::CreditNote {
        invoice: 0,
        percent: 100,
        by: NoteBy::Amount,
        to: NoteTo::Card,
    };
    let world = run(vec![at(0, sent), at(1, note)]);
    assert_eq!(world.invoices[0].status, InvoiceStatus::Paid);
    assert!(world.payments.is_empty());
}

#[test]
fn a_credit_note_after_payment_goes_to_card_balance_or_outside() {
    let note = |to| Act::CreditNote {
        invoice: 0,
        percent: 30,
        by: NoteBy::Amount,
        to,
    };
    let world = run(vec![
        at(0, subscribe(0)),
        at(1, note(NoteTo::Card)),
        at(1, note(NoteTo::Balance)),
        at(1, note(NoteTo::OutOfBand)),
    ]);
    assert_eq!(world.refunds[0].amount, 300);
    assert_eq!(world.customers[0].balance, -210);
    assert_eq!(
        (
            world.notes[2].out_of_band,
            world.invoices[0].post_payment_notes
        ),
        (147, 657)
    );
}

#[test]
fn a_credit_note_names_lines_with_an_amount() {
    let note = Act::CreditNote {
        invoice: 1,
        percent: 50,
        by: NoteBy::Line(0),
        to: NoteTo::Balance,
    };
    let world = run(vec![at(0, subscribe(0)), at(15, to(1)), at(0, note)]);
    let named = world.notes[0].line.as_ref().unwrap();
    assert_eq!(
        (named.line_id.as_str(), named.amount, world.notes[0].amount),
        ("il_3", 500, 500)
    );
}

#[test]
fn a_dispute_moves_money_in_the_accounts_currency() {
    let dispute = Act::Dispute {
        payment: 0,
        percent: 100,
        foreign: true,
    };
    let close = |end| Act::CloseDispute { dispute: 0, end };
    let moved = |end| {
        let world = run(vec![
            at(0, subscribe(0)),
            at(1, dispute),
            at(20, close(end)),
        ]);
        let amounts = world.disputes[0].transactions.iter().map(|it| it.amount);
        (amounts.collect::<Vec<_>>(), world.payments[0].disputed)
    };
    assert_eq!(moved(DisputeEnd::Lost), (vec![-800], 1_000));
    assert_eq!(moved(DisputeEnd::Won), (vec![-800, 800], 0));
    assert_eq!(moved(DisputeEnd::WonPart(25)), (vec![-800, 200], 750));
}

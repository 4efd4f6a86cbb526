//! Returned money: refunds, disputes, credit notes; and late payment.

use super::harness::*;
use crate::billing::{
    BillingEvent, CreditNoteLine, CreditNoteSnapshot, DisputeSnapshot, EventOutcome, Fact,
    ParkReason, RefundStatus,
};

const LOT: &str = "sub:in_1:il_1";

pub(super) fn dispute(name: &str, moved: bool, transactions: &[(&str, i64)]) -> BillingEvent {
    let transactions = transactions.iter().map(|(txn, amount)| (id(txn), *amount));
    event(
        name,
        Fact::Dispute(DisputeSnapshot {
            id: id("dp_1"),
            payment: id("pi_1"),
            amount_minor: 2000,
            transactions: transactions.collect(),
            moved,
        }),
    )
}

pub(super) fn note(
    total_minor: u64,
    lines: &[(&str, u64)],
    refunds: &[(&str, u64)],
) -> CreditNoteSnapshot {
    CreditNoteSnapshot {
        id: id("cn_1"),
        invoice: id("in_1"),
        parties: nobody(),
        voided: false,
        total_minor,
        lines: lines
            .iter()
            .map(|(line, amount_minor)| CreditNoteLine {
                line: Some(id(line)),
                amount_minor: *amount_minor,
            })
            .collect(),
        complete: true,
        refunds: refunds
            .iter()
            .map(|(refund, amount)| (id(refund), *amount))
            .collect(),
    }
}

pub(super) fn credit_note(name: &str, note: CreditNoteSnapshot) -> BillingEvent {
    event(name, Fact::CreditNote(note))
}

/// The first month and its payment, then these; this much of its lot is clawed back.
#[track_caller]
fn check(more: &[BillingEvent], gone: &str) {
    let mut events = vec![first_month(), payment("in_1", Some("pi_1"))];
    events.extend_from_slice(more);
    let telling = in_every_order(&events);
    check_applied(&telling, &events);
    check_gone(&telling, LOT, gone);
}

#[test]
fn a_refund_takes_its_share_and_gives_it_back_when_it_fails() {
    let of = |status| refund("re_1", "pi_1", 500, status);
    check(&[], "0");
    check(&[of(RefundStatus::Pending)], "500");
    check(
        &[of(RefundStatus::Pending), of(RefundStatus::Succeeded)],
        "500",
    );
    check(&[of(RefundStatus::Pending), of(RefundStatus::Failed)], "0");
}

#[test]
fn a_refund_of_a_part_that_was_paid_from_the_balance_is_a_share_of_the_total() {
    let mut half = invoice("in_1", vec![line("il_1", "price_pro", 2000, NOVEMBER)]);
    half.paid_minor = 500;
    let events = vec![
        event("in_1", Fact::InvoicePaid(half)),
        payment("in_1", Some("pi_1")),
        refund("re_1", "pi_1", 500, RefundStatus::Succeeded),
    ];
    check_gone(&in_every_order(&events), LOT, "500");
}

#[test]
fn a_dispute_that_was_won_in_part_gives_back_that_part() {
    let opened = dispute("opened", true, &[("txn_1", -2000)]);
    let closed = dispute("closed", true, &[("txn_1", -2000), ("txn_2", 500)]);
    check(std::slice::from_ref(&opened), "2000");
    check(&[opened, closed], "1500");
}

#[test]
fn of_a_dispute_in_another_currency_only_the_ratio_counts() {
    let closed = dispute("closed", true, &[("txn_1", -1800), ("txn_2", 900)]);
    check(&[closed], "1000");
}

#[test]
fn a_warning_moves_nothing() {
    check(&[dispute("warning", false, &[])], "0");
}

#[test]
fn a_dispute_that_moved_money_and_does_not_say_how_much_waits_for_a_person() {
    let mut telling = reported(&[first_month(), payment("in_1", Some("pi_1"))]);
    let silent = dispute("silent", true, &[]);
    assert_eq!(telling.report(&silent), EventOutcome::NeedsOperator);
    let waits = Some(ParkReason::Operator(silent.id.clone()));
    assert_eq!(telling.record(&silent).waits_for, waits);
    check_gone(&telling, LOT, "0");
    // Another event reports it, and this one has nothing to add.
    telling.report(&dispute("told", true, &[("txn_1", -2000)]));
    check_gone(&telling, LOT, "2000");
    assert_eq!(telling.report(&silent), EventOutcome::Applied);
    assert_eq!(telling.world.reasons(), []);
}

#[test]
fn a_credit_note_of_an_amount_takes_its_share_once_with_its_refund() {
    let given = || credit_note("note", note(500, &[], &[("re_1", 500)]));
    check(&[given()], "500");
    check(
        &[
            given(),
            refund("re_1", "pi_1", 500, RefundStatus::Succeeded),
        ],
        "500",
    );
}

#[test]
fn a_void_credit_note_takes_nothing() {
    let given = note(500, &[], &[]);
    let void = CreditNoteSnapshot {
        voided: true,
        ..given.clone()
    };
    check(
        &[credit_note("note", given), credit_note("void", void)],
        "0",
    );
}

#[test]
fn a_credit_note_that_names_a_line_takes_of_that_lot_alone() {
    let events = vec![
        paid(
            "in_1",
            vec![
                line("il_1", "price_pro", 2000, NOVEMBER),
                line("il_2", "price_team", 5000, NOVEMBER),
            ],
        ),
        credit_note("note", note(1000, &[("il_1", 1000)], &[])),
    ];
    let telling = in_every_order(&events);
    check_applied(&telling, &events);
    check_gone(&telling, LOT, "1000");
    check_gone(&telling, "sub:in_1:il_2", "0");
}

#[test]
fn unused_time_and_returned_money_take_at_most_all_of_a_lot() {
    let credit = line("il_a", "price_pro", -1000, ("2025-11-16", "2025-12-01"));
    let events = vec![
        first_month(),
        payment("in_1", Some("pi_1")),
        paid("in_2", vec![credit.of("in_1", "il_1")]),
        refund("re_1", "pi_1", 1500, RefundStatus::Succeeded),
    ];
    check_gone(&in_every_order(&events), LOT, "2000");
}

#[test]
fn a_late_payer_can_still_spend_the_credits() {
    let mut late = invoice("in_1", vec![line("il_1", "price_pro", 2000, NOVEMBER)]);
    late.paid_at = Some(at("2025-12-20"));
    let mut telling = Telling::new();
    telling.now = at("2025-12-20");
    telling.report(&event("in_1", Fact::InvoicePaid(late)));
    let lots = telling.lots();
    assert_eq!(lots[LOT].terms.expires_at, Some(at("2025-12-23")));
    assert_eq!(lots[LOT].lapsed, credits("0"));
}

#[test]
fn a_refund_of_a_year_takes_its_last_months_first() {
    let year = line("il_1", "price_year", 24_000, ("2025-11-01", "2026-11-01"));
    let events = vec![
        paid("in_1", vec![year]),
        payment("in_1", Some("pi_1")),
        refund("re_1", "pi_1", 5000, RefundStatus::Succeeded),
    ];
    let telling = in_every_order(&events);
    check_worth(&telling, 19_000_000, 1);
    check_gone(&telling, "sub:in_1:il_1:0", "0");
    let schedule = &telling.account().schedules[0];
    let gone = |number| schedule.targets.target(number, credits("2000"));
    assert_eq!(
        [8, 9, 10, 11].map(gone),
        ["0", "1000", "2000", "2000"].map(credits)
    );
}

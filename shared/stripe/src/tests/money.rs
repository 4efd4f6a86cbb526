//! The facts of refunds, disputes and credit notes, in both shapes: until acacia and
//! since basil.

use super::*;

#[test]
fn money_that_goes_back_is_reported_by_its_payment() {
    let refund = |status| {
        Fact::Refund(RefundSnapshot {
            id: id("re_1"),
            payment: id("pi_1"),
            amount_minor: 700,
            status,
        })
    };
    check("refund", refund(RefundStatus::Succeeded));
    for (status, expected) in [
        (json!("pending"), RefundStatus::Pending),
        (json!("requires_action"), RefundStatus::Pending),
        (json!("of_2030"), RefundStatus::Pending),
        (json!(null), RefundStatus::Pending),
        (json!("failed"), RefundStatus::Failed),
        (json!("canceled"), RefundStatus::Failed),
    ] {
        for name in ["refund.updated", "refund.failed", "charge.refund.updated"] {
            let mut event = with(example(SINCE_BASIL, "refund"), "status", status.clone());
            event["type"] = json!(name);
            assert_eq!(fact_of(&event), refund(expected), "{name} {status}");
        }
    }
    check(
        "charge_refunded",
        Fact::ChargeRefunded(ChargeRefunded {
            charge: id("ch_1"),
            payment: id("pi_1"),
            invoice: None,
            refunded_minor: 700,
        }),
    );
    check("customer_deleted", Fact::CustomerDeleted(id("cus_1")));
}

fn dispute(transactions: &[(&str, i64)], moved: bool) -> Fact {
    let transactions = transactions.iter();
    Fact::Dispute(DisputeSnapshot {
        id: id("du_1"),
        payment: id("pi_1"),
        amount_minor: 1500,
        transactions: transactions.map(|(name, it)| (id(name), *it)).collect(),
        moved,
    })
}

#[test]
fn a_dispute_reports_what_it_moved_so_far() {
    let (taken, back) = (("txn_1", -1500), ("txn_2", 900));
    check("dispute_opened", dispute(&[], false));
    check("dispute_withdrawn", dispute(&[taken], true));
    check("dispute_reinstated", dispute(&[taken, back], true));
    check("dispute_closed", dispute(&[taken, back], false));
    for (name, moved) in [
        ("charge.dispute.created", false),
        ("charge.dispute.updated", false),
        ("charge.dispute.closed", false),
        ("charge.dispute.funds_withdrawn", true),
        ("charge.dispute.funds_reinstated", true),
    ] {
        let mut event = example(SINCE_BASIL, "dispute_withdrawn");
        event["type"] = json!(name);
        assert_eq!(fact_of(&event), dispute(&[taken], moved), "{name}");
    }
}

#[test]
fn a_transaction_that_does_not_say_what_it_moved_is_left_out() {
    for shape in [UNTIL_ACACIA, SINCE_BASIL] {
        for (transactions, expected) in [
            (
                json!(["txn_1", {"id": "txn_2", "amount": 5}]),
                vec![("txn_2", 5)],
            ),
            (
                json!([{"id": "txn_1"}, {"amount": 5}, {"id": "a#b", "amount": 5}]),
                vec![],
            ),
            (json!([{"id": "txn_1", "amount": 0.5}, null, 7]), vec![]),
            (
                json!([{"id": "txn_1", "amount": 5}, {"id": "txn_1", "amount": 5}]),
                vec![("txn_1", 5)],
            ),
            (json!(null), vec![]),
            (json!({}), vec![]),
        ] {
            let event = example(shape, "dispute_withdrawn");
            let event = with(event, "balance_transactions", transactions);
            assert_eq!(fact_of(&event), dispute(&expected, true), "{event}");
        }
    }
}

#[test]
fn events_without_a_payment_intent_or_moved_money_are_noted() {
    for name in [
        "refund",
        "charge_refunded",
        "dispute_opened",
        "dispute_withdrawn",
        "dispute_reinstated",
        "dispute_closed",
    ] {
        let event = with(example(SINCE_BASIL, name), "payment_intent", json!(null));
        assert_eq!(fact_of(&event), Fact::Noted, "{name}");
    }
    for name in ["dispute_opened", "dispute_withdrawn", "dispute_closed"] {
        for status in ["warning_needs_response", "warning_closed"] {
            let inquiry = with(example(SINCE_BASIL, name), "status", json!(status));
            assert_eq!(fact_of(&inquiry), Fact::Noted);
        }
    }
}

fn note(voided: bool, lines: &[(Option<&str>, u64)], refunds: &[(&str, u64)]) -> Fact {
    let (lines, refunds) = (lines.iter(), refunds.iter());
    let line = |(name, amount_minor): &(Option<&str>, u64)| CreditNoteLine {
        line: name.map(id),
        amount_minor: *amount_minor,
    };
    Fact::CreditNote(CreditNoteSnapshot {
        id: id("cn_1"),
        invoice: id("in_1"),
        parties: parties_of(None, None),
        voided,
        total_minor: 700,
        lines: lines.map(line).collect(),
        complete: true,
        refunds: refunds.map(|(name, part)| (id(name), *part)).collect(),
    })
}

const LINES: &[(Option<&str>, u64)] = &[(Some("il_1"), 500), (None, 100)];

#[test]
fn a_credit_note_reports_its_lines_and_its_refunds() {
    check("credit_note", note(false, LINES, &[("re_1", 700)]));
    check("credit_note_voided", note(true, &[], &[]));
}

#[test]
fn a_credit_note_is_voided_by_its_status_or_by_the_event() {
    for shape in [UNTIL_ACACIA, SINCE_BASIL] {
        for (name, status, voided) in [
            ("credit_note.created", json!("issued"), false),
            ("credit_note.updated", json!("issued"), false),
            ("credit_note.updated", json!("void"), true),
            ("credit_note.updated", json!("of_2030"), false),
            ("credit_note.updated", json!(null), false),
            ("credit_note.voided", json!("issued"), true),
            ("credit_note.voided", json!(null), true),
        ] {
            let mut event = with(example(shape, "credit_note"), "status", status);
            event["type"] = json!(name);
            let expected = note(voided, LINES, &[("re_1", 700)]);
            assert_eq!(fact_of(&event), expected, "{name}");
        }
    }
}

#[test]
fn what_a_credit_note_gave_otherwise_is_no_part_of_its_refund() {
    let balance = |amount: i64| json!({"id": "cbtxn_1", "amount": amount});
    for (place, value, part) in [
        ("out_of_band_amount", json!(200), 500),
        ("out_of_band_amount", json!(900), 0),
        ("out_of_band_amount", json!(null), 700),
        ("out_of_band_amount", json!("x"), 700),
        ("pre_payment_amount", json!(300), 400),
        ("customer_balance_transaction", balance(-250), 450),
        // Its id alone does not state the amount.
        ("customer_balance_transaction", json!("cbtxn_1"), 700),
    ] {
        let event = with(example(UNTIL_ACACIA, "credit_note"), place, value);
        let expected = note(false, LINES, &[("re_1", part)]);
        assert_eq!(fact_of(&event), expected, "{event}");
    }
}

#[test]
fn a_credit_note_may_have_several_refunds_and_some_that_are_none() {
    let refunds = json!([
        {"amount_refunded": 300, "refund": "re_1", "type": "refund"},
        {"amount_refunded": 200, "refund": {"id": "re_2"}},
        {"amount_refunded": 100, "refund": null, "type": "payment_record_refund"},
    ]);
    let event = with(example(SINCE_BASIL, "credit_note"), "refunds", refunds);
    let expected = note(false, LINES, &[("re_1", 300), ("re_2", 200)]);
    assert_eq!(fact_of(&event), expected);
    for damaged in [
        json!({"refund": "re_1"}),
        json!({"refund": "re_1", "amount_refunded": -1}),
    ] {
        let event = example(SINCE_BASIL, "credit_note");
        let (path, _) = problem_of(&with(event, "refunds", json!([damaged])));
        assert_eq!(path, "$.data.object.refunds[0].amount_refunded");
    }
}

#[test]
fn a_credit_note_is_of_its_total_and_else_of_its_amount() {
    for shape in [UNTIL_ACACIA, SINCE_BASIL] {
        let event = with(example(shape, "credit_note"), "amount", json!(900));
        assert_eq!(note_of(&event).total_minor, 700);
        let event = with(event, "total", json!(null));
        assert_eq!(note_of(&event).total_minor, 900);
    }
}

#[test]
fn a_credit_note_says_whether_these_are_all_of_its_lines() {
    let line = json!({"type": "invoice_line_item", "invoice_line_item": "il_1", "amount": 500});
    for (lines, count, complete) in [
        (json!({"data": [line], "has_more": false}), 1, true),
        (json!({"data": [line], "has_more": true}), 1, false),
        (json!({"data": [line]}), 1, true),
        (json!({"data": [line], "has_more": "no"}), 1, false),
        (json!({}), 0, true),
        (json!(null), 0, true),
        (json!({"data": 7}), 0, false),
        (json!([line]), 0, false),
    ] {
        for shape in [UNTIL_ACACIA, SINCE_BASIL] {
            let event = with(example(shape, "credit_note"), "lines", lines.clone());
            let note = note_of(&event);
            assert_eq!(
                (note.lines.len(), note.complete),
                (count, complete),
                "{lines}"
            );
        }
    }
}

#[test]
fn a_credit_note_names_its_user_only_by_its_metadata() {
    for shape in [UNTIL_ACACIA, SINCE_BASIL] {
        let event = example(shape, "credit_note");
        let event = with(event, "metadata", json!({"user_id": "user-1"}));
        let note = note_of(&event);
        assert_eq!(note.parties, parties_of(Some("user-1"), None));
    }
}

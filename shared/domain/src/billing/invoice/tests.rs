//! What was returned of an invoice, as tables: refunds, disputes and credit notes,
//! each amount counted once.

use super::super::fixtures::id;
use super::super::{CreditNoteLine, WHOLE};
use super::*;
use crate::fixtures::at;

/// Paid with `pi_1`; two lines of 1500 and 500, with a discount of 1000 in all.
fn paid() -> Invoice {
    Invoice {
        settled: Some(SettledInvoice {
            user_id: "user-1".parse().unwrap(),
            total_minor: 1000,
            subscriptions: vec![id("sub_1")],
            packs: BTreeMap::new(),
            line_amounts_minor: [(id("il_1"), 1500), (id("il_2"), 500)].into(),
        }),
        payments: [(id("pi_1"), PaymentReturned::default())].into(),
        ..Invoice::default()
    }
}

impl Invoice {
    fn refund(mut self, name: &str, amount_minor: u64) -> Self {
        let payment = self.payments.entry(id("pi_1")).or_default();
        payment.refunds.insert(id(name), amount_minor);
        self
    }

    fn charge(mut self, amount_minor: u64) -> Self {
        self.payments.entry(id("pi_1")).or_default().charge_minor = amount_minor;
        self
    }

    fn failed(mut self, name: &str) -> Self {
        let payment = self.payments.entry(id("pi_1")).or_default();
        payment.refunds.remove(&id(name));
        payment.failed.push(id(name));
        self
    }

    fn note(mut self, note: &CreditNoteSnapshot) -> Self {
        self.note_credit_note(note);
        self
    }
}

/// A credit note with this total, these lines (`-` names none) and these refunds.
fn note(
    name: &str,
    total_minor: u64,
    lines: &[(&str, u64)],
    refunds: &[(&str, u64)],
) -> CreditNoteSnapshot {
    let line = |(line, amount_minor): &(&str, u64)| CreditNoteLine {
        line: (*line != "-").then(|| id(line)),
        amount_minor: *amount_minor,
    };
    CreditNoteSnapshot {
        id: id(name),
        invoice: id("in_1"),
        parties: super::super::Parties::default(),
        voided: false,
        total_minor,
        lines: lines.iter().map(line).collect(),
        complete: true,
        refunds: refunds
            .iter()
            .map(|(name, amount)| (id(name), *amount))
            .collect(),
    }
}

/// What was returned in general, and of the lines.
#[track_caller]
fn check(invoice: &Invoice, general: u64, lines: &[(&str, u64, u64)]) {
    let returned = invoice.returned();
    assert_eq!(returned.invoice.returned_minor, general, "{invoice:#?}");
    let of_lines: Vec<_> = returned
        .lines
        .iter()
        .map(|(line, amount)| (line.as_str(), amount.returned_minor, amount.total_minor))
        .collect();
    assert_eq!(of_lines, lines, "{invoice:#?}");
}

#[test]
fn an_unpaid_invoice_has_returned_nothing() {
    let unpaid = Invoice {
        settled: None,
        ..paid()
    };
    assert!(unpaid.refund("re_1", 500).returned().is_nothing());
    assert!(paid().returned().is_nothing());
}

#[test]
fn refunds_are_a_share_of_the_total_before_the_balance() {
    check(&paid().refund("re_1", 250), 250, &[]);
    let parts = paid().refund("re_1", 250).returned().of_line(&id("il_1"));
    assert_eq!(parts, WHOLE / 4);
    let all = paid().refund("re_1", 2000).returned();
    assert_eq!(all.of_line(&id("il_1")), WHOLE);
}

#[test]
fn a_figure_of_the_charge_counts_as_far_as_no_refund_explains_it() {
    check(&paid().charge(300), 300, &[]);
    check(&paid().refund("re_1", 100).charge(300), 300, &[]);
    check(&paid().refund("re_1", 400).charge(300), 400, &[]);
}

#[test]
fn a_credit_note_and_its_refund_are_one_return() {
    let given = note("cn_1", 250, &[], &[("re_1", 250)]);
    check(&paid().note(&given), 250, &[]);
    check(&paid().note(&given).refund("re_1", 250), 250, &[]);
    check(
        &paid().note(&given).refund("re_1", 250).charge(250),
        250,
        &[],
    );
    // The charge arrives before the refund.
    check(&paid().note(&given).charge(250), 250, &[]);
    let another = paid().note(&given).refund("re_1", 250).refund("re_2", 100);
    check(&another, 350, &[]);
}

#[test]
fn a_credit_note_whose_refund_failed_has_returned_nothing() {
    let given = note("cn_1", 250, &[], &[("re_1", 250)]);
    check(&paid().note(&given).failed("re_1"), 0, &[]);
    let partly = note("cn_1", 250, &[], &[("re_1", 100)]);
    check(&paid().note(&partly).failed("re_1"), 150, &[]);
}

#[test]
fn a_void_credit_note_counts_for_nothing_and_stays_void() {
    let given = note("cn_1", 250, &[("il_1", 250)], &[]);
    let void = CreditNoteSnapshot {
        voided: true,
        ..given.clone()
    };
    check(&paid().note(&given).note(&void), 0, &[]);
    check(&paid().note(&void).note(&given), 0, &[]);
}

#[test]
fn a_credit_note_that_names_lines_returns_those() {
    let given = note("cn_1", 500, &[("il_2", 500)], &[]);
    check(&paid().note(&given), 0, &[("il_2", 500, 500)]);
    let returned = paid().note(&given).returned();
    assert_eq!(returned.of_line(&id("il_2")), WHOLE);
    assert_eq!(returned.of_line(&id("il_1")), 0);
}

#[test]
fn a_credit_note_of_lines_and_something_else_returns_a_part_in_general() {
    let given = note("cn_1", 400, &[("il_2", 300), ("-", 100)], &[]);
    check(&paid().note(&given), 100, &[("il_2", 300, 500)]);
}

#[test]
fn lines_that_two_credit_notes_name_add_up() {
    let one = note("cn_1", 200, &[("il_2", 100), ("il_2", 100)], &[]);
    let other = note("cn_2", 300, &[("il_2", 300)], &[]);
    check(&paid().note(&one).note(&other), 0, &[("il_2", 500, 500)]);
    check(&paid().note(&other).note(&one), 0, &[("il_2", 500, 500)]);
}

#[test]
fn whatever_comes_back_of_a_total_of_nothing_is_all_of_it() {
    let mut free = paid();
    if let Some(settled) = &mut free.settled {
        settled.total_minor = -500;
    }
    assert_eq!(free.returned().of_line(&id("il_1")), 0);
    assert_eq!(
        free.refund("re_1", 1).returned().of_line(&id("il_1")),
        WHOLE
    );
}

#[test]
fn an_invoice_is_read_back_as_it_was_written() {
    assert_eq!(crate::written::written(&Invoice::default()), "{}");
    let pack = PackLot {
        user_id: "user-1".parse().unwrap(),
        lot: "buy:in_1:il_1".parse().unwrap(),
        starts_at: at("2025-11-06"),
        granted: crate::fixtures::credits("100"),
        paid_minor: 500,
    };
    let given = note("cn_1", 400, &[("il_2", 300), ("-", 100)], &[("re_2", 400)]);
    let mut invoice = paid().refund("re_1", 5).failed("re_3").note(&given);
    invoice.bought = Some(pack.clone());
    invoice.waiting = 2;
    if let Some(settled) = &mut invoice.settled {
        settled.packs.insert(id("il_1"), pack);
    }
    let written = crate::written::written(&invoice);
    let read: Invoice = crate::written::read_back(&written);
    assert_eq!(read, invoice);
}

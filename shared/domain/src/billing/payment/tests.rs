//! Refunds, disputes and cumulative figures as tables; neither their order nor
//! their repetition matters.

use proptest::prelude::*;

use super::super::fixtures::{id, shuffled};
use super::*;
use crate::fixtures::{at, cases};
use RefundStatus::{Failed, Pending, Succeeded};

/// A report about a payment.
#[derive(Clone, Debug)]
enum Note {
    /// At which second, how much.
    Refund(&'static str, RefundStatus, u64, i64),
    /// In which event, at which second, how much in all.
    Charge(&'static str, i64, u64),
    /// Of which amount, what moved in which transaction.
    Dispute(&'static str, u64, &'static str, i64),
}
use Note::{Charge, Dispute, Refund};

fn noted(notes: &[Note]) -> Payment {
    let mut payment = Payment::default();
    let moment = |second| at("2025-11-06").plus_seconds(second);
    for note in notes {
        match *note {
            Refund(name, status, amount_minor, second) => {
                let refund = RefundSnapshot {
                    id: id(name),
                    payment: id("pi_1"),
                    amount_minor,
                    status,
                };
                payment.note_refund(&refund, moment(second));
            }
            Charge(event, second, refunded_minor) => {
                let refunded = ChargeRefunded {
                    charge: id("ch_1"),
                    payment: id("pi_1"),
                    invoice: None,
                    refunded_minor,
                };
                payment.note_charge(&refunded, &id(event), moment(second));
            }
            Dispute(name, amount_minor, transaction, moved) => {
                payment.note_dispute(&DisputeSnapshot {
                    id: id(name),
                    payment: id("pi_1"),
                    amount_minor,
                    transactions: [(id(transaction), moved)].into(),
                    moved: true,
                });
            }
        }
    }
    payment
}

fn returned_minor(payment: &Payment) -> u64 {
    payment.returned().of(1).returned_minor
}

/// What is returned after these reports, forwards, backwards and twice.
#[track_caller]
fn check(notes: &[Note], returned: u64) {
    let payment = noted(notes);
    assert_eq!(returned_minor(&payment), returned, "{notes:?}");
    let backwards: Vec<Note> = notes.iter().rev().cloned().collect();
    assert_eq!(noted(&backwards), payment, "backwards: {notes:?}");
    let twice = [notes, &backwards].concat();
    assert_eq!(noted(&twice), payment, "twice: {notes:?}");
}

#[test]
fn a_refund_counts_from_the_moment_it_is_on_its_way_until_it_fails() {
    check(&[], 0);
    check(&[Refund("re_1", Pending, 100, 0)], 100);
    check(&[Refund("re_1", Succeeded, 100, 0)], 100);
    check(&[Refund("re_1", Failed, 100, 0)], 0);
    let pending = Refund("re_1", Pending, 100, 0);
    check(&[pending.clone(), Refund("re_1", Succeeded, 100, 1)], 100);
    check(&[pending, Refund("re_1", Failed, 100, 1)], 0);
    // Stripe may find out later that the money did not arrive.
    let notes = [(Succeeded, 1), (Failed, 2), (Pending, 0)];
    check(
        &notes.map(|(status, second)| Refund("re_1", status, 100, second)),
        0,
    );
}

#[test]
fn several_refunds_of_one_payment_add_up() {
    let refunds = [
        ("re_1", Succeeded, 100),
        ("re_2", Pending, 30),
        ("re_3", Failed, 500),
    ];
    check(
        &refunds.map(|(name, status, amount)| Refund(name, status, amount, 0)),
        130,
    );
}

#[test]
fn the_newest_cumulative_figure_is_a_lower_bound() {
    check(&[Charge("evt_1", 0, 100)], 100);
    check(&[Charge("evt_1", 0, 100), Charge("evt_2", 1, 150)], 150);
    // The newest counts, not the greatest: a failed refund lowers it.
    check(&[Charge("evt_1", 0, 150), Charge("evt_2", 1, 100)], 100);
    // In one second, the greater one is the later.
    check(&[Charge("evt_2", 0, 100), Charge("evt_1", 0, 150)], 150);
    let charge = Charge("evt_1", 9, 150);
    check(&[charge.clone(), Refund("re_1", Succeeded, 100, 9)], 150);
    check(&[charge, Refund("re_1", Pending, 200, 9)], 200);
}

#[test]
fn a_refund_that_failed_since_the_figure_is_taken_from_it() {
    let charge = Charge("evt_1", 5, 150);
    check(&[charge.clone(), Refund("re_1", Failed, 150, 5)], 0);
    check(&[charge.clone(), Refund("re_1", Failed, 100, 9)], 50);
    // What had failed before is not in the figure.
    check(&[charge, Refund("re_1", Failed, 100, 4)], 150);
}

#[test]
fn a_dispute_counts_for_the_share_of_its_amount_that_was_withdrawn_and_stays_so() {
    let taken = Dispute("dp_1", 100, "txn_1", -100);
    check(std::slice::from_ref(&taken), 100);
    check(&[taken.clone(), Dispute("dp_1", 100, "txn_2", 30)], 70);
    check(&[taken, Dispute("dp_1", 100, "txn_2", 100)], 0);
    // The balance has another currency, so only the ratio counts.
    let other = Dispute("dp_1", 1000, "txn_1", -930);
    check(&[other, Dispute("dp_1", 1000, "txn_2", 310)], 667);
}

#[test]
fn a_dispute_without_a_withdrawal_has_moved_nothing() {
    let mut payment = Payment::default();
    payment.note_dispute(&DisputeSnapshot {
        id: id("dp_1"),
        payment: id("pi_1"),
        amount_minor: 100,
        transactions: BTreeMap::new(),
        moved: false,
    });
    assert_eq!(returned_minor(&payment), 0);
    check(&[Dispute("dp_1", 100, "txn_1", 500)], 0);
}

#[test]
fn disputes_count_besides_refunds() {
    let taken = Dispute("dp_1", 25, "txn_1", -25);
    check(&[Charge("evt_1", 0, 100), taken.clone()], 125);
    let too_much = Dispute("dp_2", 40, "txn_2", 500);
    check(&[too_much, taken, Refund("re_1", Succeeded, 7, 0)], 32);
}

#[test]
fn amounts_at_the_limit_add_up_to_the_limit() {
    let notes = [
        Refund("re_1", Succeeded, u64::MAX, 0),
        Refund("re_2", Succeeded, u64::MAX, 0),
        Dispute("dp_1", u64::MAX, "txn_1", i64::MIN),
    ];
    check(&notes, u64::MAX);
}

#[test]
fn only_the_payment_of_a_pack_knows_whose_it_is() {
    let mut payment = Payment {
        invoice: Some(id("in_1")),
        ..Payment::default()
    };
    assert_eq!(payment.user_id(), None);
    payment.pack = Some(a_pack());
    assert_eq!(payment.user_id(), Some(&"user-1".parse().unwrap()));
}

fn a_pack() -> PackLot {
    PackLot {
        user_id: "user-1".parse().unwrap(),
        lot: "buy:pi_1".parse().unwrap(),
        starts_at: at("2025-11-06"),
        granted: Credits::from_milli(100_000),
        paid_minor: 500,
    }
}

#[test]
fn a_payment_is_read_back_as_it_was_written() {
    assert_eq!(crate::written::written(&Payment::default()), "{}");
    let mut payment = noted(&[
        Refund("re_1", Failed, 1, 0),
        Charge("evt_1", 0, 2),
        Dispute("dp_1", 3, "txn_1", -3),
    ]);
    payment.pack = Some(a_pack());
    payment.invoice = Some(id("in_1"));
    payment.subscriptions = vec![id("sub_1")];
    let written = crate::written::written(&payment);
    assert!(written.contains(r#""granted_milli":100000"#), "{written}");
    let read: Payment = crate::written::read_back(&written);
    assert_eq!(read, payment);
}

fn notes() -> impl Strategy<Value = Vec<Note>> {
    let amounts = || prop_oneof![9 => 0..5_u64, 1 => Just(u64::MAX)];
    let refund = (
        prop::sample::select(vec!["re_1", "re_2"]),
        prop::sample::select(vec![Pending, Succeeded, Failed]),
        amounts(),
        0..3_i64,
    );
    let charge = (
        prop::sample::select(vec!["evt_1", "evt_2"]),
        0..3_i64,
        amounts(),
    );
    let dispute = prop::sample::select(vec![
        Dispute("dp_1", 3, "txn_1", -3),
        Dispute("dp_1", 3, "txn_2", 1),
        Dispute("dp_2", 4, "txn_3", -8),
        Dispute("dp_2", 4, "txn_4", 8),
    ]);
    let note = prop_oneof![
        refund.prop_map(|(name, status, amount, at)| Refund(name, status, amount, at)),
        charge.prop_map(|(event, second, amount)| Charge(event, second, amount)),
        dispute,
    ];
    prop::collection::vec(note, 0..10)
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn neither_order_nor_repetition_of_notes_matters(
        (notes, others) in notes().prop_flat_map(|notes| (Just(notes.clone()), shuffled(notes))),
    ) {
        prop_assert_eq!(noted(&others), noted(&notes));
    }
}

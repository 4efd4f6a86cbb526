//! Refunds, disputes and cumulative figures as tables; and that neither their
//! order nor their repetition matters.

use proptest::prelude::*;

use super::super::fixtures::{id, shuffled};
use super::*;
use crate::fixtures::{at, cases};
use DisputePhase::{Reinstated, Withdrawn};
use RefundStatus::{Failed, Pending, Succeeded};

/// Something that is said of a payment.
#[derive(Clone, Debug)]
enum Note {
    Refund(&'static str, RefundStatus, u64),
    /// In which event, at which second, how much in all.
    Charge(&'static str, i64, u64),
    Dispute(&'static str, DisputePhase, u64),
}
use Note::{Charge, Dispute, Refund};

fn noted(notes: &[Note]) -> Payment {
    let mut payment = Payment::default();
    for note in notes {
        match *note {
            Refund(name, status, amount_minor) => payment.note_refund(&RefundSnapshot {
                id: id(name),
                payment: id("pi_1"),
                amount_minor,
                status,
            }),
            Charge(event, second, refunded_minor) => {
                let refunded = ChargeRefunded {
                    charge: id("ch_1"),
                    payment: id("pi_1"),
                    invoice: None,
                    refunded_minor,
                };
                let created = at("2025-11-06").plus_seconds(second);
                payment.note_charge(&refunded, &id(event), created);
            }
            Dispute(name, phase, amount_minor) => payment.note_dispute(&DisputeFunds {
                id: id(name),
                payment: id("pi_1"),
                amount_minor,
                phase,
            }),
        }
    }
    payment
}

/// What is returned after these notes, forwards, backwards and twice.
#[track_caller]
fn check(notes: &[Note], returned_minor: u64) {
    let payment = noted(notes);
    assert_eq!(payment.returned_minor(), returned_minor, "{notes:?}");
    let backwards: Vec<Note> = notes.iter().rev().cloned().collect();
    assert_eq!(noted(&backwards), payment, "backwards: {notes:?}");
    let twice = [notes, &backwards].concat();
    assert_eq!(noted(&twice), payment, "twice: {notes:?}");
}

#[test]
fn a_refund_counts_from_the_moment_it_is_on_its_way_until_it_fails() {
    check(&[], 0);
    check(&[Refund("re_1", Pending, 100)], 100);
    check(&[Refund("re_1", Succeeded, 100)], 100);
    check(&[Refund("re_1", Failed, 100)], 0);
    let pending = Refund("re_1", Pending, 100);
    check(&[pending.clone(), Refund("re_1", Succeeded, 100)], 100);
    check(&[pending, Refund("re_1", Failed, 100)], 0);
    // Stripe may find out later that the money did not arrive.
    check(
        &[
            Refund("re_1", Succeeded, 100),
            Refund("re_1", Failed, 100),
            Refund("re_1", Pending, 100),
        ],
        0,
    );
}

#[test]
fn several_refunds_of_one_payment_add_up() {
    check(
        &[
            Refund("re_1", Succeeded, 100),
            Refund("re_2", Pending, 30),
            Refund("re_3", Failed, 500),
        ],
        130,
    );
}

#[test]
fn of_two_amounts_of_one_refund_that_of_the_further_status_counts() {
    let further = Refund("re_1", Succeeded, 70);
    check(&[Refund("re_1", Pending, 100), further], 70);
    let greater = Refund("re_1", Succeeded, 80);
    check(&[Refund("re_1", Succeeded, 70), greater], 80);
}

#[test]
fn the_newest_cumulative_figure_counts_while_no_refund_is_known_by_its_id() {
    check(&[Charge("evt_1", 0, 100)], 100);
    check(&[Charge("evt_1", 0, 100), Charge("evt_2", 1, 150)], 150);
    // The newest, not the greatest: a refund that failed lowers it.
    check(&[Charge("evt_1", 0, 150), Charge("evt_2", 1, 100)], 100);
    // In one second the greater one was said later.
    check(&[Charge("evt_2", 0, 100), Charge("evt_1", 0, 150)], 150);
    check(&[Charge("evt_2", 0, 100), Charge("evt_1", 0, 100)], 100);
}

#[test]
fn a_refund_known_by_its_id_sets_the_cumulative_figure_aside() {
    let charge = Charge("evt_1", 9, 150);
    check(&[charge.clone(), Refund("re_1", Succeeded, 100)], 100);
    check(&[charge.clone(), Refund("re_1", Pending, 200)], 200);
    check(&[charge, Refund("re_1", Failed, 150)], 0);
}

#[test]
fn a_dispute_counts_for_what_it_took_and_did_not_give_back() {
    let taken = Dispute("dp_1", Withdrawn, 100);
    check(std::slice::from_ref(&taken), 100);
    check(&[taken.clone(), Dispute("dp_1", Reinstated, 30)], 70);
    check(&[taken, Dispute("dp_1", Reinstated, 100)], 0);
}

#[test]
fn a_dispute_that_gave_back_too_much_makes_up_for_nothing_else() {
    let too_much = Dispute("dp_1", Reinstated, 500);
    check(std::slice::from_ref(&too_much), 0);
    check(
        &[
            too_much,
            Dispute("dp_1", Withdrawn, 100),
            Dispute("dp_2", Withdrawn, 40),
            Refund("re_1", Succeeded, 7),
        ],
        47,
    );
}

#[test]
fn disputes_count_besides_a_cumulative_figure() {
    check(
        &[Charge("evt_1", 0, 100), Dispute("dp_1", Withdrawn, 25)],
        125,
    );
}

#[test]
fn amounts_at_the_limit_add_up_to_the_limit() {
    check(
        &[
            Refund("re_1", Succeeded, u64::MAX),
            Refund("re_2", Succeeded, u64::MAX),
            Dispute("dp_1", Withdrawn, u64::MAX),
        ],
        u64::MAX,
    );
}

#[track_caller]
fn check_taken_back(granted: i64, returned_minor: u64, paid_minor: u64, expected: i64) {
    let taken = taken_back(Credits::from_milli(granted), returned_minor, paid_minor);
    assert_eq!(
        taken.milli(),
        expected,
        "{granted} for {paid_minor}, {returned_minor} returned"
    );
}

#[test]
fn what_is_taken_back_is_the_share_that_was_returned_rounded_down() {
    check_taken_back(1000, 0, 500, 0);
    check_taken_back(1000, 250, 500, 500);
    check_taken_back(1000, 1, 3, 333);
    check_taken_back(1000, 2, 3, 666);
    check_taken_back(1000, 3, 3, 1000);
    check_taken_back(1000, 4, 3, 1000);
    check_taken_back(1000, u64::MAX, 3, 1000);
    check_taken_back(0, 3, 3, 0);
    check_taken_back(1, 2, 3, 0);
}

#[test]
fn nothing_is_taken_back_where_nothing_was_paid() {
    check_taken_back(1000, 0, 0, 0);
    check_taken_back(1000, u64::MAX, 0, 0);
}

#[test]
fn the_greatest_amounts_are_shared_exactly() {
    check_taken_back(i64::MAX, u64::MAX, u64::MAX, i64::MAX);
    check_taken_back(i64::MAX, u64::MAX - 1, u64::MAX, i64::MAX - 1);
    check_taken_back(i64::MAX, 1, 2, i64::MAX / 2);
}

#[test]
fn only_the_payment_of_a_pack_knows_whose_it_is() {
    let mut payment = Payment::default();
    assert_eq!(payment.user_id(), None);
    payment.paid_for = Some(PaidFor::Invoice(id("in_1")));
    assert_eq!(payment.user_id(), None);
    payment.paid_for = Some(PaidFor::Pack(a_pack()));
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

#[track_caller]
fn check_written(payment: &Payment, expected: &str) {
    let written = crate::written::written(&payment);
    assert_eq!(written, expected);
    let read: Payment = crate::written::read_back(&written);
    assert_eq!(read, *payment);
}

#[test]
fn a_payment_is_read_back_as_it_was_written() {
    check_written(&Payment::default(), "{}");
    let mut payment = noted(&[
        Refund("re_1", Failed, 1),
        Charge("evt_1", 0, 2),
        Dispute("dp_1", Withdrawn, 3),
    ]);
    payment.paid_for = Some(PaidFor::Pack(a_pack()));
    check_written(
        &payment,
        concat!(
            r#"{"paid_for":{"pack":{"user_id":"user-1","lot":"buy:pi_1","#,
            r#""starts_at":"2025-11-06T00:00:00Z","granted_milli":100000,"paid_minor":500}},"#,
            r#""refunds":{"re_1":{"status":"failed","amount_minor":1}},"#,
            r#""charge":{"created":"2025-11-06T00:00:00Z","refunded_minor":2,"event":"evt_1"},"#,
            r#""disputes":{"dp_1":{"withdrawn_minor":3,"reinstated_minor":0}}}"#,
        ),
    );
    let payment = Payment {
        paid_for: Some(PaidFor::Invoice(id("in_1"))),
        ..Payment::default()
    };
    check_written(&payment, r#"{"paid_for":{"invoice":"in_1"}}"#);
}

fn notes() -> impl Strategy<Value = Vec<Note>> {
    let amounts = || prop_oneof![9 => 0..5_u64, 1 => Just(u64::MAX)];
    let refund = (
        prop::sample::select(vec!["re_1", "re_2"]),
        prop::sample::select(vec![Pending, Succeeded, Failed]),
        amounts(),
    );
    let charge = (
        prop::sample::select(vec!["evt_1", "evt_2"]),
        0..3_i64,
        amounts(),
    );
    let dispute = (
        prop::sample::select(vec!["dp_1", "dp_2"]),
        prop::sample::select(vec![Withdrawn, Reinstated]),
        amounts(),
    );
    let note = prop_oneof![
        refund.prop_map(|(name, status, amount)| Refund(name, status, amount)),
        charge.prop_map(|(event, second, amount)| Charge(event, second, amount)),
        dispute.prop_map(|(name, phase, amount)| Dispute(name, phase, amount)),
    ];
    prop::collection::vec(note, 0..10)
}

/// What is returned, reckoned from all notes at once.
fn reckoned(notes: &[Note]) -> u64 {
    let refunded = |name: &str| {
        let of_it = notes.iter().filter_map(|note| match note {
            Refund(it, status, amount) if *it == name => Some((*status, *amount)),
            _ => None,
        });
        of_it.max()
    };
    let counted = match [refunded("re_1"), refunded("re_2")] {
        [None, None] => {
            let figures = notes.iter().filter_map(|note| match note {
                Charge(event, second, amount) => Some((*second, *amount, *event)),
                _ => None,
            });
            figures.max().map_or(0, |(_, amount, _)| amount)
        }
        known => known
            .into_iter()
            .flatten()
            .filter(|(status, _)| *status != Failed)
            .fold(0, |sum: u64, (_, amount)| sum.saturating_add(amount)),
    };
    let moved = |name: &str, phase: DisputePhase| {
        let of_it = notes.iter().filter_map(|note| match note {
            Dispute(it, which, amount) if *it == name && *which == phase => Some(*amount),
            _ => None,
        });
        of_it.max().unwrap_or(0)
    };
    ["dp_1", "dp_2"].iter().fold(counted, |sum, name| {
        sum.saturating_add(moved(name, Withdrawn).saturating_sub(moved(name, Reinstated)))
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn neither_order_nor_repetition_of_notes_matters(
        (notes, others) in notes().prop_flat_map(|notes| (Just(notes.clone()), shuffled(notes))),
    ) {
        let payment = noted(&notes);
        prop_assert_eq!(noted(&others), payment.clone());
        prop_assert_eq!(payment.returned_minor(), reckoned(&notes));
    }

    #[test]
    fn what_is_taken_back_lies_between_nothing_and_all_and_grows_with_what_is_returned(
        granted in prop_oneof![0..10_000_i64, 0..=i64::MAX],
        paid_minor in prop_oneof![0..100_u64, any::<u64>()],
        returned_minor in prop_oneof![0..100_u64, any::<u64>()],
        more in 0..100_u64,
    ) {
        let granted = Credits::from_milli(granted);
        let taken = taken_back(granted, returned_minor, paid_minor);
        let all = if paid_minor == 0 { Credits::ZERO } else { granted };
        prop_assert!(Credits::ZERO <= taken && taken <= all);
        prop_assert!(taken <= taken_back(granted, returned_minor.saturating_add(more), paid_minor));
        if returned_minor >= paid_minor {
            prop_assert_eq!(taken, all);
        }
    }
}

//! What is returned of a pack's money takes its share of the credits, by whatever event it
//! is told, and in every order.

use proptest::prelude::*;

use super::harness::*;
use super::money::{credit_note, dispute, note};
use super::packs::{bought, check_once, of_invoice, pack_invoice};
use crate::billing::{
    BillingEvent, CreditNoteSnapshot, Fact, PackBought, PaidInvoice, RefundStatus,
};

fn checkout(names_its_invoice: bool) -> BillingEvent {
    let pack = PackBought {
        invoice: names_its_invoice.then(|| id("in_1")),
        ..pack_bought()
    };
    bought("checkout", pack)
}

#[test]
fn a_credit_note_takes_its_share_of_a_pack_whose_checkout_made_an_invoice() {
    for (names_its_invoice, called) in [
        (true, vec!["buy:in_1"]),
        (false, vec!["buy:in_1", "buy:pi_1"]),
    ] {
        for of_lines in [&[][..], &[("il_1", 250)]] {
            let mut events = vec![
                checkout(names_its_invoice),
                of_invoice(),
                payment("in_1", Some("pi_1")),
                credit_note("note", note(250, of_lines, &[])),
            ];
            check_once(&events, 50_000, &called);
            events.push(refund("re_1", "pi_1", 125, RefundStatus::Succeeded));
            check_once(&events, 25_000, &called);
        }
    }
}

#[test]
fn what_was_returned_of_a_payment_before_an_invoice_named_it_is_taken_then() {
    let second = event(
        "second",
        Fact::InvoicePaid(PaidInvoice {
            payment: Some(id("pi_2")),
            ..pack_invoice()
        }),
    );
    let mut telling = reported(&[
        payment("in_1", Some("pi_1")),
        of_invoice(),
        refund("re_2", "pi_2", 50, RefundStatus::Succeeded),
    ]);
    check_gone(&telling, "buy:in_1", "0");
    telling.report(&second);
    check_gone(&telling, "buy:in_1", "10");
}

/// What may happen to the 500 that a pack of 100 was bought for.
#[derive(Clone, Debug)]
struct Case {
    /// Whether a checkout sold it, and whether that names its invoice.
    checkout: Option<bool>,
    /// A refund of its own, in the smallest unit.
    refunded: Option<u64>,
    /// What a dispute has taken.
    disputed: Option<u64>,
    /// The total of a credit note, and how much of it a refund sends back.
    note: Option<(u64, Option<u64>)>,
    of_line: bool,
    voided: bool,
    refund_failed: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let part = |note: u64| (Just(note), prop::option::of(1..=note));
    (
        prop::option::of(any::<bool>()),
        prop::option::of(1..=150_u64),
        prop::option::of(1..=100_u64),
        prop::option::of((1..=250_u64).prop_flat_map(part)),
        any::<[bool; 3]>(),
    )
        .prop_map(|(checkout, refunded, disputed, note, flags)| {
            let [of_line, voided, refund_failed] = flags;
            Case {
                checkout,
                refunded,
                disputed,
                note,
                of_line,
                voided,
                refund_failed,
            }
        })
}

impl Case {
    /// What stays returned of the 500.
    fn returned_minor(&self) -> u64 {
        let of_note = self.note.map_or(0, |(total, sent)| {
            let sent = sent.unwrap_or(0);
            let failed = if self.refund_failed { sent } else { 0 };
            if self.voided {
                // Money that was sent back stays so.
                sent - failed
            } else {
                total - failed
            }
        });
        self.refunded.unwrap_or(0) + self.disputed.unwrap_or(0) + of_note
    }

    fn events(&self) -> Vec<BillingEvent> {
        let mut events = vec![of_invoice(), payment("in_1", Some("pi_1"))];
        events.extend(self.checkout.map(checkout));
        let refunded = |minor| refund("re_1", "pi_1", minor, RefundStatus::Succeeded);
        events.extend(self.refunded.map(refunded));
        events.extend(self.disputed.map(|minor| {
            let taken = -i64::try_from(minor).unwrap();
            let mut event = dispute("disputed", true, &[("txn_1", taken)]);
            if let Fact::Dispute(dispute) = &mut event.fact {
                dispute.amount_minor = minor;
            }
            event
        }));
        if let Some((total, sent)) = self.note {
            let lines = [("il_1", total)];
            let lines = if self.of_line { &lines[..] } else { &[] };
            let refunds = sent.map(|minor| ("re_2", minor));
            let issued = note(total, lines, refunds.as_slice());
            if self.voided {
                let voided = CreditNoteSnapshot {
                    voided: true,
                    ..issued.clone()
                };
                events.push(credit_note("void", voided));
            }
            events.push(credit_note("issued", issued));
            let status = if self.refund_failed {
                RefundStatus::Failed
            } else {
                RefundStatus::Succeeded
            };
            events.extend(sent.map(|minor| refund("re_2", "pi_1", minor, status)));
        }
        events
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_pack_is_worth_the_share_of_its_money_that_stays_paid(case in case(), seed in any::<u32>()) {
        let events = case.events();
        let order = shuffled(events.len(), u64::from(seed));
        let ordered: Vec<_> = order.iter().map(|number| events[*number].clone()).collect();
        let telling = reported_by(reported(&ordered), &ordered);
        // A five-hundredth of the money is 200 thousandths of a credit.
        let stays = i64::try_from(500 - case.returned_minor()).unwrap() * 200;
        let names: Vec<_> = ordered.iter().map(|event| event.id.as_str()).collect();
        prop_assert_eq!(telling.worth(), stays, "{:?}", names);
    }
}

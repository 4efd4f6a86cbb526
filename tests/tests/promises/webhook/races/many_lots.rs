//! More lots than one request reads, while a charge uses some of them: what goes back is
//! taken from all of them, and what was used is owed.

use std::collections::BTreeSet;

use local::stripe::{ApiVersion, Scenario};
use shared::domain::billing::{BillingEvent, Fact};

use super::super::ground::{Ground, charge_on, remembered, settle_on};
use super::super::interleave::{Orders, Player, every_interleaving};
use super::super::{SOMEBODY, reported, the, varied};
use super::{LINK, OF_INVOICE, PAID, REFUND};

/// A request reads a hundred items.
const LINES: usize = 110;

/// What a month of the plan costs, in cents, and gives, in credits.
const CENTS: u64 = 1_000;

/// The invoice with that many lines instead of one.
fn long(paid: &BillingEvent) -> BillingEvent {
    varied(paid, "evt_of_many_lines", |fact| {
        let Fact::InvoicePaid(invoice) = fact else {
            panic!("{fact:?}");
        };
        let line = invoice.lines[0].clone();
        invoice.lines = (0..LINES)
            .map(|number| {
                let mut line = line.clone();
                line.id = format!("il_{number:03}").parse().unwrap();
                line
            })
            .collect();
        invoice.paid_minor = CENTS * u64::try_from(LINES).unwrap();
        invoice.total_minor = i64::try_from(invoice.paid_minor).unwrap();
    })
}

/// All that was paid goes back.
fn whole(refund: &BillingEvent) -> BillingEvent {
    varied(refund, "evt_whole_refund", |fact| {
        if let Fact::Refund(refund) = fact {
            refund.amount_minor = CENTS * u64::try_from(LINES).unwrap();
        }
    })
}

/// The free credits and twenty lots.
const USED: &str = "202000";

#[tokio::test(start_paused = true)]
async fn a_refund_of_more_lots_than_one_request_reads_takes_all_of_them_beside_a_charge() {
    let catalogue = remembered().await;
    let story = reported(Scenario::RefundInvoice, ApiVersion::Dahlia);
    let [link, paid, payment, refund] = [LINK, PAID, OF_INVOICE, REFUND].map(|it| the(it, &story));
    let before = Ground::new(&catalogue);
    before.settle_all(&[link, long(&paid), payment]).await;
    assert_eq!(before.shown(SOMEBODY).await.pro.remaining, 1_100_000);
    let refund = whole(&refund);
    let mut debts = BTreeSet::new();
    let stage = || {
        let ground = before.copy();
        let (known, event) = (catalogue.clone(), refund.clone());
        let refunding = Player::start(&ground, async move |store| {
            settle_on(&store, &known, &event).await.is_ok()
        });
        let charging = Player::start(&ground, async move |store| {
            charge_on(&store, SOMEBODY, USED).await.is_ok()
        });
        (ground, vec![refunding, charging])
    };
    let check = async |ground: Ground, done: Vec<bool>, turns: &str| {
        // Who is told that it is unfinished delivers again.
        ground.settle(&refund).await.unwrap();
        let debt = if done[1] { 200_000 } else { 0 };
        let shown = ground.shown(SOMEBODY).await;
        assert_eq!((shown.pro.remaining, shown.debt), (0, debt), "{turns}");
        debts.insert(debt);
    };
    every_interleaving(Orders::Distinct, stage, check).await;
    assert_eq!(debts, BTreeSet::from([0, 200_000]));
}

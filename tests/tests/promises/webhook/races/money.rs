//! Purchases and what takes them back, at once: whoever hears of which first,
//! the same credits are left, and none was given twice.

use std::cell::RefCell;
use std::collections::BTreeSet;

use local::stripe::{ApiVersion, Scenario};
use shared::domain::billing::{BillingEvent, Fact};

use super::super::ground::remembered;
use super::super::interleave::Orders;
use super::super::{reported, the, varied};
use super::{Act, End, LINK, OF_INVOICE, PAID, REFUND, Race, check};

const CHARGE: &str = "charge.refunded";

/// Another refund of the same payment.
fn second_refund(first: &BillingEvent, amount: u64) -> BillingEvent {
    varied(first, "evt_second_refund", |fact| {
        if let Fact::Refund(refund) = fact {
            refund.id = "re_second".parse().unwrap();
            refund.amount_minor = amount;
        }
    })
}

#[tokio::test(start_paused = true)]
async fn an_event_delivered_twice_at_once_is_applied_once() {
    let catalogue = remembered().await;
    let subscribing = reported(Scenario::Subscribe, ApiVersion::Dahlia);
    let link = the(LINK, &subscribing);
    let refunding = reported(Scenario::RefundFull, ApiVersion::Dahlia);
    let pack = the(LINK, &refunding);
    for (name, before, event, have) in [
        ("a link twice", vec![], link.clone(), (0, 0, 0)),
        (
            "an invoice twice",
            vec![link.clone()],
            the(PAID, &subscribing),
            (10_000, 0, 1),
        ),
        (
            "a subscription twice",
            vec![link],
            the("customer.subscription.created", &subscribing),
            (0, 0, 0),
        ),
        ("a pack twice", vec![], pack.clone(), (1_000, 0, 1)),
        (
            "a refund twice",
            vec![pack],
            the(REFUND, &refunding),
            (0, 0, 1),
        ),
    ] {
        let twice = [event.clone(), event];
        check(Race::new(name, &catalogue, &before, &twice), have).await;
    }
}

#[tokio::test(start_paused = true)]
async fn three_deliveries_at_once_are_one() {
    let catalogue = remembered().await;
    let pack = the(LINK, &reported(Scenario::BuyPack, ApiVersion::Dahlia));
    let thrice = [pack.clone(), pack.clone(), pack];
    check(
        Race::new("a pack thrice", &catalogue, &[], &thrice),
        (1_000, 0, 1),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn two_events_that_report_one_payment_give_its_pack_once() {
    let catalogue = remembered().await;
    let completed = the(LINK, &reported(Scenario::BuyPack, ApiVersion::Dahlia));
    let mut later = varied(&completed, "evt_paid_later", |_| {});
    later.event_type = "checkout.session.async_payment_succeeded".to_string();
    let race = Race::new(
        "completed and paid later",
        &catalogue,
        &[],
        &[completed, later],
    );
    check(race, (1_000, 0, 1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_refund_and_the_purchase_it_is_of_may_come_at_once() {
    let catalogue = remembered().await;
    let partial = reported(Scenario::RefundPartial, ApiVersion::Dahlia);
    let (pack, refund) = (the(LINK, &partial), the(REFUND, &partial));
    let charge = the(CHARGE, &partial);
    for (name, before, at_once) in [
        (
            "a pack and its refund",
            vec![],
            vec![pack.clone(), refund.clone()],
        ),
        (
            "a pack and its charge",
            vec![],
            vec![pack.clone(), charge.clone()],
        ),
        (
            "a refund and its charge",
            vec![pack.clone()],
            vec![refund.clone(), charge.clone()],
        ),
        (
            "a pack, its refund and its charge",
            vec![],
            vec![pack, refund, charge],
        ),
    ] {
        check(Race::new(name, &catalogue, &before, &at_once), (600, 0, 1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn two_refunds_of_one_payment_both_count() {
    let catalogue = remembered().await;
    let story = reported(Scenario::RefundPartial, ApiVersion::Dahlia);
    let pack = the(LINK, &story);
    let first = the(REFUND, &story);
    // 200 of 500 cents and 150 more: 700 of 1,000 credits.
    let refunds = [first.clone(), second_refund(&first, 150)];
    let race = Race::new(
        "two refunds",
        &catalogue,
        std::slice::from_ref(&pack),
        &refunds,
    );
    check(race, (300, 0, 1)).await;
    let [first, second] = refunds;
    let at_once = [pack, first, second];
    check(
        Race::new("two refunds and their pack", &catalogue, &[], &at_once),
        (300, 0, 1),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_refund_and_its_failure_may_come_at_once() {
    let catalogue = remembered().await;
    let story = reported(Scenario::RefundFailed, ApiVersion::Dahlia);
    let before = [the(LINK, &story)];
    let at_once = [the(REFUND, &story), the("refund.failed", &story)];
    let race = Race::new("a refund and its failure", &catalogue, &before, &at_once);
    check(race, (1_000, 0, 1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_dispute_and_its_end_may_come_at_once() {
    let catalogue = remembered().await;
    let story = reported(Scenario::DisputeWon, ApiVersion::Dahlia);
    let before = [the(LINK, &story)];
    let at_once = [
        the("charge.dispute.funds_withdrawn", &story),
        the("charge.dispute.funds_reinstated", &story),
    ];
    let race = Race::new(
        "funds withdrawn and reinstated",
        &catalogue,
        &before,
        &at_once,
    );
    check(race, (1_000, 0, 1)).await;
}

#[tokio::test(start_paused = true)]
async fn an_invoice_its_payment_and_its_refund_may_come_in_any_pair_at_once() {
    let catalogue = remembered().await;
    let story = reported(Scenario::RefundInvoice, ApiVersion::Dahlia);
    let [link, paid, payment, refund] = [LINK, PAID, OF_INVOICE, REFUND].map(|it| the(it, &story));
    for (name, before, at_once) in [
        (
            "an invoice and its payment",
            [&link, &refund],
            [&paid, &payment],
        ),
        (
            "an invoice and its refund",
            [&link, &payment],
            [&paid, &refund],
        ),
        (
            "a payment and its refund",
            [&link, &paid],
            [&payment, &refund],
        ),
    ] {
        let (before, at_once) = (before.map(Clone::clone), at_once.map(Clone::clone));
        check(Race::new(name, &catalogue, &before, &at_once), (0, 0, 1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_invoice_its_payment_and_its_refund_may_come_all_at_once() {
    let catalogue = remembered().await;
    let story = reported(Scenario::RefundInvoice, ApiVersion::Dahlia);
    let [link, paid, payment, refund] = [LINK, PAID, OF_INVOICE, REFUND].map(|it| the(it, &story));
    let at_once = [paid, payment, refund];
    let race = Race::new(
        "an invoice, its payment and its refund",
        &catalogue,
        &[link],
        &at_once,
    );
    check(race, (0, 0, 1)).await;
}

#[tokio::test(start_paused = true)]
async fn before_basil_an_invoice_names_its_payment_and_a_charge_its_invoice() {
    let catalogue = remembered().await;
    let story = reported(Scenario::RefundInvoice, ApiVersion::Acacia);
    let [link, paid, refund, charge] = [LINK, PAID, REFUND, CHARGE].map(|it| the(it, &story));
    for (name, at_once) in [
        ("an invoice of acacia and its refund", [&paid, &refund]),
        ("an invoice of acacia and its charge", [&paid, &charge]),
    ] {
        let race = Race::new(
            name,
            &catalogue,
            std::slice::from_ref(&link),
            &at_once.map(Clone::clone),
        );
        check(race, (0, 0, 1)).await;
    }
    let before = [link, paid];
    let race = Race::new(
        "a refund of acacia and its charge",
        &catalogue,
        &before,
        &[refund, charge],
    );
    check(race, (0, 0, 1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_charge_of_the_inference_service_may_come_at_any_moment() {
    let catalogue = remembered().await;
    let subscribing = reported(Scenario::Subscribe, ApiVersion::Dahlia);
    let refunding = reported(Scenario::RefundFull, ApiVersion::Dahlia);
    let link = the(LINK, &subscribing);
    for (name, before, event, have) in [
        (
            "an invoice and a charge",
            vec![link.clone()],
            the(PAID, &subscribing),
            (10_000, 0, 1),
        ),
        (
            "a plan and a charge",
            vec![link],
            the("customer.subscription.created", &subscribing),
            (0, 0, 0),
        ),
        (
            "a refund and a charge",
            vec![the(LINK, &refunding)],
            the(REFUND, &refunding),
            (0, 0, 1),
        ),
    ] {
        let race = Race::new(name, &catalogue, &before, &[event]);
        // Of the free credits, so that it fits in every order.
        check(race.and(Act::Charge("500")), have).await;
    }
}

#[tokio::test(start_paused = true)]
async fn two_purchases_at_once_are_both_given() {
    let catalogue = remembered().await;
    let pack = the(LINK, &reported(Scenario::BuyPack, ApiVersion::Dahlia));
    let another = varied(&pack, "evt_another_pack", |fact| {
        if let Fact::PackBought(bought) = fact {
            bought.session = "cs_another".parse().unwrap();
            bought.payment = Some("pi_another".parse().unwrap());
        }
    });
    let race = Race::new("two packs", &catalogue, &[], &[pack, another]);
    check(race, (2_000, 0, 2)).await;
}

/// All ends that some orders of a race come to.
async fn ends(race: &Race, orders: Orders) -> (usize, BTreeSet<String>) {
    let ends = RefCell::new(BTreeSet::new());
    let played = race.run_orders(orders, async |end: &End| {
        let tables = format!("{:?}", end.scene.tables);
        ends.borrow_mut().insert(tables);
    });
    (played.await, ends.into_inner())
}

#[tokio::test(start_paused = true)]
async fn orders_that_are_left_out_come_to_nothing_new() {
    let catalogue = remembered().await;
    let story = reported(Scenario::RefundInvoice, ApiVersion::Dahlia);
    let [link, paid, payment, refund] = [LINK, PAID, OF_INVOICE, REFUND].map(|it| the(it, &story));
    for (name, before, at_once) in [
        (
            "a link and an invoice",
            vec![],
            [link.clone(), paid.clone()],
        ),
        (
            "an invoice and its refund",
            vec![link.clone(), payment.clone()],
            [paid.clone(), refund],
        ),
        ("an invoice and its payment", vec![link], [paid, payment]),
    ] {
        let race = Race::new(name, &catalogue, &before, &at_once);
        let (few, distinct) = ends(&race, Orders::Distinct).await;
        let (many, all) = ends(&race, Orders::All).await;
        assert!(few < many, "{name}: {few} and {many}");
        assert_eq!(distinct, all, "{name}");
    }
}

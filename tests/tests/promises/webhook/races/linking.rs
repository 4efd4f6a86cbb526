//! An event that names the user of a customer, and events that name nobody:
//! one of them may wait for the other, and none may wait for ever.

use local::stripe::{ApiVersion, Scenario};
use shared::domain::Credits;
use shared::domain::billing::{BillingEvent, Fact};

use super::super::ground::{prices, remembered};
use super::super::{reported, the, varied};
use super::{Act, End, LINK, PAID, Race, check};

const CREATED: &str = "customer.subscription.created";

fn subscribing() -> Vec<BillingEvent> {
    reported(Scenario::Subscribe, ApiVersion::Dahlia)
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_parked_while_its_customer_is_linked_is_applied() {
    let catalogue = remembered().await;
    let story = reported(Scenario::DeleteCustomer, ApiVersion::Dahlia);
    let link = the(LINK, &story);
    for (name, event_type, pro, grants) in [
        ("a paid invoice", PAID, 10_000, 1),
        ("a new subscription", CREATED, 0, 0),
        (
            "an ended subscription",
            "customer.subscription.deleted",
            0,
            0,
        ),
        ("a deleted customer", "customer.deleted", 0, 0),
    ] {
        let other = the(event_type, &story);
        let race = Race::new(name, &catalogue, &[], &[link.clone(), other]);
        let orders = check(race, (pro, 0, grants)).await;
        assert!(orders > 3, "{name}: {orders}");
    }
}

#[tokio::test(start_paused = true)]
async fn any_event_that_names_the_user_links_the_customer() {
    let catalogue = remembered().await;
    let pack = the(LINK, &reported(Scenario::BuyPack, ApiVersion::Dahlia));
    let named = reported(Scenario::CustomerBalance, ApiVersion::Clover);
    let nameless = subscribing();
    for (name, link, other, have) in [
        (
            "a pack and an invoice",
            pack,
            the(PAID, &nameless),
            (11_000, 0, 2),
        ),
        (
            "an invoice that names the user and a subscription that does not",
            the(PAID, &named),
            the(CREATED, &nameless),
            (10_000, 0, 1),
        ),
        (
            "a subscription that names the user and an invoice that does not",
            the(CREATED, &named),
            the(PAID, &nameless),
            (10_000, 0, 1),
        ),
    ] {
        let race = Race::new(name, &catalogue, &[], &[link, other]);
        check(race, have).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_may_come_while_others_of_its_customer_are_drained() {
    let catalogue = remembered().await;
    let story = reported(Scenario::DeleteCustomer, ApiVersion::Dahlia);
    let waiting = [the(PAID, &story), the("customer.deleted", &story)];
    let race = Race::new(
        "two that wait, their link and a third",
        &catalogue,
        &waiting,
        &[the(LINK, &story), the(CREATED, &story)],
    );
    check(race, (10_000, 0, 1)).await;
}

#[tokio::test(start_paused = true)]
async fn two_events_of_a_linked_customer_may_drain_the_same_queue() {
    let catalogue = remembered().await;
    let story = reported(Scenario::CancelThenResume, ApiVersion::Dahlia);
    let link = the(LINK, &story);
    let again = varied(&link, "evt_link_again", |_| {});
    let waiting = [the(PAID, &story)];
    let race = Race::new(
        "one that waits and two links",
        &catalogue,
        &waiting,
        &[link, again],
    );
    check(race, (10_000, 0, 1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_waiting_event_may_be_delivered_again_while_it_is_drained() {
    let catalogue = remembered().await;
    let story = subscribing();
    let waiting = [the(PAID, &story)];
    let at_once = [the(LINK, &story), the(PAID, &story)];
    let race = Race::new(
        "a link and what waits for it",
        &catalogue,
        &waiting,
        &at_once,
    );
    check(race, (10_000, 0, 1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_price_may_be_applied_while_an_event_is_parked_for_it() {
    let story = reported(Scenario::Subscribe, ApiVersion::Dahlia);
    let mut known = prices();
    let missing = known.remove(0);
    assert_eq!(missing.price_id, "price_test_pro");
    known.truncate(1);
    for (name, event) in [
        ("an invoice and its price", the(PAID, &story)),
        ("a subscription and its price", the(CREATED, &story)),
    ] {
        let grants = usize::from(event.event_type == PAID);
        let race = Race {
            prices: known.clone(),
            remembered: None,
            ..Race::new(name, &Default::default(), &[the(LINK, &story)], &[event])
        };
        let race = race.and(Act::Apply(Box::new(missing.clone())));
        check(race, (10_000 * i64::try_from(grants).unwrap(), 0, grants)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_payment_link_may_be_applied_while_a_pack_is_parked_for_it() {
    let pack = the(LINK, &reported(Scenario::BuyPack, ApiVersion::Dahlia));
    let known = prices();
    let of_pack = |price: &&shared::domain::Price| price.price_id == "price_test_pack_1000";
    let missing = known.iter().find(of_pack).unwrap().clone();
    let race = Race {
        prices: vec![known[0].clone()],
        remembered: None,
        ..Race::new(
            "a pack and its payment link",
            &Default::default(),
            &[],
            &[pack],
        )
    };
    let race = race.and(Act::Apply(Box::new(missing)));
    check(race, (1_000, 0, 1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_price_that_comes_with_other_figures_leaves_the_event_waiting_for_a_person() {
    let mut pack = the(
        LINK,
        &reported(Scenario::BuyPackByPrice, ApiVersion::Dahlia),
    );
    let known = prices();
    let of_pack = |price: &&shared::domain::Price| price.price_id == "price_test_pack_1000";
    let mut other = known.iter().find(of_pack).unwrap().clone();
    other.credits = Credits::from_milli(5_000_000);
    if let Fact::PackBought(bought) = &mut pack.fact {
        bought.subtotal_minor += 1;
    }
    let race = Race {
        prices: vec![known[0].clone()],
        remembered: None,
        ..Race::new(
            "a pack and a price that does not fit",
            &Default::default(),
            &[],
            &[pack.clone()],
        )
    };
    let race = race.and(Act::Apply(Box::new(other)));
    let orders = race.run(async |end: &End| {
        assert_eq!(end.outcome(&pack), "parked");
        let mismatch = "billing PARKED#mismatch:price_test_pack_1000/";
        let one_waits = matches!(&end.scene.waiting[..], [key] if key.starts_with(mismatch));
        assert!(one_waits, "{:?}", end.scene.waiting);
        assert_eq!(end.ground.shown(super::SOMEBODY).await.pro.remaining, 0);
    });
    orders.await;
}

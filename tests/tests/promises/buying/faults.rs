//! What breaks on the way: Stripe's replies, Stripe itself, the tables. The answer is 503
//! with `Retry-After`, and the next request goes on from where the last one stopped.

use local::dynamodb::Fault;
use serde_json::json;
use shared::http::Event;

use super::{FREE_USER, PACK, PRO, Said, Shop, ask, order};
use crate::clients::relay::{Fate, Relay};
use crate::routes::{billing_function, recorded};

/// One session and one customer, whatever happened.
async fn check_one(shop: &Shop, what: &str) {
    assert_eq!(shop.sessions("open").await.len(), 1, "{what}");
    assert_eq!(shop.customers(FREE_USER).await.len(), 1, "{what}");
}

#[tokio::test]
async fn a_lost_reply_of_stripe_makes_no_second_session_or_customer() {
    for price in [PACK, PRO] {
        // The list of customers, the customer, the session.
        for place in 0..3 {
            for fate in [
                Fate::CutBefore,
                Fate::CutInRequest,
                Fate::CutAfter,
                Fate::CutInAnswer,
            ] {
                let shop = Shop::open().await;
                let relay = Relay::to(shop.world.stripe_url.as_deref().unwrap()).await;
                let app = shop.through(relay.url());
                let fates = (0..place).map(|_| Fate::Pass).chain([fate]);
                relay.next(fates);
                let url = ask(&app, "post-checkout", FREE_USER, &order(price))
                    .await
                    .url();
                assert_eq!(shop.buy(price).await.url(), url);
                check_one(&shop, &format!("{price}, {place}, {fate:?}")).await;
            }
        }
    }
}

#[tokio::test]
async fn when_stripe_is_down_the_answer_is_503_and_the_next_request_goes_on() {
    for (price, place) in [(PACK, 0), (PRO, 1), (PACK, 2), (PRO, 2)] {
        {
            let shop = Shop::open().await;
            let relay = Relay::to(shop.world.stripe_url.as_deref().unwrap()).await;
            let app = shop.through(relay.url());
            // It is answered, then nothing is any more.
            let passing = (0..place).map(|_| Fate::Pass);
            relay.next(passing.chain((0..50).map(|_| Fate::Answered(503, 0))));
            let mut event = recorded("post-checkout.json");
            event["body"] = json!(order(price).to_string());
            let event: Event = serde_json::from_value(event).unwrap();
            let response = app.handle(event).await;
            assert_eq!(response.status_code(), 503, "{place}");
            assert_eq!(response.header("retry-after"), Some("1"));
            assert_eq!(shop.sessions("open").await.len(), 0);
            let url = shop.buy(price).await.url();
            assert_eq!(shop.buy(price).await.url(), url);
            check_one(&shop, &format!("{price}, {place}")).await;
        }
    }
}

/// Lets the writes before a place pass, and the one there fail for good.
async fn crash_at(shop: &Shop, place: usize, (fault, times): (Fault, u32), price: &str) -> Said {
    let faults = shop.world.dynamodb.faults();
    let fail = || (0..times).for_each(|_| faults.push(WRITE, fault));
    let mut held = (place > 0).then(|| faults.hold(WRITE));
    if held.is_none() {
        fail();
    }
    let (app, order) = (shop.billing.clone(), order(price));
    let buying = tokio::spawn(async move { ask(&app, "post-checkout", FREE_USER, &order).await });
    for passed in 1..=place {
        let Some(gate) = held.take() else { break };
        assert!(gate.reached().await, "{passed}");
        if passed < place {
            held = Some(faults.hold(WRITE));
        } else {
            fail();
        }
        gate.release();
    }
    buying.await.unwrap()
}

const WRITE: &str = "TransactWriteItems";

#[tokio::test]
async fn a_crash_between_two_steps_is_mended_by_the_next_request() {
    for price in [PACK, PRO] {
        // Naming the customer, writing down what is asked, writing down the session: each
        // fails for good, or is applied and its reply lost.
        for place in 0..3 {
            for (fault, times, status) in [
                (Fault::NotSent, 6, 503),
                (Fault::LostReply, 6, 503),
                (Fault::LostReply, 1, 201),
                (Fault::ServerErrorAfterApply, 1, 201),
            ] {
                let what = format!("{price}, {place}, {fault:?}");
                let shop = Shop::open().await;
                let first = crash_at(&shop, place, (fault, times), price).await;
                assert_eq!(first.status, status, "{what}");
                let faults = shop.world.dynamodb.faults();
                while faults.unused() > 0 {
                    shop.buy(price).await;
                }
                let url = shop.buy(price).await.url();
                if status == 201 {
                    assert_eq!(first.url(), url, "{what}");
                }
                check_one(&shop, &what).await;
            }
        }
    }
}

#[tokio::test]
async fn an_answer_that_stripe_repeats_as_failed_is_given_up_after_a_minute() {
    let shop = Shop::open().await;
    let relay = Relay::to(shop.world.stripe_url.as_deref().unwrap()).await;
    let app = shop.through(relay.url());
    let url = ask(&app, "post-checkout", FREE_USER, &order(PACK))
        .await
        .url();
    let order = order(PRO);
    // The lookup passes, the session is made and its answer lost for good.
    relay.next(
        [Fate::CutAfter]
            .into_iter()
            .chain((0..20).map(|_| Fate::Answered(500, 0))),
    );
    assert_eq!(
        ask(&app, "post-checkout", FREE_USER, &order).await.status,
        503
    );
    assert_eq!(shop.sessions("open").await.len(), 2, "{url}");
    // Stripe says the same again under the same key, for a day.
    relay.next((0..6).map(|_| Fate::Answered(500, 0)));
    assert_eq!(
        ask(&app, "post-checkout", FREE_USER, &order).await.status,
        503
    );
    shop.world.clock.advance("PT61S").unwrap();
    relay.next((0..6).map(|_| Fate::Answered(500, 0)));
    let found = ask(&app, "post-checkout", FREE_USER, &order).await.url();
    assert_eq!(shop.sessions("open").await.len(), 2);
    assert_eq!(shop.buy(PRO).await.url(), found);
    assert_eq!(shop.sessions("open").await.len(), 2);
}

#[tokio::test]
async fn without_a_key_or_with_one_of_the_other_mode_nothing_is_sold() {
    let shop = Shop::open().await;
    for variables in [
        [("STRIPE_API_KEY", ""), ("STRIPE_LIVEMODE", "false")],
        [
            ("STRIPE_API_KEY", "rk_live_0123456789abcdef"),
            ("STRIPE_LIVEMODE", "false"),
        ],
        [
            ("STRIPE_API_KEY", "rk_test_0123456789abcdef"),
            ("STRIPE_LIVEMODE", "true"),
        ],
    ] {
        let app = billing_function(&shop.world, &variables);
        let said = ask(&app, "post-checkout", FREE_USER, &order(PACK)).await;
        assert_eq!(said.refusal(), (503, "try_again"), "{variables:?}");
    }
    assert_eq!(shop.world.stripe.requests().len(), 0);
    shop.buy(PACK).await.url();
}

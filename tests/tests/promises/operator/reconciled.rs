//! `creditsctl stripe`: whatever the webhook never heard of is found at Stripe and
//! settled, by its events or by its objects, and then nothing differs any more.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use local::stripe::{ApiVersion, Cast, Scenario, Story};
use serde_json::Value;
use tests::{Served, at};

mod shop;

use shop::{Lost, START, Shop, USER};

fn is(events: &[Value], number: usize, event_type: &str) -> bool {
    events[number]["type"] == event_type
}

/// Whether it is the last event of its type.
fn is_last(events: &[Value], number: usize, event_type: &str) -> bool {
    is(events, number, event_type)
        && events[number + 1..]
            .iter()
            .all(|event| event["type"] != event_type)
}

fn is_of_a_refund(events: &[Value], number: usize) -> bool {
    let kind = events[number]["type"].as_str().unwrap();
    kind.starts_with("refund.") || kind.starts_with("charge.")
}

/// What may be missed, as an operator would call it.
const MISSED: [(&str, Scenario, Lost); 14] = [
    ("a renewal", Scenario::Renew, |events, number| {
        is_last(events, number, "invoice.paid")
            || is_last(events, number, "customer.subscription.updated")
    }),
    ("a refund", Scenario::RefundPartial, is_of_a_refund),
    (
        "a revived subscription",
        Scenario::PaymentFailed,
        |events, number| {
            is_last(events, number, "invoice.paid")
                || is_last(events, number, "customer.subscription.updated")
        },
    ),
    ("another plan", Scenario::Upgrade, |events, number| {
        is(events, number, "customer.subscription.updated")
    }),
    ("a pack", Scenario::BuyPack, |events, number| {
        is(events, number, "checkout.session.completed")
    }),
    (
        "a pack by its price",
        Scenario::BuyPackByPrice,
        |events, number| is(events, number, "checkout.session.completed"),
    ),
    (
        "a cancellation",
        Scenario::DeleteCustomer,
        |events, number| is(events, number, "customer.subscription.deleted"),
    ),
    (
        "the end of a trial",
        Scenario::TrialToPaid,
        |events, number| {
            is_last(events, number, "invoice.paid")
                || is_last(events, number, "customer.subscription.updated")
        },
    ),
    ("a credit note", Scenario::CreditNote, |events, number| {
        events[number]["type"]
            .as_str()
            .unwrap()
            .starts_with("credit_note.")
    }),
    (
        "what came back of a dispute",
        Scenario::DisputeWon,
        |events, number| {
            is(events, number, "charge.dispute.funds_reinstated")
                || is(events, number, "charge.dispute.closed")
        },
    ),
    ("a dispute", Scenario::DisputeLost, |events, number| {
        events[number]["type"]
            .as_str()
            .unwrap()
            .starts_with("charge.dispute")
    }),
    (
        "refunds, a type that was never enabled",
        Scenario::RefundInvoice,
        is_of_a_refund,
    ),
    (
        "the link of a customer",
        Scenario::Subscribe,
        |events, number| is(events, number, "checkout.session.completed"),
    ),
    ("everything", Scenario::Renew, |_, _| true),
];

#[tokio::test]
async fn whatever_was_missed_is_found_settled_and_then_differs_no_more() {
    for (what, scenario, lost) in MISSED {
        let whole = Shop::open().await;
        whole.tell(scenario, "W", |_, _| false).await;
        let said = whole.writes_nothing(&["reconcile", "--all"], 0).await;
        assert!(said.contains(" 0 missed"), "{what}: {said}");

        let shop = Shop::open().await;
        shop.tell(scenario, "W", lost).await;
        assert_ne!(shop.shows().await, whole.shows().await, "{what}");
        let said = shop.writes_nothing(&["reconcile", "--all"], 3).await;
        assert!(said.contains("was missed"), "{what}: {said}");
        shop.run(&["reconcile", "--all", "--apply"], 0).await;
        assert_eq!(shop.shows().await, whole.shows().await, "{what}");
        let said = shop
            .writes_nothing(&["reconcile", "--all", "--apply"], 0)
            .await;
        assert!(said.contains(" 0 missed"), "{what}: {said}");
        shop.verify().await;

        // What arrives late after all changes nothing.
        let shows = shop.shows().await;
        shop.tell(scenario, "W", |_, _| false).await;
        assert_eq!(shop.shows().await, shows, "{what}");
        shop.verify().await;
    }
}

#[tokio::test]
async fn a_sync_settles_the_events_that_were_missed_and_repeats_nothing() {
    for (what, scenario, lost) in MISSED {
        let whole = Shop::open().await;
        whole.tell(scenario, "W", |_, _| false).await;
        let shop = Shop::open().await;
        shop.tell(scenario, "W", lost).await;
        let since = ["sync", "--since", "2025-11-01T00:00:00Z"];
        let trial = [&since[..], &["--dry-run"]].concat();
        let said = shop.writes_nothing(&trial, 0).await;
        assert!(said.contains("would be applied"), "{what}: {said}");
        shop.run(&since, 0).await;
        assert_eq!(shop.shows().await, whole.shows().await, "{what}");
        let said = shop.writes_nothing(&since, 0).await;
        assert!(said.contains(" 0 new"), "{what}: {said}");
        shop.verify().await;
    }
}

#[tokio::test]
async fn two_subscriptions_in_force_are_named_and_left_to_the_operator() {
    let shop = Shop::open().await;
    shop.tell(Scenario::Subscribe, "A", |_, _| false).await;
    shop.tell(Scenario::Subscribe, "B", |_, _| false).await;
    let said = shop.writes_nothing(&["reconcile", "--all"], 3).await;
    assert!(said.contains("2 subscriptions in force"), "{said}");
    let of_user = ["reconcile", "--user", USER];
    let said = shop.writes_nothing(&of_user, 3).await;
    assert!(said.contains("2 subscriptions in force"), "{said}");
}

#[tokio::test]
async fn a_customer_of_another_user_is_named_and_nothing_is_granted() {
    let shop = Shop::open().await;
    shop.tell(Scenario::Subscribe, "A", |_, _| true).await;
    let cast = Cast::new("pro-user", "A", at(START));
    let events = Story::render(Scenario::Subscribe, &cast, ApiVersion::Dahlia);
    for event in events {
        shop.deliver(&event.body).await;
    }
    let said = shop.writes_nothing(&["reconcile", "--all"], 3).await;
    assert!(said.contains("needs you: refused"), "{said}");
    shop.run(&["reconcile", "--all", "--apply"], 3).await;
    assert!(shop.shows().await.starts_with("0 pro"));
}

#[tokio::test]
async fn one_customer_is_reconciled_alone() {
    let shop = Shop::open().await;
    shop.tell(Scenario::BuyPack, "A", |_, _| true).await;
    shop.tell(Scenario::RefundInvoice, "B", |events, number| {
        events[number]["type"].as_str().unwrap().contains("refund")
    })
    .await;
    let customer = ["reconcile", "--customer", "cus_B"];
    shop.writes_nothing(&customer, 3).await;
    shop.run(&[&customer[..], &["--apply"]].concat(), 0).await;
    shop.writes_nothing(&customer, 0).await;
    shop.run(&["reconcile", "--all"], 3).await;
}

#[tokio::test]
async fn stripe_that_does_not_answer_or_refuses_leaves_everything_as_it_was() {
    let shop = Shop::open().await;
    shop.tell(Scenario::Renew, "A", |_, _| true).await;
    let all = ["reconcile", "--all", "--apply"];
    for (status, times) in [(402, 1), (500, 50)] {
        shop.served.world.stripe.fail_next(status, times).unwrap();
        shop.writes_nothing(&all, 2).await;
        shop.served.world.stripe.fail_next(status, 0).unwrap();
    }
    let of_live = [&all[..], &["--livemode", "true"]].concat();
    let said = shop.writes_nothing(&of_live, 2).await;
    assert_eq!(said, "");
    shop.run(&all, 0).await;
}

#[tokio::test]
async fn a_deleted_customer_that_the_webhook_never_heard_of_is_found_and_marked() {
    let shop = Shop::open().await;
    shop.tell(Scenario::DeleteCustomer, "A", |events, number| {
        is(events, number, "customer.deleted")
    })
    .await;
    let all = ["reconcile", "--all"];
    let said = shop.writes_nothing(&all, 3).await;
    assert!(said.contains("cus_A of free-user was missed"), "{said}");
    let before = shop.shows().await;
    shop.run(&[&all[..], &["--apply"]].concat(), 0).await;
    assert_eq!(shop.shows().await, before);
    for words in [&all[..], &["reconcile", "--customer", "cus_A"]] {
        let said = shop.writes_nothing(words, 0).await;
        assert!(said.contains(" 0 missed"), "{said}");
    }
    shop.verify().await;
}

#[tokio::test]
async fn what_only_the_tables_have_is_named_with_a_way_out_and_nothing_is_taken_back() {
    let shop = Shop::open().await;
    shop.tell(Scenario::Subscribe, "A", |_, _| false).await;
    let cast = Cast::new("pro-user", "G", at(START));
    for event in Story::render(Scenario::Subscribe, &cast, ApiVersion::Dahlia) {
        shop.deliver(&event.body).await;
    }
    for whose in [
        &["--all"][..],
        &["--user", "pro-user"],
        &["--customer", "cus_G"],
    ] {
        for more in [&[][..], &["--apply"]] {
            let words = [&["reconcile"], whose, more].concat();
            let said = shop.writes_nothing(&words, 3).await;
            for told in [
                "cus_G of pro-user is ours alone",
                "creditsctl claim release customer cus_G",
                "sub_G of pro-user is ours alone",
                "creditsctl event replay",
                "2 need you",
            ] {
                assert!(said.contains(told), "{words:?} {told}: {said}");
            }
        }
    }
    shop.writes_nothing(&["reconcile", "--user", USER], 0).await;
}

#[tokio::test]
async fn a_fresh_world_has_nothing_that_its_stripe_has_not() {
    let shop = Shop::of(Served::start().await, tests::NOW).await;
    for whose in [&["--all"][..], &["--user", "pro-user"]] {
        let words = [&["reconcile"], whose].concat();
        // The snapshot of a seeded subscription was never reported.
        let said = shop.writes_nothing(&words, 3).await;
        assert!(!said.contains("ours alone"), "{said}");
        assert!(
            said.contains("1 missed") && said.contains(" 0 need you"),
            "{said}"
        );
    }
    let before = pro_of(&shop).await;
    shop.run(&["reconcile", "--all", "--apply"], 0).await;
    shop.writes_nothing(&["reconcile", "--all"], 0).await;
    assert_eq!(pro_of(&shop).await, before);
    shop.verify().await;
}

async fn pro_of(shop: &Shop) -> String {
    let credits = shop.served.credits("pro-user").await.json();
    credits["proCredits"].to_string()
}

/// Lets a future make so many steps, then drops it, as a kill would.
async fn killed_after(steps: u32, future: impl Future) -> bool {
    let mut future = pin!(future);
    let mut left = steps;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(true);
        }
        left -= 1;
        future.as_mut().poll(context).map(|_| false)
    })
    .await
}

#[tokio::test]
async fn a_reconciliation_may_be_killed_anywhere_and_goes_on() {
    let whole = Shop::open().await;
    whole.tell(Scenario::Upgrade, "A", |_, _| true).await;
    let all = ["reconcile", "--all", "--apply"];
    whole.run(&all, 0).await;
    let mut killed = 0;
    for point in 0..20 {
        let shop = Shop::open().await;
        shop.tell(Scenario::Upgrade, "A", |_, _| true).await;
        let words = shop.words(&all);
        let run = Box::pin(shop.operator.run(&words));
        killed += u32::from(killed_after(1 + point * 2, run).await);
        shop.run(&all, 0).await;
        assert_eq!(shop.shows().await, whole.shows().await, "after {point}");
        shop.writes_nothing(&all, 0).await;
        shop.verify().await;
    }
    assert!(killed > 10, "{killed} of 20 were killed");
}

//! Queues of a customer that is not known: however long they are and wherever
//! a process is cut short, the next delivery goes on where the last one ended.

use std::collections::BTreeSet;
use std::time::Duration;

use local::stripe::{ApiVersion, Cast, Scenario, Story};
use serde_json::Value;
use shared::domain::billing::{BillingEvent, EventOutcome};
use shared::host::clock::Deadline;
use shared::store::{CatalogueCache, SettleError, SettledEvent};
use tests::dump;

use super::super::ground::{Ground, now, prices, remembered, settle_until};
use super::super::holds_true::Scene;
use super::super::post::Endpoint;
use super::super::{SOMEBODY, SUFFIX, the, varied};
use super::{CREATED, LINK, PAID, UPDATED, apply, cut, nameless, park, waiting};

/// That many events of one customer, none of which names the user.
fn many(number: usize) -> Vec<BillingEvent> {
    let story = nameless();
    let update = the(UPDATED, &story);
    let mut events = vec![the(PAID, &story), the(CREATED, &story)];
    for at in events.len()..number {
        let mut event = varied(&update, &format!("evt_update_{at:03}"), |_| {});
        event.created = event.created.plus_seconds(i64::try_from(at).unwrap());
        events.push(event);
    }
    events
}

#[tokio::test(start_paused = true)]
async fn two_hundred_that_wait_for_a_customer_are_settled_by_its_link() {
    let ground = Ground::new(&remembered().await);
    for event in &many(200) {
        let expected = (format!("customer:cus_{SUFFIX}"), false);
        assert_eq!(park(&ground, event).await, expected);
    }
    assert_eq!(waiting(&ground).await, 200);
    let linked = apply(&ground, &the(LINK, &nameless())).await;
    let applied = |event: &&SettledEvent| event.outcome == EventOutcome::Applied;
    assert_eq!(linked.drained.iter().filter(applied).count(), 200);
    let scene = Scene::of(&ground).await;
    assert!(scene.waiting.is_empty(), "{:?}", scene.waiting);
    assert!(scene.records.values().all(|outcome| outcome == "applied"));
    assert_eq!(ground.shown(SOMEBODY).await.pro.remaining, 10_000);
}

/// Some that wait, and a link whose process ends after so many requests.
/// Whether it had more to do.
async fn cut_after(
    requests: usize,
    events: &[BillingEvent],
    catalogue: &CatalogueCache,
) -> (Ground, bool) {
    let ground = Ground::new(catalogue);
    for event in events {
        park(&ground, event).await;
    }
    let was_cut = cut(&ground, catalogue, &the(LINK, &nameless()), requests).await;
    (ground, was_cut)
}

/// What comes next settles all that waited, if the customer is linked by then;
/// in the end the link comes again, as Stripe sees to, and all is as it must be.
async fn check_goes_on(ground: &Ground, next: &BillingEvent, waited: usize, what: &str) {
    let scene = Scene::of(ground).await;
    let is_next = |place: &&String| place.ends_with(next.id.as_str());
    let waits_itself = scene.waiting.iter().filter(is_next).count();
    let settled = ground.settle(next).await.unwrap();
    let scene = Scene::of(ground).await;
    let mut keys = scene.essence.keys();
    if keys.any(|key| key.contains("STRIPE_CUSTOMER#")) {
        assert!(scene.waiting.is_empty(), "{what}: {:?}", scene.waiting);
        let drained = settled.drained.len() + waits_itself;
        assert_eq!(drained, waited, "{what}");
    }
    ground.settle(&the(LINK, &nameless())).await.unwrap();
    let scene = Scene::of(ground).await;
    assert!(scene.waiting.is_empty(), "{what}: {:?}", scene.waiting);
    let mut outcomes = scene.records.values();
    assert!(outcomes.all(|outcome| outcome == "applied"), "{what}");
    assert_eq!(scene.entries_of(SOMEBODY, "invoice:"), 1, "{what}");
    let shown = ground.shown(SOMEBODY).await;
    assert_eq!(shown.pro.remaining, 10_000, "{what}");
}

#[tokio::test(start_paused = true)]
async fn a_link_that_is_cut_anywhere_is_gone_on_with_by_whatever_comes_next() {
    let catalogue = remembered().await;
    let events = many(3);
    let story = nameless();
    let later = varied(&the(UPDATED, &story), "evt_of_later", |_| {});
    let mut left = BTreeSet::new();
    for next in [the(LINK, &story), later, events[0].clone()] {
        for requests in 0.. {
            let (ground, was_cut) = cut_after(requests, &events, &catalogue).await;
            let waited = waiting(&ground).await;
            left.insert(waited);
            let what = format!("{} after {requests} requests", next.id);
            check_goes_on(&ground, &next, waited, &what).await;
            if !was_cut {
                break;
            }
        }
    }
    // Before the link, after it, and between any two that waited.
    assert_eq!(left, BTreeSet::from([0, 1, 2, 3]));
}

#[tokio::test(start_paused = true)]
async fn a_later_event_settles_what_still_waits() {
    let story = nameless();
    let waits = [the(PAID, &story), the(CREATED, &story)];
    // The first look and the link itself.
    let (ground, _) = cut_after(2, &waits, &remembered().await).await;
    assert_eq!(waiting(&ground).await, 2);
    let later = apply(&ground, &the(UPDATED, &story)).await;
    let drained = later.drained.iter();
    let drained: Vec<_> = drained.map(|event| event.event_type.as_str()).collect();
    assert_eq!(drained, [CREATED, PAID]);
    assert_eq!(waiting(&ground).await, 0);
    assert_eq!(ground.account(SOMEBODY).await.plans.len(), 1);
    assert!(apply(&ground, &the(LINK, &story)).await.repeated);
}

#[tokio::test(start_paused = true)]
async fn a_link_without_time_for_the_queue_is_unfinished_and_delivered_again() {
    let ground = Ground::new(&remembered().await);
    for event in &many(3) {
        park(&ground, event).await;
    }
    let link = the(LINK, &nameless());
    let no_time = Deadline::after(Duration::ZERO);
    let store = ground.store();
    for _ in 0..2 {
        let settled = settle_until(&store, &ground.catalogue, &link, no_time).await;
        assert_eq!(settled.unwrap_err(), SettleError::Unfinished);
        let scene = Scene::of(&ground).await;
        assert_eq!(scene.waiting.len(), 3);
        assert_eq!(scene.records[link.id.as_str()], "applied");
    }
    let again = apply(&ground, &link).await;
    assert!(again.repeated);
    assert_eq!(again.drained.len(), 3);
    assert_eq!(waiting(&ground).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_runs_out_of_time_is_answered_503_and_then_200() {
    let ground = Ground::with(&prices()).await;
    let connection = ground.connection();
    let endpoint = Endpoint::on(&connection);
    let cast = Cast::new(SOMEBODY, SUFFIX, tests::at(tests::NOW));
    let story = Story::render(Scenario::Subscribe, &cast, ApiVersion::Dahlia);
    let (link, others) = story.split_first().unwrap();
    for event in others {
        assert_eq!(endpoint.deliver(event).await.status(), 200);
    }
    endpoint.counted();
    // The link itself asks no Query: what is held is the look at the queue.
    let held = connection.faults().hold("Query");
    let delivery = async {
        let answer = endpoint.deliver(link).await;
        assert_eq!(answer.status(), 503, "{answer:?}");
        assert_eq!(answer.header("retry-after"), "1");
        assert_eq!(endpoint.counted(), [format!("Events {LINK} failed")]);
    };
    let passing_time = async {
        assert!(held.reached().await);
        tokio::time::advance(Duration::from_secs(25)).await;
        held.release();
    };
    tokio::join!(delivery, passing_time);
    assert_eq!(waiting(&ground).await, 2);
    assert_eq!(endpoint.deliver(link).await.status(), 200);
    let expected = [
        format!("Events {CREATED} applied"),
        format!("Events {PAID} applied"),
        format!("Events {LINK} repeated"),
    ];
    assert_eq!(endpoint.counted(), expected);
    assert_eq!(waiting(&ground).await, 0);
}

#[tokio::test(start_paused = true)]
async fn the_place_of_an_event_that_has_waited_is_kept_for_ninety_days() {
    let ground = Ground::new(&remembered().await);
    let story = nameless();
    park(&ground, &the(CREATED, &story)).await;
    apply(&ground, &the(LINK, &story)).await;
    let tables = dump(&ground.connection().client()).await;
    let places = tables.0.iter().filter(|(key, _)| {
        key.starts_with("billing PARKED#") && key.contains(the(CREATED, &story).id.as_str())
    });
    let places: Vec<Value> = places
        .map(|(_, item)| serde_json::from_str(item).unwrap())
        .collect();
    let until = now().plus_seconds(90 * 86_400).unix_seconds();
    assert_eq!(places.len(), 1, "{places:?}");
    assert_eq!(places[0]["M"]["expires_at"]["N"], until.to_string());
    assert_eq!(places[0]["M"]["parked"], Value::Null);
}

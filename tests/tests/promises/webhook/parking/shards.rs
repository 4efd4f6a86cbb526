//! Parked events lie in many shards of their index, and are seen as one list.

use local::stripe::{ApiVersion, Cast, Scenario, Story};
use shared::domain::Timestamp;
use shared::domain::billing::{BillingTerms, EventOutcome};
use shared::store::SettleRequest;
use tests::{NOW, at};

use super::super::ground::{Ground, deadline, remembered};

/// More than a page of them.
const EVENTS: i64 = 250;

/// When an event is parked: each a minute after another, and not in this order.
fn parked_at(number: i64) -> Timestamp {
    at(NOW).plus_seconds(number * 37 % EVENTS * 60)
}

/// Parks a story's event for strangers, each with a customer and a price of its own.
async fn park(ground: &Ground, number: i64, event: usize) {
    let cast = Cast::new("free-user", &format!("{number:022}"), at(NOW));
    let story = Story::render(Scenario::Subscribe, &cast, ApiVersion::Dahlia);
    let read = stripe_webhook::read(story[event - 1].payload().as_bytes());
    let request = SettleRequest {
        event: &read.unwrap(),
        terms: &BillingTerms::default(),
        catalogue: &ground.catalogue,
        now: parked_at(number),
        deadline: deadline(),
    };
    let settled = ground.store().settle(request).await.unwrap();
    assert_eq!(settled.event.outcome, EventOutcome::Parked);
}

#[tokio::test]
async fn parked_events_are_listed_by_time_and_the_oldest_is_known() {
    let ground = Ground::new(&remembered().await);
    let store = ground.store();
    let now = at(NOW).plus_seconds(86_400);
    assert_eq!(store.oldest_parked(now).await.unwrap(), None);
    for number in 1..=EVENTS {
        park(&ground, number, 3).await;
    }
    // The first minute is that of the last event.
    assert_eq!(parked_at(EVENTS), at(NOW));
    assert_eq!(store.oldest_parked(now).await.unwrap(), Some(at(NOW)));
    // A month later they are another product's.
    let later = now.plus_seconds(31 * 86_400);
    assert_eq!(store.oldest_parked(later).await.unwrap(), None);
    assert_eq!(store.events_for_operators().await.unwrap(), 0);

    let mut walk = store.walk_waiting(now, false);
    let mut listed = Vec::new();
    while let Some(page) = walk.next_page(deadline()).await.unwrap() {
        listed.extend(page.into_iter().map(|event| event.since));
    }
    let minutes = 0..EVENTS;
    let expected: Vec<_> = minutes.map(|it| at(NOW).plus_seconds(it * 60)).collect();
    assert_eq!(listed, expected);
}

#[tokio::test]
async fn what_needs_an_operator_is_counted() {
    let ground = Ground::new(&remembered().await);
    let store = ground.store();
    for number in 1..=3 {
        let cast = Cast::new("free-user", &format!("{number:022}"), at(NOW));
        let story = Story::render(Scenario::BuyPack, &cast, ApiVersion::Dahlia);
        let mut body = story[0].body.clone();
        body["data"]["object"]["payment_link"] = format!("plink_unknown_{number}").into();
        let read = stripe_webhook::read(body.to_string().as_bytes()).unwrap();
        let settled = ground.settle(&read).await.unwrap();
        assert_eq!(settled.event.outcome, EventOutcome::Parked, "{settled:?}");
    }
    assert_eq!(store.events_for_operators().await.unwrap(), 3);
}

//! Events that were parked for a price: applying the catalogue that has it
//! settles them, once, and reports each. What does not fit the price goes on
//! waiting and is reported every time.

use std::time::Duration;

use local::World;
use local::stripe::{ApiVersion, Cast, Scenario, Story};
use serde_json::{Value, json};
use shared::domain::billing::EventOutcome;
use shared::host::clock::{Clock, Deadline};
use shared::store::{CatalogueCache, SettleRequest};
use tests::{Tables, account, at, credits, dump, world};

use super::{TOTALS, apply_again, delete, remarkable};

const LOT: &str = "buy:pi_late_1";

/// Has a pack bought, with one change to what Stripe says; what becomes of it
/// where that catalogue was read.
async fn buy_with(
    world: &World,
    suffix: &str,
    change: fn(&mut Value),
    catalogue: &CatalogueCache,
) -> EventOutcome {
    let cast = Cast::new("free-user", suffix, at(tests::NOW));
    let mut event = Story::render(Scenario::BuyPack, &cast, ApiVersion::Dahlia).remove(0);
    change(&mut event.body);
    let reported = stripe_webhook::read(event.payload().as_bytes()).unwrap();
    let terms = shared::domain::billing::BillingTerms::default();
    let settled = world.store.settle(SettleRequest {
        event: &reported,
        terms: &terms,
        catalogue,
        now: world.clock.now(),
        deadline: Deadline::after(Duration::from_secs(10)),
    });
    settled.await.unwrap().event.outcome
}

async fn buy(world: &World, change: fn(&mut Value)) -> EventOutcome {
    buy_with(world, "late", change, &CatalogueCache::default()).await
}

/// Takes a pack's price out of the catalogue, and its link with it.
async fn remove_price(world: &World) {
    for sk in ["PRICE#price_test_pack_1000", "LINK#plink_test_pack_1000"] {
        delete(world, "users", "CATALOGUE", sk).await;
    }
}

fn by_price(event: &mut Value) {
    let session = &mut event["data"]["object"];
    session["payment_link"] = json!(null);
    session["metadata"] = json!({"price_id": "price_test_pack_1000"});
}

fn cheaper(event: &mut Value) {
    event["data"]["object"]["amount_subtotal"] = json!(499);
}

/// What waits, by the index that an alarm reads.
fn waiting(tables: &Tables) -> usize {
    let items = tables.0.values();
    items.filter(|item| item.contains(r#""parked":"#)).count()
}

#[tokio::test]
async fn events_that_wait_for_a_price_are_settled_when_it_is_applied() {
    for change in [(|_| {}) as fn(&mut Value), by_price] {
        let world = world().await;
        let client = world.dynamodb.client();
        remove_price(&world).await;
        assert_eq!(buy(&world, change).await, EventOutcome::Parked);
        assert_eq!(waiting(&dump(&client).await), 1);
        world.clock.advance("P2D").unwrap();
        let report = apply_again(&world).await;
        let made = remarkable(&report);
        let expected = [
            "price price_test_pack_1000: created",
            "event evt_late_buy_pack_1: created",
        ];
        assert_eq!(made, expected);
        assert_eq!(report.totals(), TOTALS);
        let settled = dump(&client).await;
        assert_eq!(waiting(&settled), 0);
        let lots = account(&world, "free-user")
            .await
            .unwrap()
            .into_state()
            .lots;
        let lot = lots.iter().find(|lot| lot.terms.id.as_str() == LOT);
        assert_eq!(lot.unwrap().granted, credits("1000"));
        // Bought when it was bought, not when it was settled.
        assert_eq!(lot.unwrap().terms.starts_at, at(tests::NOW));

        assert_eq!(remarkable(&apply_again(&world).await), Vec::<String>::new());
        assert_eq!(dump(&client).await, settled);
        assert_eq!(buy(&world, change).await, EventOutcome::Applied);
        assert_eq!(dump(&client).await, settled);
    }
}

#[tokio::test]
async fn an_event_that_does_not_fit_its_price_waits_and_is_reported_each_time() {
    let world = world().await;
    let client = world.dynamodb.client();
    assert_eq!(buy(&world, cheaper).await, EventOutcome::Parked);
    let before = dump(&client).await;
    assert_eq!(waiting(&before), 1);
    for _ in 0..2 {
        let report = apply_again(&world).await;
        let expected = "event mismatch:price_test_pack_1000: differs: 1 waiting: the amount \
                        paid differs from the catalogue";
        assert_eq!(remarkable(&report), [expected]);
        assert_eq!(report.totals(), TOTALS);
        assert_eq!(dump(&client).await, before);
    }
}

#[tokio::test]
async fn no_event_waits_for_a_price_that_was_added_since_the_catalogue_was_read() {
    let world = world().await;
    for (suffix, change) in [("a", (|_| {}) as fn(&mut Value)), ("b", by_price)] {
        let before = CatalogueCache::default();
        remove_price(&world).await;
        let prices = before.prices(&world.store, world.clock.now()).await;
        prices.unwrap();
        apply_again(&world).await;
        let outcome = buy_with(&world, suffix, change, &before).await;
        assert_eq!(outcome, EventOutcome::Applied, "{suffix}");
    }
}

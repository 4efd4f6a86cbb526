//! How long the oldest event has waited, and how many wait for an operator.

use local::World;
use local::dynamodb::Fault;
use local::stripe::{ApiVersion, Cast, Scenario, Story};
use tests::{NOW, at, world};

use super::Watching;
use crate::routes::{Functions, delivery};

async fn report(world: &World, reported: (Scenario, usize), suffix: &str) {
    let cast = Cast::new("free-user", suffix, at(NOW));
    let event = Story::render(reported.0, &cast, ApiVersion::Dahlia).remove(reported.1 - 1);
    let functions = Functions::of(world, &[]);
    let response = functions.respond(&delivery(world, &event.payload())).await;
    assert_eq!(response["statusCode"], 200, "{response}");
}

/// An invoice of a customer whom nobody knows, and the link that makes them known.
const STRANGER: (Scenario, usize) = (Scenario::Subscribe, 3);
const LINK: (Scenario, usize) = (Scenario::Subscribe, 1);

#[tokio::test]
async fn the_gauge_shows_since_when_the_oldest_event_waits_though_nobody_calls() {
    let world = world().await;
    let watching = Watching::over(&world);
    let shown = async || watching.call().await["OldestParkedSeconds"].as_u64();
    assert_eq!(shown().await, Some(0));
    report(&world, STRANGER, "one").await;
    world.clock.advance("PT2M").unwrap();
    report(&world, STRANGER, "two").await;
    world.clock.advance("PT3M").unwrap();
    assert_eq!(shown().await, Some(300));
    world.clock.advance("PT5M").unwrap();
    assert_eq!(shown().await, Some(600));
    report(&world, LINK, "one").await;
    assert_eq!(shown().await, Some(480));
    report(&world, LINK, "two").await;
    assert_eq!(shown().await, Some(0));
}

#[tokio::test]
async fn events_that_call_an_operator_are_counted() {
    let world = world().await;
    let watching = Watching::over(&world);
    assert_eq!(watching.call().await["EventsForOperators"], 0);
    let client = world.dynamodb.client();
    for number in 0..3 {
        let text = |value: &str| aws_sdk_dynamodb::types::AttributeValue::S(value.to_string());
        let item = client.put_item().table_name("billing");
        let item = item
            .item("pk", text("PARKED#price#price_1"))
            .item("sk", text(&format!("EVENT#evt_{number}")))
            .item("parked", text("waiting"))
            .item("parked_shard", text(&format!("waiting#{number}")))
            .item("parked_at", text(NOW));
        item.send().await.unwrap();
    }
    assert_eq!(watching.call().await["EventsForOperators"], 3);
}

#[tokio::test(start_paused = true)]
async fn a_gauge_that_cannot_be_read_is_an_error_and_accounts_are_checked_all_the_same() {
    let world = world().await;
    let watching = Watching::over(&world);
    for _ in 0..2 {
        world.dynamodb.faults().push("Query", Fault::Hang);
        let said = watching.call().await;
        assert_eq!(said["ServerErrors"], 1, "{said}");
        assert!(said.get("OldestParkedSeconds").is_none(), "{said}");
        assert_eq!(said["VerifyPassSeconds"], 0, "{said}");
    }
}

//! How long the oldest event has waited, and how many wait for an operator.

use std::sync::Arc;

use local::World;
use local::stripe::{ApiVersion, Cast, Scenario, Story};
use shared::host::entropy::SystemEntropy;
use shared::store::{Store, TableNames};
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
            .item("parked_shard", text(&format!("waiting#{number:02}")))
            .item("parked_at", text(NOW));
        item.send().await.unwrap();
    }
    assert_eq!(watching.call().await["EventsForOperators"], 3);
}

#[tokio::test]
async fn a_table_that_is_gone_is_an_error_and_the_pass_stays_where_it_is() {
    let world = world().await;
    let tables = TableNames {
        users: "users".into(),
        credits: "credits".into(),
        billing: "gone".into(),
        notices: "notices".into(),
    };
    let client = world.dynamodb.client();
    let store = Store::new(client, tables, Arc::new(SystemEntropy));
    let said = Watching::through(&world, store).call().await;
    assert_eq!(said["ServerErrors"], 1, "{said}");
    assert!(said.get("OldestParkedSeconds").is_none(), "{said}");
    let pass = world.store.load_verify_pass().await.unwrap();
    assert_eq!(pass.and_then(|pass| pass.finished_at), None);
}

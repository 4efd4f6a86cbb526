//! How long the oldest event has waited: read at the start and with the
//! catalogue, at no other time, and never in the way of an event.

use local::World;
use local::dynamodb::Fault;
use local::stripe::{ApiVersion, Cast, Scenario, Story};
use serde_json::Value;
use shared::host::clock::Clock;
use tests::{NOW, at, world};

use super::form::check_metrics;
use super::taken;
use crate::routes::{Functions, delivery};

/// What the gauge has shown since the last time.
fn shown(world: &World) -> Vec<u64> {
    let lines = taken(&world.log).into_iter();
    let gauge = lines.filter(|line| line.get("OldestParkedSeconds").is_some());
    gauge
        .map(|line| {
            let names: Vec<String> = check_metrics(&line).into_iter().collect();
            assert_eq!(names, ["OldestParkedSeconds"], "{line}");
            assert_eq!(line["Function"], "stripe-webhook", "{line}");
            line["OldestParkedSeconds"].as_u64().unwrap()
        })
        .collect()
}

async fn report(
    world: &World,
    functions: &Functions,
    reported: (Scenario, usize),
    suffix: &str,
) -> Value {
    let cast = Cast::new("free-user", suffix, at(NOW));
    let event = Story::render(reported.0, &cast, ApiVersion::Dahlia).remove(reported.1 - 1);
    let response = functions.respond(&delivery(world, &event.payload())).await;
    assert_eq!(response["statusCode"], 200, "{response}");
    response
}

/// An invoice of a customer whom nobody knows, the link that makes them known,
/// and a pack, which needs the catalogue.
const STRANGER: (Scenario, usize) = (Scenario::Subscribe, 3);
const LINK: (Scenario, usize) = (Scenario::Subscribe, 1);
const PACK: (Scenario, usize) = (Scenario::BuyPack, 1);

#[tokio::test]
async fn the_gauge_shows_since_when_the_oldest_event_waits() {
    let world = world().await;
    let functions = Functions::of(&world, &[]);
    functions.warm_up().await;
    assert_eq!(shown(&world), [0]);
    report(&world, &functions, STRANGER, "one").await;
    world.clock.advance("PT2M").unwrap();
    report(&world, &functions, STRANGER, "two").await;
    // The catalogue is still good, so nothing more is asked.
    assert_eq!(shown(&world), Vec::<u64>::new());
    world.clock.advance("PT3M").unwrap();
    report(&world, &functions, PACK, "pack1").await;
    assert_eq!(shown(&world), [300]);
    report(&world, &functions, LINK, "one").await;
    world.clock.advance("PT5M").unwrap();
    report(&world, &functions, PACK, "pack2").await;
    assert_eq!(shown(&world), [480]);
    report(&world, &functions, LINK, "two").await;
    world.clock.advance("PT5M").unwrap();
    report(&world, &functions, PACK, "pack3").await;
    assert_eq!(shown(&world), [0]);
    // Another process starts, and sees the same.
    report(&world, &functions, STRANGER, "three").await;
    world.clock.advance("PT7S").unwrap();
    Functions::of(&world, &[]).warm_up().await;
    assert_eq!(shown(&world), [7]);
}

#[tokio::test(start_paused = true)]
async fn a_gauge_that_cannot_be_read_fails_nothing_and_is_not_tried_twice() {
    for fault in [
        Fault::ServerError,
        Fault::Throttled,
        Fault::Hang,
        Fault::NotSent,
    ] {
        let world = world().await;
        let functions = Functions::of(&world, &[]);
        functions.warm_up().await;
        world.clock.set(world.clock.now().plus_seconds(300));
        taken(&world.log);
        let catalogue = world.dynamodb.faults().hold("Query");
        let story = async {
            assert!(catalogue.reached().await);
            // The query that comes next is the gauge's.
            world.dynamodb.faults().push("Query", fault);
            catalogue.release();
        };
        tokio::join!(report(&world, &functions, PACK, "pack"), story);
        assert_eq!(world.dynamodb.faults().unused(), 0, "{fault:?}");
        let lines = taken(&world.log);
        assert!(
            lines
                .iter()
                .all(|line| line.get("OldestParkedSeconds").is_none())
        );
        let warnings = lines.iter().filter(|line| line["level"] == "WARN");
        let reasons: Vec<_> = warnings.map(|line| &line["message"]).collect();
        assert_eq!(
            reasons,
            ["the oldest parked event could not be read"],
            "{fault:?}"
        );
        report(&world, &functions, PACK, "again").await;
        assert_eq!(shown(&world), Vec::<u64>::new(), "{fault:?}");
    }
}

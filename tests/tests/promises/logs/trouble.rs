//! What stood in a request's way stands on its line: conflicts, throttles,
//! tries, and items that contradict themselves.

use aws_sdk_dynamodb::types::AttributeValue::S;
use local::World;
use local::dynamodb::Fault;
use serde_json::{Value, json};
use tests::world;

use super::of_one_request;
use crate::routes::{Functions, recorded};

/// A charge that meets these faults; its line.
async fn charged(world: &World, faults: &[(&str, Fault)]) -> Value {
    for (operation, fault) in faults {
        world.dynamodb.faults().push(operation, *fault);
    }
    world.dynamodb.meter().reset();
    let functions = Functions::of(world, &[]);
    functions.respond(&recorded("post-charge.json")).await;
    assert_eq!(world.dynamodb.faults().unused(), 0);
    of_one_request(world)
}

#[tokio::test(start_paused = true)]
async fn conflicts_and_throttles_are_counted_by_requests() {
    const WRITE: &str = "TransactWriteItems";
    let absent = Value::Null;
    for (faults, conflicts, throttles, trouble) in [
        (&[][..], &absent, &absent, &absent),
        (
            &[(WRITE, Fault::TransactionConflict); 2],
            &json!(2),
            &absent,
            &json!("DynamoDB is not available: TransactionConflict, None"),
        ),
        (
            &[(WRITE, Fault::Throttled), ("GetItem", Fault::Throttled)],
            &absent,
            &json!(2),
            &json!("DynamoDB is not available: ProvisionedThroughputExceededException"),
        ),
        (
            &[(WRITE, Fault::ServerError)],
            &absent,
            &absent,
            &json!("DynamoDB is not available: InternalServerError"),
        ),
    ] {
        let world = world().await;
        let line = charged(&world, faults).await;
        assert_eq!(line["outcome"], "answered", "{line}");
        assert_eq!(&line["TransactionConflicts"], conflicts, "{line}");
        assert_eq!(&line["Throttles"], throttles, "{line}");
        assert_eq!(&line["trouble"], trouble, "{line}");
        let retries = line["retries"].as_u64().unwrap_or_default();
        assert_eq!(retries, faults.len() as u64, "{line}");
        let measured = world.dynamodb.meter().snapshot().total.requests;
        assert_eq!(line["DynamoDbRequests"], measured, "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn giving_up_reports_why_and_how_often_it_was_tried() {
    let world = world().await;
    let line = charged(&world, &[("GetItem", Fault::Throttled); 6]).await;
    assert_eq!(line["status"], 503, "{line}");
    assert_eq!(line["outcome"], "try_again", "{line}");
    assert_eq!(
        (&line["retries"], &line["Throttles"]),
        (&json!(5), &json!(6))
    );
    assert_eq!(line["ServerErrors"], 1, "{line}");
    assert_eq!(line.get("LedgerMismatches"), None, "{line}");
    let reason = "DynamoDB is not available: ProvisionedThroughputExceededException";
    assert_eq!(line["reason"], reason, "{line}");
}

#[tokio::test(start_paused = true)]
async fn a_limiter_that_lets_a_call_through_says_so() {
    let world = world().await;
    world.dynamodb.faults().push("UpdateItem", Fault::Throttled);
    let functions = Functions::of(&world, &[]);
    functions.respond(&recorded("get-credits.json")).await;
    let line = of_one_request(&world);
    assert_eq!(
        (&line["status"], &line["Throttles"]),
        (&json!(200), &json!(1))
    );
    let trouble = line["trouble"].as_str().unwrap();
    assert!(
        trouble.starts_with("the rate limiter let the call through"),
        "{line}"
    );
}

#[tokio::test]
async fn an_item_that_contradicts_itself_is_a_mismatch_of_the_ledger() {
    let world = world().await;
    let client = world.dynamodb.client();
    let request = client.update_item().table_name("credits");
    let request = request
        .key("pk", S("USER#free-user".into()))
        .key("sk", S("ACCOUNT".into()))
        .update_expression("SET entity = :other")
        .expression_attribute_values(":other", S("Other".into()));
    request.send().await.unwrap();
    let functions = Functions::of(&world, &[]);
    functions.respond(&recorded("get-credits.json")).await;
    let line = of_one_request(&world);
    assert_eq!(line["LedgerMismatches"], 1, "{line}");
    assert_eq!(
        (&line["status"], &line["outcome"]),
        (&json!(500), &json!("damaged"))
    );
    let reason = line["reason"].as_str().unwrap();
    assert!(reason.contains("credits USER#…/ACCOUNT"), "{reason}");
}

/// Many requests share a process in the local world; each counts its own.
#[tokio::test]
async fn requests_at_the_same_time_count_each_their_own() {
    let world = world().await;
    let functions = Functions::of(&world, &[("RATE_LIMIT_CREDITS_PER_MINUTE", "0")]);
    let held = world.dynamodb.faults().hold("GetItem");
    let slow = recorded("get-credits.json");
    let quick = recorded("get-history.json");
    let both = async {
        assert!(held.reached().await);
        functions.respond(&quick).await;
        functions.respond(&quick).await;
        held.release();
    };
    tokio::join!(functions.respond(&slow), both);
    let lines = super::of_requests(super::taken(&world.log));
    let reported: Vec<_> = lines
        .iter()
        .map(|line| (line["route"].as_str().unwrap(), &line["DynamoDbRequests"]))
        .collect();
    let one = &json!(1);
    let history = ("GET /api/user/credits/history", one);
    assert_eq!(reported, [history, history, ("GET /api/user/credits", one)]);
}

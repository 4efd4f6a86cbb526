//! Reading while DynamoDB fails: the caller is reported to try again, or notices
//! nothing where only the limiter is affected.

use std::time::Duration;

use local::World;
use local::dynamodb::Fault;
use serde_json::{Value, json};
use tests::{Served, world};

use crate::routes::{credits_function, recorded, respond};

async fn ask(world: &World) -> Value {
    let app = credits_function(world, &[]);
    let event = recorded("get-credits.json");
    // Of paused time, so nothing is measured: whatever waits for ever is seen.
    let answered = tokio::time::timeout(Duration::from_secs(8), respond(&app, &event));
    answered.await.expect("it would hold the sandbox for ever")
}

#[tokio::test(start_paused = true)]
async fn a_read_that_fails_up_to_five_times_is_still_answered() {
    for fault in [
        Fault::NotSent,
        Fault::LostReply,
        Fault::ServerError,
        Fault::Throttled,
    ] {
        let world = world().await;
        (0..5).for_each(|_| world.dynamodb.faults().push("GetItem", fault));
        assert_eq!(ask(&world).await["statusCode"], 200, "{fault:?}");
        assert_eq!(world.dynamodb.faults().unused(), 0, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_that_fails_for_good_is_answered_with_try_again() {
    for fault in [
        Fault::NotSent,
        Fault::LostReply,
        Fault::ServerError,
        Fault::Throttled,
    ] {
        let world = world().await;
        (0..6).for_each(|_| world.dynamodb.faults().push("GetItem", fault));
        let response = ask(&world).await;
        assert_eq!(response["statusCode"], 503, "{fault:?}: {response}");
        assert_eq!(
            response["headers"],
            json!({
                "cache-control": "no-store", "content-type": "application/json", "retry-after": "1",
            })
        );
        let body: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
        let text = "Temporarily unavailable. Try again in a moment.";
        let expected = json!({
            "error": "try_again", "error_description": text, "requestId": "TpQzRh4aFiAEPpw=",
        });
        assert_eq!(body, expected, "{fault:?}");
        assert_eq!(ask(&world).await["statusCode"], 200, "it passes");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limiter_that_fails_or_never_answers_lets_calls_through() {
    for fault in [
        Fault::NotSent,
        Fault::LostReply,
        Fault::ServerError,
        Fault::ServerErrorAfterApply,
        Fault::Throttled,
        Fault::Hang,
    ] {
        let world = world().await;
        world.dynamodb.faults().push("UpdateItem", fault);
        let response = ask(&world).await;
        assert_eq!(response["statusCode"], 200, "{fault:?}: {response}");
        assert_eq!(
            response["headers"].get("ratelimit-limit"),
            None,
            "{fault:?}"
        );
        assert!(response["headers"]["etag"].is_string(), "{fault:?}");
        let next = ask(&world).await;
        assert_eq!(
            next["headers"]["ratelimit-limit"], "60",
            "{fault:?}: it counts again"
        );
    }
}

#[tokio::test]
async fn over_http_a_failing_table_is_503_and_the_next_call_is_answered() {
    let served = Served::start().await;
    let token = served.token("free-user", "credits.read").await;
    let faults = served.world.dynamodb.faults();
    (0..6).for_each(|_| faults.push("GetItem", Fault::ServerError));
    let answer = served.credits_with(&token, &[]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    assert_eq!(answer.json()["error"], "try_again");
    assert_eq!(served.credits_with(&token, &[]).await.status, 200);
}

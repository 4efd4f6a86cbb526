//! Every recorded event is answered as API Gateway would get it: status,
//! headers and body, reported as one user's afternoon. What another suite holds
//! field by field is only held to be answered here.

use serde_json::{Value, json};
use tests::{dump, world};

use super::{Functions, recorded};

/// The answer to an event, its body read.
async fn answer(functions: &Functions, name: &str) -> (u64, Value, Value) {
    let response = functions.respond(&recorded(&format!("{name}.json"))).await;
    let text = response["body"].as_str().unwrap();
    let body = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let status = response["statusCode"].as_u64().unwrap();
    (status, response["headers"].clone(), body)
}

/// A write: its status and body, never cached; a repeat gives the same bytes
/// and says so.
async fn check_write(functions: &Functions, name: &str, status: u64, expected: Value) {
    let (answered, headers, body) = answer(functions, name).await;
    assert_eq!(answered, status, "{name}: {body}");
    assert_eq!(body, expected, "{name}");
    let plain = json!({"cache-control": "no-store", "content-type": "application/json"});
    assert_eq!(headers, plain, "{name}");
    let (again, mut headers, body) = answer(functions, name).await;
    assert_eq!((again, body), (status, expected), "{name} again");
    assert_eq!(headers["idempotent-replayed"], "true", "{name} again");
    headers
        .as_object_mut()
        .unwrap()
        .remove("idempotent-replayed");
    assert_eq!(headers, plain, "{name} again");
}

const CHARGE: &str = "post-charge";
const HOLD: &str = "post-hold";

#[tokio::test]
async fn a_charge_and_a_hold_to_its_commit_are_answered_in_full() {
    let world = world().await;
    let functions = Functions::of(&world, &[]);
    let charged = json!({
        "chargeId": "charge-8b1f", "amount": "120.5", "freeUsed": "120.5", "proUsed": "0",
        "totalAvailable": 1379, "held": 0, "debt": 0, "version": 2,
    });
    check_write(&functions, CHARGE, 201, charged).await;
    let held = |amount: &str, expires_at: &str, version: u64| {
        json!({
            "holdId": "hold-0d5c", "amount": amount, "freeUsed": "0", "proUsed": "0",
            "status": "open", "expiresAt": expires_at,
            "totalAvailable": 1179, "held": 200, "debt": 0, "version": version,
        })
    };
    let until = ["2025-11-06T14:40:00Z", "2025-11-06T14:50:00Z"];
    check_write(&functions, HOLD, 201, held("200", until[0], 3)).await;
    check_write(
        &functions,
        "post-hold-extend",
        200,
        held("200", until[1], 4),
    )
    .await;
    check_write(
        &functions,
        "post-hold-report",
        200,
        held("60.25", until[1], 5),
    )
    .await;
    let committed = json!({
        "holdId": "hold-0d5c", "amount": "150.75", "freeUsed": "150.75", "proUsed": "0",
        "status": "committed", "expiresAt": until[1],
        "totalAvailable": 1228, "held": 0, "debt": 0, "version": 6,
    });
    check_write(&functions, "post-hold-commit", 200, committed).await;

    let (status, headers, body) = answer(&functions, "get-user-credits").await;
    assert_eq!(
        (status, &headers["cache-control"]),
        (200, &json!("no-store"))
    );
    assert_eq!(
        (&body["totalAvailable"], &body["version"]),
        (&json!(1228), &json!(6))
    );
    let (status, _, body) = answer(&functions, "get-history").await;
    let charge = json!({
        "seq": 2, "id": "charge-8b1f", "kind": "charge", "amount": "120.5",
        "freeDelta": "-120.5", "proDelta": "0", "totalAvailable": 1379,
        "modelId": "gpt-5", "operation": "chat", "inputTokens": 1200, "outputTokens": 350,
        "label": "summary of a letter", "session": null, "rateCard": null, "breakdown": [],
        "at": "2025-11-06T14:30:00Z",
    });
    assert_eq!(
        (status, body),
        (200, json!({"entries": [charge], "nextCursor": null}))
    );
    let (status, _, body) = answer(&functions, "get-usage").await;
    let sum = json!({
        "credits": "271.25", "requests": 2, "inputTokens": 2100, "outputTokens": 4350,
        "breakdown": [],
    });
    let mut row = sum.clone();
    row["key"] = json!("gpt-5");
    let expected = json!({
        "from": "2025-11-01T00:00:00Z", "to": "2025-11-30T23:59:59Z", "groupBy": "model",
        "rows": [row], "total": sum,
    });
    assert_eq!((status, body), (200, expected));
}

/// 1,200 tokens of input and 350 of output at 2, 9,000 from the cache at 0.2 a thousand.
fn parts() -> Value {
    json!([
        {"unit": "input", "count": 1200, "amount": "2.4"},
        {"unit": "cachedInput", "count": 9000, "amount": "1.8"},
        {"unit": "output", "count": 350, "amount": "0.7"},
    ])
}

#[tokio::test]
async fn a_batch_has_one_result_for_each_charge() {
    let world = world().await;
    let functions = Functions::of(&world, &[]);
    let mut first = json!({
        "idempotencyKey": "turn-1", "status": 201, "chargeId": "turn-1", "amount": "4.9",
        "freeUsed": "4.9", "proUsed": "0", "rateCard": "gpt-5@2025-01-01",
        "breakdown": parts(), "totalAvailable": 1495, "held": 0, "debt": 0, "version": 2,
    });
    let unknown = json!({
        "idempotencyKey": "turn-2", "status": 422, "error": "validation_failed",
        "error_description": "Some fields of the body are invalid; see fields.",
        "fields": {"usage.audio": "unknown field"},
    });
    let mut last = json!({
        "idempotencyKey": "turn-3", "status": 201, "chargeId": "turn-3", "amount": "2.5",
        "freeUsed": "2.5", "proUsed": "0", "totalAvailable": 1492, "held": 0, "debt": 0,
        "version": 3,
    });
    for again in [false, true] {
        if again {
            first["replayed"] = json!(true);
            last["replayed"] = json!(true);
        }
        let expected = json!({
            "results": [first, unknown, last], "totalAvailable": 1492, "version": 3,
        });
        let (status, headers, body) = answer(&functions, "post-charges-batch").await;
        assert_eq!((status, body), (200, expected));
        assert_eq!(headers["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn a_quote_is_what_a_charge_would_cost() {
    let world = world().await;
    let functions = Functions::of(&world, &[]);
    let (status, _, body) = answer(&functions, "post-quotes").await;
    let used = json!({
        "modelId": "gpt-5", "rateCard": "gpt-5@2025-01-01", "amount": "4.9", "breakdown": parts(),
    });
    assert_eq!((status, &body["quotes"][0]), (200, &used));
    let estimated = &body["quotes"][1];
    assert_eq!(estimated["rateCard"], "claude-3.5-sonnet@2025-01-01");
    assert_eq!(estimated["breakdown"], Value::Null);
}

#[tokio::test]
async fn a_released_hold_gives_everything_back() {
    let world = world().await;
    let functions = Functions::of(&world, &[]);
    answer(&functions, HOLD).await;
    let released = json!({
        "holdId": "hold-0d5c", "amount": "200", "freeUsed": "0", "proUsed": "0",
        "status": "released", "expiresAt": "2025-11-06T14:40:00Z",
        "totalAvailable": 1500, "held": 0, "debt": 0, "version": 3,
    });
    check_write(&functions, "post-hold-release", 200, released).await;
}

#[tokio::test]
async fn the_events_of_people_and_models_are_answered() {
    let world = world().await;
    let functions = Functions::of(&world, &[]);
    for (name, pointer, expected) in [
        ("patch-preferences", "/temperature", json!(0.35)),
        ("get-preferences", "/usageAlerts", json!(false)),
        ("get-profile", "/email", json!("free@example.com")),
        ("get-user", "/credits/totalAvailable", json!(1500)),
        ("get-models", "/models/2/id", json!("gpt-5")),
        ("get-credits", "/totalAvailable", json!(1500)),
    ] {
        let (status, _, body) = answer(&functions, name).await;
        assert_eq!(status, 200, "{name}: {body}");
        assert_eq!(body.pointer(pointer), Some(&expected), "{name}: {body}");
    }
}

const WEBHOOK: &str = "post-stripe-webhook";

#[tokio::test]
async fn a_pack_that_stripe_reports_twice_is_given_once() {
    let world = world().await;
    let functions = Functions::of(&world, &[]);
    let mut tables = Vec::new();
    for _ in 0..2 {
        let (status, headers, body) = answer(&functions, WEBHOOK).await;
        assert_eq!((status, body), (200, json!({"received": true})));
        assert_eq!(headers, json!({"content-type": "application/json"}));
        tables.push(dump(&world.dynamodb.client()).await);
        let (_, _, credits) = answer(&functions, "get-credits").await;
        let total = &credits["totalAvailable"];
        assert_eq!(total, &json!(2500), "1000 came to 1500: {credits}");
    }
    let again = tables.pop().unwrap().without_rate_counters();
    assert_eq!(again, tables.pop().unwrap().without_rate_counters());
}

#[tokio::test]
async fn a_delivery_of_stripes_is_good_for_five_minutes_and_for_its_own_bytes() {
    let world = world().await;
    let functions = Functions::of(&world, &[]);
    let before = dump(&world.dynamodb.client()).await;
    let file = format!("{WEBHOOK}.json");
    let mut changed = recorded(&file);
    changed["body"] = json!(changed["body"].as_str().unwrap().replace("500", "501"));
    world.clock.advance("PT5M").unwrap();
    let in_time = functions.respond(&changed).await;
    world.clock.advance("PT1S").unwrap();
    let too_late = functions.respond(&recorded(&file)).await;
    for (response, part) in [(in_time, "does not match"), (too_late, "too far from now")] {
        assert_eq!(response["statusCode"], 400, "{response}");
        let body = response["body"].as_str().unwrap();
        assert!(body.contains(part), "{body}");
    }
    assert_eq!(dump(&world.dynamodb.client()).await, before);
}

//! What a user used, summed by day or model: charges, commits and holds that
//! were settled by time, each once.

use serde_json::{Value, json};
use tests::{Served, Service};

use super::body;
use crate::requests_and_units::import_ledger;

const USER: &str = "user-of-models";
const PATH: &str = "/api/user/usage";

fn spent(amount: &str, model: &str) -> Value {
    json!({"amount": amount, "modelId": model, "inputTokens": 10, "outputTokens": 5})
}

/// Three days: two models, one charge without, a hold committed and one that
/// was settled by time alone.
async fn write(served: &Served) {
    let service = served.service().await;
    let charge = async |key: &str, fields: Value| {
        body(&service.post(USER, "charges", key, &fields).await, 201);
    };
    charge("k1", spent("1.5", "gpt-5")).await;
    charge("k2", spent("2.25", "claude-3.5-sonnet")).await;
    served.advance("P1D").await;
    charge("k3", json!({"amount": 4})).await;
    body(&service.hold(USER, "h1", 10, 60).await, 201);
    let fields = spent("3", "gpt-5");
    let report = service.on_hold(USER, ("h1", "report"), "r1", &fields).await;
    body(&report, 200);
    let commit = service.on_hold(USER, ("h1", "commit"), "c1", &fields).await;
    body(&commit, 200);
    body(&service.hold(USER, "h3", 1, 60).await, 201);
    let release = service
        .on_hold(USER, ("h3", "release"), "z3", &json!({}))
        .await;
    body(&release, 200);
    let settled = json!({"amount": 8, "ttlSeconds": 60, "onExpiry": "settle"});
    body(&service.post(USER, "holds", "h2", &settled).await, 201);
    let report = json!({"amount": "0.125"});
    let report = service.on_hold(USER, ("h2", "report"), "r2", &report).await;
    body(&report, 200);
    served.advance("P1D").await;
    // The first write after its end settles it, and is a request of its own.
    charge("k4", json!({"amount": 0})).await;
}

fn sum(credits: &str, requests: u64, input_tokens: u64, output_tokens: u64) -> Value {
    json!({
        "credits": credits, "requests": requests,
        "inputTokens": input_tokens, "outputTokens": output_tokens, "breakdown": [],
    })
}

fn named(key: &str, mut sum: Value) -> Value {
    sum["key"] = json!(key);
    sum
}

async fn check(app: &Service, query: &str, rows: Vec<Value>, total: Value) {
    let usage = body(&app.get(&format!("{PATH}?{query}")).await, 200);
    assert_eq!(usage["rows"], json!(rows), "{query}");
    assert_eq!(usage["total"], total, "{query}");
}

#[tokio::test]
async fn usage_is_summed_by_day_and_by_model() {
    let served = Served::start().await;
    write(&served).await;
    let app = served.as_user(USER).await;
    let total = sum("10.875", 5, 30, 15);
    let days = vec![
        named("2025-11-06", sum("3.75", 2, 20, 10)),
        named("2025-11-07", sum("7", 2, 10, 5)),
        named("2025-11-08", sum("0.125", 1, 0, 0)),
    ];
    check(&app, "", days.clone(), total.clone()).await;
    check(&app, "groupBy=day", days.clone(), total.clone()).await;
    let models = vec![
        named("claude-3.5-sonnet", sum("2.25", 1, 10, 5)),
        named("gpt-5", sum("4.5", 2, 20, 10)),
        named("unknown", sum("4.125", 2, 0, 0)),
    ];
    check(&app, "groupBy=model", models, total).await;
    let only = vec![days[1].clone()];
    let of_day = sum("7", 2, 10, 5);
    check(
        &app,
        "from=2025-11-07&to=2025-11-07",
        only.clone(),
        of_day.clone(),
    )
    .await;
    let exact = "from=2025-11-07T14:30:00Z&to=2025-11-07T14:30:00Z";
    check(&app, exact, only, of_day).await;
    let nothing = "from=2025-11-07T14:30:01Z&to=2025-11-08T14:29:59Z";
    check(&app, nothing, Vec::new(), sum("0", 0, 0, 0)).await;
}

#[tokio::test]
async fn the_range_that_was_summed_is_answered() {
    let served = Served::start().await;
    let app = served.as_user(USER).await;
    for (query, from, to) in [
        ("", "2025-10-07T14:30:00Z", "2025-11-06T14:30:00Z"),
        (
            "from=2025-11-01",
            "2025-11-01T00:00:00Z",
            "2025-11-06T14:30:00Z",
        ),
        (
            "to=2025-11-01",
            "2025-10-02T23:59:59Z",
            "2025-11-01T23:59:59Z",
        ),
        (
            "from=2025-11-01T01:02:03%2B02:00&to=2025-11-02",
            "2025-10-31T23:02:03Z",
            "2025-11-02T23:59:59Z",
        ),
        (
            "from=2025-08-02&to=2025-11-01",
            "2025-08-02T00:00:00Z",
            "2025-11-01T23:59:59Z",
        ),
    ] {
        let usage = body(&app.get(&format!("{PATH}?{query}")).await, 200);
        assert_eq!(
            (&usage["from"], &usage["to"]),
            (&json!(from), &json!(to)),
            "{query}"
        );
        assert_eq!(usage["groupBy"], "day");
    }
}

#[tokio::test]
async fn a_range_that_cannot_be_is_refused_by_its_field() {
    let served = Served::start().await;
    let app = served.as_user(USER).await;
    for (query, error, field) in [
        ("from=yesterday", "validation_failed", "from"),
        ("from=2025-02-30", "validation_failed", "from"),
        ("from=2025-11-07&to=2025-11-06", "validation_failed", "from"),
        ("from=", "validation_failed", "from"),
        ("to=2025-11", "validation_failed", "to"),
        ("groupBy=week", "validation_failed", "groupBy"),
        ("from=2025-08-01&to=2025-11-01", "range_too_large", ""),
        ("from=2020-01-01", "range_too_large", ""),
    ] {
        let refused = body(&app.get(&format!("{PATH}?{query}")).await, 422);
        assert_eq!(refused["error"], error, "{query}");
        if !field.is_empty() {
            assert!(refused["fields"][field].is_string(), "{query}: {refused}");
        }
    }
}

#[tokio::test]
async fn more_entries_than_one_request_sums_are_refused_and_fewer_summed() {
    let served = Served::start().await;
    // With labels of four thousand letters a few thousand rows fill ten pages.
    let label = "l".repeat(4_000);
    let until = "2025-11-06T14:00:00Z";
    import_ledger(&served.world, USER, (2_800, 60), until, &label);
    let app = served.as_user(USER).await;
    let refused = body(&app.get(PATH).await, 422);
    assert_eq!(refused["error"], "range_too_large", "{refused}");
    let usage = body(&app.get(&format!("{PATH}?from=2025-11-06")).await, 200);
    assert_eq!(usage["total"]["requests"], 14 * 60 + 1, "{usage}");
}

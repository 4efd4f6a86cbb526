//! Streams that end otherwise than planned: a hold nobody closes is released
//! or settled when its time is over, a late commit still counts for a day, and
//! whoever only looks writes nothing.

use serde_json::{Value, json};
use tests::{Served, Service, dump};

use super::{body, check_ledger};

const USER: &str = "streamer";

/// Opens a hold of 100 for five minutes, reports 40, then is silent.
async fn stream_that_dies(service: &Service, on_expiry: &str) {
    let hold = json!({"amount": 100, "ttlSeconds": 300, "onExpiry": on_expiry});
    body(&service.post(USER, "holds", "h", &hold).await, 201);
    let report = json!({"amount": 40});
    let answer = service.on_hold(USER, ("h", "report"), "r1", &report).await;
    body(&answer, 200);
}

fn figures(seen: &Value) -> (i64, i64, u64) {
    let figure = |name: &str| seen[name].as_i64().unwrap();
    let version = seen["version"].as_u64().unwrap();
    (figure("totalAvailable"), figure("held"), version)
}

async fn commit(service: &Service, key: &str, amount: u64) -> tests::Answer {
    let body = json!({"amount": amount});
    service.on_hold(USER, ("h", "commit"), key, &body).await
}

/// What is seen at the end of a hold, by its choice, and after a late commit.
async fn check(on_expiry: &str, at_expiry: i64, late: &str, late_free_used: &str, left: i64) {
    let served = Served::start().await;
    let service = served.service().await;
    stream_that_dies(&service, on_expiry).await;
    served.advance("PT4M59S").await;
    assert_eq!(figures(&service.credits(USER).await), (1900, 100, 2));
    let before = dump(&served.world.dynamodb.client()).await;
    served.advance("PT1S").await;
    for _ in 0..2 {
        let seen = figures(&service.credits(USER).await);
        assert_eq!(seen, (at_expiry, 0, 2), "{on_expiry}");
    }
    let app = served.as_user(USER).await;
    let shown = body(&app.get("/api/user/credits").await, 200);
    assert_eq!(figures(&shown), (at_expiry, 0, 2), "{on_expiry}");
    let after = dump(&served.world.dynamodb.client()).await;
    assert_eq!(
        after.without_rate_counters(),
        before,
        "looking wrote something"
    );

    served.advance(late).await;
    let charged = body(&commit(&service, "late", 70).await, 200);
    assert_eq!(
        charged["freeUsed"], late_free_used,
        "{on_expiry}: {charged}"
    );
    assert_eq!(charged["status"], "committed");
    assert_eq!(figures(&service.credits(USER).await), (left, 0, 3));
    let again = commit(&service, "later", 70).await;
    assert_eq!(body(&again, 409)["error"], "hold_not_open");
    check_ledger(&served.world, USER).await;
}

#[tokio::test]
async fn an_unclosed_hold_is_released_and_a_late_commit_charges_all() {
    check("release", 2000, "PT0S", "70", 1930).await;
    check("release", 2000, "PT23H59M59S", "70", 1930).await;
}

#[tokio::test]
async fn a_hold_opened_so_is_settled_at_its_last_report_and_then_at_the_rest() {
    check("settle", 1960, "PT0S", "30", 1930).await;
    check("settle", 1960, "PT23H59M59S", "30", 1930).await;
}

#[tokio::test]
async fn a_day_after_its_end_a_hold_cannot_be_committed_any_more() {
    for (on_expiry, left) in [("release", 2000), ("settle", 1960)] {
        let served = Served::start().await;
        let service = served.service().await;
        stream_that_dies(&service, on_expiry).await;
        served.advance("PT24H5M").await;
        let before = dump(&served.world.dynamodb.client()).await;
        let late = commit(&service, "late", 70).await;
        assert_eq!(body(&late, 409)["error"], "hold_not_open", "{on_expiry}");
        assert_eq!(dump(&served.world.dynamodb.client()).await, before);
        // The next write forgets the hold; its entry is still known.
        body(&service.charge(USER, "k", 0).await, 201);
        let late = commit(&service, "late", 70).await;
        assert_eq!(body(&late, 409)["error"], "hold_not_open", "{on_expiry}");
        assert_eq!(figures(&service.credits(USER).await), (left, 0, 3));
        check_ledger(&served.world, USER).await;
    }
}

#[tokio::test]
async fn of_reports_that_overtake_each_other_the_largest_counts() {
    let served = Served::start().await;
    let service = served.service().await;
    stream_that_dies(&service, "settle").await;
    for (key, amount) in [("r3", "60.5"), ("r2", "50")] {
        let report = json!({"amount": amount});
        let answer = service.on_hold(USER, ("h", "report"), key, &report).await;
        assert_eq!(body(&answer, 200)["amount"], amount);
    }
    served.advance("PT5M").await;
    assert_eq!(service.credits(USER).await["totalAvailable"], 1939);
}

#[tokio::test]
async fn a_hold_that_is_extended_lives_on_and_never_shorter() {
    let served = Served::start().await;
    let service = served.service().await;
    stream_that_dies(&service, "release").await;
    for (key, ttl_seconds, until) in [
        ("e1", 600, "2025-11-06T14:40:00Z"),
        ("e2", 1, "2025-11-06T14:40:00Z"),
    ] {
        let extension = json!({"ttlSeconds": ttl_seconds});
        let answer = service
            .on_hold(USER, ("h", "extend"), key, &extension)
            .await;
        assert_eq!(body(&answer, 200)["expiresAt"], until, "{key}");
    }
    served.advance("PT9M59S").await;
    assert_eq!(figures(&service.credits(USER).await), (1900, 100, 4));
    let charged = body(&commit(&service, "c", 100).await, 200);
    assert_eq!(
        (&charged["freeUsed"], &charged["totalAvailable"]),
        (&json!("100"), &json!(1900))
    );
}

#[tokio::test]
async fn a_hold_that_outlives_its_month_takes_from_the_month_it_was_opened_in() {
    let served = Served::start().await;
    let service = served.service().await;
    served
        .post("/_local/clock", &json!({"now": "2025-11-30T23:59:00Z"}))
        .await;
    stream_that_dies(&service, "release").await;
    served.advance("PT2M").await;
    // November's held part is still kept aside; December's credits are all there.
    let seen = service.credits(USER).await;
    assert_eq!(seen["freeCredits"]["remaining"], 2000, "{seen}");
    let charged = body(&commit(&service, "c", 60).await, 200);
    assert_eq!(charged["freeUsed"], "60");
    let seen = service.credits(USER).await;
    assert_eq!(
        seen["freeCredits"]["remaining"], 2000,
        "the rest lapsed: {seen}"
    );
    check_ledger(&served.world, USER).await;
}

//! What a user sees of their credits, today, next month and years ahead, and
//! that looking changes nothing.

use serde_json::json;
use tests::{Served, dump};

/// The free user's whole body at half past two on 6 November 2025.
const FREE_USER: &str = concat!(
    r#"{"freeCredits":{"remaining":1500,"monthlyAllocation":2000,"used":500,"#,
    r#""resetDate":"2025-12-01T00:00:00Z","daysUntilReset":25,"held":0},"#,
    r#""proCredits":{"remaining":0,"purchasedTotal":0,"lifetimeUsed":0,"held":0},"#,
    r#""totalAvailable":1500,"lastUpdated":"2025-11-06T14:30:00Z","held":0,"debt":0,"version":1,"#,
    r#""lots":[{"id":"free:2025-11-01","creditType":"free","kind":"free","remaining":1500,"#,
    r#""expiresAt":"2025-12-01T00:00:00Z"}]}"#,
);

#[tokio::test]
async fn the_free_user_sees_the_contract_key_for_key() {
    let served = Served::start().await;
    let answer = served.credits("free@example.com").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text, FREE_USER);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "private, max-age=300");
    assert_eq!(answer.header("vary"), "Authorization");
    assert_eq!(served.credits("free-user").await.text, FREE_USER);
}

#[tokio::test]
async fn the_pro_user_sees_free_and_bought_credits_apart() {
    let served = Served::start().await;
    let body = served.credits("pro@example.com").await.json();
    assert_eq!(
        body,
        json!({
            "freeCredits": {
                "remaining": 2000, "monthlyAllocation": 2000, "used": 0,
                "resetDate": "2025-12-01T00:00:00Z", "daysUntilReset": 25, "held": 0,
            },
            "proCredits": {"remaining": 5000, "purchasedTotal": 10000, "lifetimeUsed": 5000, "held": 0},
            "totalAvailable": 7000, "lastUpdated": "2025-11-06T14:30:00Z",
            "held": 0, "debt": 0, "version": 1,
            "lots": [
                {"id": "free:2025-11-01", "creditType": "free", "kind": "free", "remaining": 2000,
                 "expiresAt": "2025-12-01T00:00:00Z"},
                {"id": "buy:pi_test_pro_user", "creditType": "pro", "kind": "purchase",
                 "remaining": 5000, "expiresAt": null},
            ],
        })
    );
}

#[tokio::test]
async fn a_stranger_has_the_default_allocation_and_only_their_calls_are_counted() {
    let served = Served::start().await;
    let client = served.world.dynamodb.client();
    let before = dump(&client).await;
    let answer = served.credits("auth0|stranger@example.com").await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!(body["freeCredits"]["remaining"], 2000);
    assert_eq!(body["freeCredits"]["used"], 0);
    assert_eq!(body["totalAvailable"], 2000);
    assert_eq!(body["version"], 0);
    assert_eq!(body["lots"][0]["id"], "free:2025-11-01");

    let after = dump(&client).await;
    let counters = after.keys_under("credits RATE#");
    assert_eq!(counters.len(), 1, "{counters:?}");
    assert!(counters[0].starts_with("auth0|stranger@example.com#credits/"));
    assert_eq!(after.without_rate_counters(), before);
}

/// What `user` has of `freeCredits` and `proCredits` after the clock was moved.
async fn check(served: &Served, user: &str, free: (i64, i64), pro: (i64, i64, i64), reset: &str) {
    let body = served.credits(user).await.json();
    let (of_free, of_pro) = (&body["freeCredits"], &body["proCredits"]);
    assert_eq!(of_free["remaining"], free.0, "{body}");
    assert_eq!(of_free["used"], free.1, "{body}");
    assert_eq!(of_free["monthlyAllocation"], 2000, "{body}");
    assert_eq!(of_free["resetDate"], reset, "{body}");
    assert_eq!(of_pro["remaining"], pro.0, "{body}");
    assert_eq!(of_pro["purchasedTotal"], pro.1, "{body}");
    assert_eq!(of_pro["lifetimeUsed"], pro.2, "{body}");
    assert_eq!(body["totalAvailable"], free.0 + pro.0, "{body}");
}

#[tokio::test]
async fn free_credits_come_again_each_month_and_bought_ones_stay() {
    let served = Served::start().await;
    let before = dump(&served.world.dynamodb.client()).await;
    let (unused, pro) = ((2000, 0), (5000, 10000, 5000));
    // The last second of November, the first of December, three years ahead.
    served
        .post("/_local/clock", &json!({"now": "2025-11-30T23:59:59Z"}))
        .await;
    check(
        &served,
        "free-user",
        (1500, 500),
        (0, 0, 0),
        "2025-12-01T00:00:00Z",
    )
    .await;
    for (advance, reset) in [
        ("PT1S", "2026-01-01T00:00:00Z"),
        ("P1M", "2026-02-01T00:00:00Z"),
        ("P3Y", "2029-02-01T00:00:00Z"),
    ] {
        served.advance(advance).await;
        check(&served, "free-user", unused, (0, 0, 0), reset).await;
        check(&served, "pro-user", unused, pro, reset).await;
    }
    let after = dump(&served.world.dynamodb.client()).await;
    assert_eq!(
        after.without_rate_counters(),
        before,
        "reading wrote something"
    );
}

#[tokio::test]
async fn a_clock_set_back_shows_the_account_as_it_was_written() {
    let served = Served::start().await;
    served.advance("-P2Y").await;
    let body = served.credits("free-user").await.json();
    assert_eq!(body["freeCredits"]["remaining"], 1500, "{body}");
    assert_eq!(body["freeCredits"]["daysUntilReset"], 25, "{body}");
}

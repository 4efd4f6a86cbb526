//! The rate limit: sixty calls a minute and user, and what the sixty-first is
//! reported. It guards against a client gone wild, so it counts every answer.

use std::collections::BTreeMap;

use local::WorldOptions;
use tests::{Served, frozen};

async fn limited_to(calls: &str) -> Served {
    let name = "RATE_LIMIT_CREDITS_PER_MINUTE".to_string();
    Served::start_with(WorldOptions {
        variables: BTreeMap::from([(name, calls.to_string())]),
        ..frozen()
    })
    .await
}

#[tokio::test]
async fn sixty_calls_are_answered_and_the_next_learns_when_to_come_back() {
    let served = Served::start().await;
    served.advance("PT13S").await;
    let token = served.token("free-user", "credits.read").await;
    for call in 1..=60_u32 {
        let answer = served.credits_with(&token, &[]).await;
        assert_eq!(answer.status, 200, "call {call}");
        assert_eq!(answer.header("ratelimit-limit"), "60");
        assert_eq!(
            answer.header("ratelimit-remaining"),
            (60 - call).to_string()
        );
        assert_eq!(answer.header("ratelimit-reset"), "47");
    }
    let refused = served.credits_with(&token, &[]).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), "47");
    assert_eq!(refused.header("ratelimit-limit"), "60");
    assert_eq!(refused.header("ratelimit-remaining"), "0");
    assert_eq!(refused.header("ratelimit-reset"), "47");
    assert_eq!(refused.header("cache-control"), "no-store");
    let body = refused.json();
    assert_eq!(body["error"], "rate_limited");
    let expected = "More than 60 calls within a minute. Wait 47 seconds.";
    assert_eq!(body["error_description"], expected);
    assert!(body["requestId"].is_string(), "{body}");
    assert!(!refused.headers.contains_key("etag"));

    let other = served.credits("pro-user").await;
    assert_eq!(
        (other.status, other.header("ratelimit-remaining")),
        (200, "59")
    );
    served.advance("PT47S").await;
    let next_minute = served.credits_with(&token, &[]).await;
    assert_eq!(next_minute.status, 200);
    assert_eq!(next_minute.header("ratelimit-remaining"), "59");
    assert_eq!(next_minute.header("ratelimit-reset"), "60");
}

#[tokio::test]
async fn an_answer_that_says_nothing_new_counts_too() {
    let served = limited_to("3").await;
    let token = served.token("free-user", "credits.read").await;
    let tag = served.credits_with(&token, &[]).await;
    let held = [("if-none-match", tag.header("etag"))];
    for remaining in ["1", "0"] {
        let answer = served.credits_with(&token, &held).await;
        assert_eq!(answer.status, 304);
        assert_eq!(answer.header("ratelimit-remaining"), remaining);
    }
    assert_eq!(served.credits_with(&token, &held).await.status, 429);
}

#[tokio::test]
async fn calls_that_a_token_does_not_allow_are_not_counted() {
    let served = limited_to("1").await;
    let id = served
        .token_of(serde_json::json!({"user": "free-user", "scope": "credits.read", "use": "id"}))
        .await;
    for _ in 0..3 {
        assert_eq!(served.credits_with(&id, &[]).await.status, 401);
    }
    assert_eq!(served.credits("free-user").await.status, 200);
}

const HISTORY: &str = "/api/user/credits/history";
const USAGE: &str = "/api/user/usage";

#[tokio::test]
async fn history_and_usage_share_sixty_points_of_which_a_page_takes_two_and_a_sum_four() {
    let served = Served::start().await;
    let token = served.token("free-user", "credits.read").await;
    let app = served.with(&token);
    for sum in 1..=10_u32 {
        let answer = app.get(USAGE).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-limit"), "15");
        assert_eq!(answer.header("ratelimit-remaining"), (15 - sum).to_string());
    }
    // Twenty points are left: ten pages.
    for page in 1..=10_u32 {
        let answer = app.get(HISTORY).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-limit"), "30");
        assert_eq!(
            answer.header("ratelimit-remaining"),
            (10 - page).to_string()
        );
    }
    for (path, limit) in [(HISTORY, "30"), (USAGE, "15")] {
        let refused = app.get(path).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, "60"));
        let said = &refused.json()["error_description"];
        let expected = format!("More than {limit} calls within a minute. Wait 60 seconds.");
        assert_eq!(*said, expected, "{path}");
    }
    // The balance has a count of its own.
    assert_eq!(served.credits_with(&token, &[]).await.status, 200);
    // A request that cannot be read is not counted.
    served.advance("PT1M").await;
    let token = served.token("free-user", "credits.read").await;
    let app = served.with(&token);
    for _ in 0..40 {
        let wrong = format!("{HISTORY}?limit=0");
        assert_eq!(app.get(&wrong).await.status, 422);
    }
    assert_eq!(app.get(HISTORY).await.header("ratelimit-remaining"), "29");
}

#[tokio::test]
async fn a_limit_below_the_weight_of_a_call_lets_one_pass_a_minute() {
    let served = limited_to("3").await;
    let token = served.token("free-user", "credits.read").await;
    let app = served.with(&token);
    for status in [200, 429] {
        let answer = app.get(USAGE).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("ratelimit-limit"), "1");
        assert_eq!(answer.header("ratelimit-remaining"), "0");
    }
}

#[tokio::test]
async fn a_limit_of_zero_means_no_limit_and_counts_nothing() {
    let served = limited_to("0").await;
    let token = served.token("free-user", "credits.read").await;
    served.world.dynamodb.meter().reset();
    for _ in 0..70 {
        let answer = served.credits_with(&token, &[]).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.headers.contains_key("ratelimit-limit"));
    }
    let operations = served.world.dynamodb.meter().snapshot().operations;
    assert_eq!(operations.keys().collect::<Vec<_>>(), ["GetItem"]);
}

#[tokio::test]
async fn an_invalid_limit_stops_the_world_with_one_clear_line() {
    let name = "RATE_LIMIT_CREDITS_PER_MINUTE".to_string();
    let options = WorldOptions {
        variables: BTreeMap::from([(name, "many".to_string())]),
        ..frozen()
    };
    let refused = local::Server::bind(0, &options).await.err().unwrap();
    assert_eq!(
        refused.to_string(),
        "the function credits does not start: RATE_LIMIT_CREDITS_PER_MINUTE must be a number of \
         calls per minute, or 0 for no limit, not \"many\""
    );
}

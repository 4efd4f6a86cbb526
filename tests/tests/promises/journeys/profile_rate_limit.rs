//! The rate limits of the profile function: thirty profiles and thirty launches
//! a minute and user, each with a count of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use local::WorldOptions;
use local::dynamodb::Fault;
use tests::{Answer, Served, frozen};
use tokio::task::JoinSet;

const PROFILE: &str = "/api/user/profile";
const PREFERENCES: &str = "/api/user/preferences";
const LAUNCH: &str = "/api/user";
const SCOPES: &str = "user.info credits.read";

async fn limited_to(calls: &str) -> Served {
    let name = "RATE_LIMIT_PROFILE_PER_MINUTE".to_string();
    Served::start_with(WorldOptions {
        variables: BTreeMap::from([(name, calls.to_string())]),
        ..frozen()
    })
    .await
}

/// So many requests at once.
async fn at_once(served: &Arc<Served>, path: &'static str, count: usize) -> Vec<Answer> {
    let token = served.token("free-user", SCOPES).await;
    let mut asking = JoinSet::new();
    for _ in 0..count {
        let (served, token) = (served.clone(), token.clone());
        asking.spawn(async move { served.with(&token).get(path).await });
    }
    asking.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_forty_quick_requests_thirty_are_answered_and_ten_learn_when_to_come_back() {
    let served = Arc::new(Served::start().await);
    served.advance("PT13S").await;
    for path in [PROFILE, LAUNCH] {
        let answers = at_once(&served, path, 40).await;
        let (answered, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.status == 200);
        assert_eq!((answered.len(), refused.len()), (30, 10), "{path}");
        for answer in refused {
            assert_eq!(answer.status, 429, "{path}");
            assert_eq!(answer.header("retry-after"), "47", "{path}");
            assert_eq!(answer.header("ratelimit-limit"), "30", "{path}");
            assert_eq!(answer.header("ratelimit-remaining"), "0", "{path}");
            assert_eq!(answer.header("ratelimit-reset"), "47", "{path}");
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
            assert_eq!(answer.json()["error"], "rate_limited", "{path}");
        }
        // Each answer says another number, so none was counted twice.
        let mut left: Vec<u32> = answered
            .iter()
            .map(|answer| answer.header("ratelimit-remaining").parse().unwrap())
            .collect();
        left.sort_unstable();
        assert_eq!(left, (0..30).collect::<Vec<_>>(), "{path}");
    }
    let token = served.token("pro-user", SCOPES).await;
    for path in [PROFILE, LAUNCH] {
        let other = served.with(&token).get(path).await;
        let left = other.header("ratelimit-remaining");
        assert_eq!((other.status, left), (200, "29"), "{path}");
    }
    served.advance("PT47S").await;
    let token = served.token("free-user", SCOPES).await;
    assert_eq!(served.with(&token).get(PROFILE).await.status, 200);
}

#[tokio::test]
async fn launches_profiles_and_credits_have_counts_of_their_own() {
    let served = limited_to("1").await;
    let token = served.token("free-user", SCOPES).await;
    let app = served.with(&token);
    for path in [PROFILE, LAUNCH] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
        assert_eq!(app.get(path).await.status, 429, "{path}");
    }
    assert_eq!(app.get("/api/user/credits").await.status, 200);
    // Whoever changes preferences is not kept from it by looking.
    assert_eq!(app.get(PREFERENCES).await.status, 200);
    assert_eq!(app.get(PREFERENCES).await.status, 429);
    let patch = r#"{"usageAlerts":false}"#;
    assert_eq!(app.patch(PREFERENCES, patch).await.status, 200);
    assert_eq!(app.patch(PREFERENCES, patch).await.status, 429);
}

#[tokio::test]
async fn a_change_of_preferences_takes_two_of_thirty_points_and_one_refused_changes_nothing() {
    let served = Served::start().await;
    let token = served.token("free-user", "user.info").await;
    let app = served.with(&token);
    for change in 1..=15_u32 {
        let answer = app.patch(PREFERENCES, r#"{"maxTokens":7}"#).await;
        assert_eq!(
            (answer.status, answer.header("ratelimit-limit")),
            (200, "15")
        );
        let left = answer.header("ratelimit-remaining");
        assert_eq!(left, (15 - change).to_string());
    }
    let refused = app.patch(PREFERENCES, r#"{"maxTokens":8}"#).await;
    assert_eq!(refused.status, 429);
    let shown = app.get(PREFERENCES).await;
    assert_eq!(shown.json()["maxTokens"], 7);
    assert_eq!(shown.header("ratelimit-remaining"), "29");
}

#[tokio::test]
async fn an_unchanged_profile_and_that_of_a_stranger_count_too() {
    let served = limited_to("2").await;
    let token = served.token("free-user", SCOPES).await;
    let app = served.with(&token);
    let full = app.get(PROFILE).await;
    let held = app.get_unless(PROFILE, full.header("etag")).await;
    let left = held.header("ratelimit-remaining");
    assert_eq!((held.status, left), (304, "0"));
    assert_eq!(app.get(PROFILE).await.status, 429);
    let token = served.token("a-stranger", SCOPES).await;
    for status in [200, 200, 429] {
        assert_eq!(served.with(&token).get(PROFILE).await.status, status);
    }
}

#[tokio::test]
async fn a_limit_of_zero_means_no_limit_and_counts_nothing() {
    let served = limited_to("0").await;
    let token = served.token("free-user", SCOPES).await;
    served.world.dynamodb.meter().reset();
    for _ in 0..35 {
        for path in [PROFILE, LAUNCH] {
            let answer = served.with(&token).get(path).await;
            assert_eq!(answer.status, 200);
            assert!(!answer.headers.contains_key("ratelimit-limit"));
        }
    }
    let operations = served.world.dynamodb.meter().snapshot().operations;
    assert_eq!(operations.keys().collect::<Vec<_>>(), ["GetItem", "Query"]);
}

#[tokio::test]
async fn a_counter_that_cannot_be_reached_lets_the_call_through() {
    let served = limited_to("1").await;
    let token = served.token("free-user", SCOPES).await;
    for path in [PROFILE, LAUNCH] {
        for fault in [Fault::ServerError, Fault::Throttled, Fault::NotSent] {
            served.world.dynamodb.faults().push("UpdateItem", fault);
            let answer = served.with(&token).get(path).await;
            assert_eq!(answer.status, 200, "{path} {fault:?}");
            assert!(!answer.headers.contains_key("ratelimit-limit"));
        }
    }
    assert_eq!(served.world.dynamodb.faults().unused(), 0);
}

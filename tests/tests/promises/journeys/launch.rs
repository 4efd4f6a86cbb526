//! Everything the app needs at launch in one trip: the profile and the credits
//! exactly as their own routes show them, from reads made side by side.

use std::time::Duration;

use tests::{Served, dump};

const LAUNCH: &str = "/api/user";
const SCOPES: &str = "user.info credits.read";

#[tokio::test]
async fn the_launch_body_is_profile_and_credits_as_their_own_routes_show_them() {
    let served = Served::start().await;
    for id in ["free-user", "pro-user", "a-stranger"] {
        let token = served.token(id, SCOPES).await;
        let app = served.with(&token);
        let profile = app.get("/api/user/profile").await.text;
        let credits = app.get("/api/user/credits").await.text;
        let launch = app.get(LAUNCH).await;
        let expected = format!(r#"{{"user":{profile},"credits":{credits}}}"#);
        assert_eq!((launch.status, launch.text), (200, expected), "{id}");
    }
}

#[tokio::test]
async fn the_answer_is_good_until_anything_in_it_changes() {
    let served = Served::start().await;
    let token = served.token("pro-user", SCOPES).await;
    let app = served.with(&token);
    let full = app.get(LAUNCH).await;
    assert_eq!(full.header("cache-control"), "private, max-age=300");
    assert_eq!(full.header("vary"), "Authorization");
    let tag = full.header("etag");
    served.advance("PT5M").await;
    let held = app.get_unless(LAUNCH, tag).await;
    assert_eq!((held.status, held.text.as_str()), (304, ""));
    for name in ["etag", "cache-control", "vary", "ratelimit-limit"] {
        assert_eq!(held.header(name), full.header(name), "{name}");
    }
    // Neither the profile's nor the credits' tag stands for both.
    for path in ["/api/user/profile", "/api/user/credits"] {
        let part = app.get(path).await;
        let answer = app.get_unless(LAUNCH, part.header("etag")).await;
        assert_eq!(answer.status, 200, "{path}");
    }
    let patch = r#"{"usageAlerts":false}"#;
    app.patch("/api/user/preferences", patch).await;
    let changed = app.get_unless(LAUNCH, tag).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), tag);
}

#[tokio::test]
async fn one_of_the_two_scopes_passes_the_gateway_and_is_refused_by_the_function() {
    let served = Served::start().await;
    let before = dump(&served.world.dynamodb.client()).await;
    for scope in ["user.info", "credits.read", "credits.read models.read"] {
        let token = served.token("free-user", scope).await;
        let answer = served.with(&token).get(LAUNCH).await;
        assert_eq!(answer.status, 403, "{scope}");
        let body = answer.json();
        assert_eq!(body["error"], "insufficient_scope", "{scope}");
        let description = "This needs a token with the scope: user.info credits.read.";
        assert_eq!(body["error_description"], description, "{scope}");
        let challenge = r#"Bearer error="insufficient_scope", scope="user.info credits.read""#;
        assert_eq!(answer.header("www-authenticate"), challenge, "{scope}");
    }
    let token = served.token("free-user", "models.read").await;
    let answer = served.with(&token).get(LAUNCH).await;
    let forbidden = r#"{"message":"Forbidden"}"#;
    assert_eq!((answer.status, answer.text.as_str()), (403, forbidden));
    assert_eq!(dump(&served.world.dynamodb.client()).await, before);
}

#[tokio::test]
async fn a_launch_costs_two_reads_and_the_counter() {
    let served = Served::start().await;
    let token = served.token("pro-user", SCOPES).await;
    let tag = served.with(&token).get(LAUNCH).await;
    for tag in ["", tag.header("etag")] {
        served.world.dynamodb.meter().reset();
        served.with(&token).get_unless(LAUNCH, tag).await;
        let operations = served.world.dynamodb.meter().snapshot().operations;
        let requests: Vec<_> = operations
            .iter()
            .map(|(name, count)| (name.as_str(), count.requests))
            .collect();
        let expected = [("GetItem", 1), ("Query", 1), ("UpdateItem", 1)];
        assert_eq!(requests, expected);
    }
}

#[tokio::test]
async fn no_read_of_a_launch_waits_for_another() {
    let served = Served::start().await;
    let token = served.token("pro-user", SCOPES).await;
    let faults = served.world.dynamodb.faults().clone();
    let held = ["Query", "GetItem", "UpdateItem"].map(|operation| faults.hold(operation));
    let all_are_under_way = async {
        for request in &held {
            assert!(request.reached().await);
        }
        held.into_iter().for_each(local::dynamodb::Held::release);
    };
    let asking = async { tokio::join!(served.with(&token).get(LAUNCH), all_are_under_way) };
    // One that waited for another would wait for ever; the limit only turns
    // that into a failure.
    let (answer, ()) = tokio::time::timeout(Duration::from_secs(60), asking)
        .await
        .expect("a read waits for another");
    assert_eq!(answer.status, 200, "{}", answer.text);
}

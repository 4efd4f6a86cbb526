//! Tokens made to order by the local world: each option has the effect a real
//! issuer's token would have, at the gateway or in the function.

use serde_json::json;
use tests::{Answer, Served};

/// Who answered a token that is not good enough.
enum By {
    Gateway,
    Function(&'static str),
}

#[track_caller]
fn check(answer: &Answer, status: u16, by: By) {
    assert_eq!(answer.status, status, "{}", answer.text);
    let body = answer.json();
    match by {
        By::Gateway if status == 401 => assert_eq!(body, json!({"message": "Unauthorized"})),
        By::Gateway => assert_eq!(body, json!({"message": "Forbidden"})),
        By::Function(code) => {
            assert_eq!(body["error"], code);
            assert!(body["error_description"].is_string(), "{body}");
            assert!(body["requestId"].is_string(), "{body}");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
}

#[tokio::test]
async fn every_option_of_a_token_has_its_effect() {
    let served = Served::start().await;
    for (option, value, status, by) in [
        // API Gateway cannot tell an ID token from an access token.
        ("use", json!("id"), 401, By::Function("unauthorized")),
        ("expiresIn", json!(-1), 401, By::Gateway),
        ("expiresIn", json!(0), 401, By::Gateway),
        ("notBefore", json!("2025-11-06T14:30:01Z"), 401, By::Gateway),
        ("issuer", json!("https://issuer.example"), 401, By::Gateway),
        ("audience", json!("another-app"), 401, By::Gateway),
        ("scope", json!("user.info"), 403, By::Gateway),
        ("scope", json!(""), 403, By::Gateway),
        (
            "scope",
            json!("credits.reader xcredits.read"),
            403,
            By::Gateway,
        ),
    ] {
        let mut order = json!({"user": "free-user", "scope": "credits.read"});
        order[option] = value;
        let token = served.token_of(order).await;
        check(&served.credits_with(&token, &[]).await, status, by);
    }
    for order in [
        json!({"user": "free-user", "scope": "user.info credits.read", "use": "access"}),
        json!({"user": "FREE@example.com", "scope": "credits.read", "expiresIn": 1}),
        json!({"user": "free-user", "scope": "credits.read", "notBefore": "2025-11-06T14:30:00Z"}),
    ] {
        let token = served.token_of(order.clone()).await;
        assert_eq!(
            served.credits_with(&token, &[]).await.status,
            200,
            "{order}"
        );
    }
}

#[tokio::test]
async fn a_service_is_not_a_user_nor_a_user_a_service_whatever_their_scopes() {
    let served = Served::start().await;
    let all = "credits.read credits.charge user.info models.read";
    let service = json!({"client": "inference-service", "scope": all});
    let service = served.token_of(service).await;
    let answer = served.credits_with(&service, &[]).await;
    check(&answer, 403, By::Function("insufficient_scope"));
    // A user who happens to be called as the client is still not the client.
    for user in ["free-user", "inference-service"] {
        let token = served.token(user, all).await;
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let path = "/api/users/free-user/credits";
        let answer = served.send("GET", path, &headers, None).await;
        check(&answer, 403, By::Function("insufficient_scope"));
    }
}

#[tokio::test]
async fn the_worlds_clock_settles_how_long_a_token_holds() {
    let served = Served::start().await;
    let token = served.token("free-user", "credits.read").await;
    for (advance, status) in [
        ("PT59M59S", 200),
        ("PT1S", 401),
        ("P1Y", 401),
        // Before it was issued it did not hold either.
        ("-P2Y", 401),
        ("P1Y", 401),
        ("-PT1H", 200),
    ] {
        served.advance(advance).await;
        let answer = served.credits_with(&token, &[]).await;
        assert_eq!(answer.status, status, "{advance}");
    }
}

#[tokio::test]
async fn a_token_answer_says_what_it_is() {
    let served = Served::start().await;
    let order = json!({"user": "free-user", "scope": "credits.read", "expiresIn": 60});
    let body = served.post("/_local/token", &order).await.json();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 60);
    let again = served.post("/_local/token", &order).await.json();
    assert_ne!(
        body["access_token"], again["access_token"],
        "two tokens share an id"
    );
}

#[tokio::test]
async fn a_token_is_taken_with_the_scheme_in_any_case_or_without_it() {
    let served = Served::start().await;
    let token = served.token("free-user", "credits.read").await;
    for sent in [format!("bearer {token}"), format!("BEARER {token}"), token] {
        let header = [("authorization", sent.as_str())];
        let answer = served.send("GET", "/api/user/credits", &header, None).await;
        assert_eq!(answer.status, 200);
    }
}

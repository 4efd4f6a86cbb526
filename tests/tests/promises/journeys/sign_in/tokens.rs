//! What a code gives, once, and to whom.

use serde_json::json;
use tests::{NOW, Served, at};

use super::{
    CLIENT, FORM, REDIRECT, SCOPE, TOKEN, VERIFIER, check_refused, claims, code, exchange, form,
    refresh, send, signed_in, token,
};

#[tokio::test]
async fn a_code_gives_the_tokens_of_whom_was_chosen() {
    let served = Served::start().await;
    let answer = signed_in(&served, ("user", "pro-user")).await;
    let members: Vec<&String> = answer.as_object().unwrap().keys().collect();
    let expected = [
        "access_token",
        "expires_in",
        "id_token",
        "refresh_token",
        "scope",
        "token_type",
    ];
    assert_eq!(members, expected);
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], 3600);
    assert_eq!(answer["scope"], SCOPE);

    let now = at(NOW).unix_seconds();
    let mut access = claims(&served, token(&answer, "access_token")).await;
    let id = access.as_object_mut().unwrap().remove("jti");
    assert_eq!(
        access,
        json!({
            "iss": served.world.base_url, "sub": "pro-user", "aud": CLIENT, "client_id": CLIENT,
            "iat": now, "exp": now + 3600, "token_use": "access", "scope": SCOPE,
        })
    );
    // The same as of the route that makes tokens to order.
    let ordered = served.token("pro-user", SCOPE).await;
    let mut ordered = claims(&served, &ordered).await;
    assert_ne!(ordered.as_object_mut().unwrap().remove("jti"), id);
    assert_eq!(access, ordered);

    let mut id_token = claims(&served, token(&answer, "id_token")).await;
    id_token.as_object_mut().unwrap().remove("jti");
    assert_eq!(
        id_token,
        json!({
            "iss": served.world.base_url, "sub": "pro-user", "aud": CLIENT,
            "iat": now, "exp": now + 3600, "auth_time": now, "token_use": "id", "nonce": "a nonce",
            "email": "pro@example.com", "email_verified": true, "name": "Pro User",
        })
    );
    let credits = served
        .credits_with(token(&answer, "access_token"), &[])
        .await;
    assert_eq!(credits.json()["totalAvailable"], 7000);
    let refused = served.credits_with(token(&answer, "id_token"), &[]).await;
    // It has no scope, so it does not get past the gateway.
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn the_id_token_has_what_the_scopes_are_for() {
    let served = Served::start().await;
    for (scope, email, name) in [
        ("openid", false, false),
        ("openid email", true, false),
        ("profile openid openid", false, true),
    ] {
        let changes = [("scope", scope), ("nonce", ""), ("user", "free-user")];
        let code = code(&served, &changes).await;
        let answer = exchange(&served, &code, &[]).await.json();
        let claims = claims(&served, token(&answer, "id_token")).await;
        assert_eq!(claims.get("email").is_some(), email, "{scope}");
        assert_eq!(claims.get("email_verified").is_some(), email, "{scope}");
        assert_eq!(claims.get("name").is_some(), name, "{scope}");
        assert_eq!(claims.get("nonce"), None, "{scope}");
    }
    let code = code(&served, &[("scope", "credits.read"), ("user", "free-user")]).await;
    let answer = exchange(&served, &code, &[]).await.json();
    assert_eq!(answer.get("id_token"), None, "{answer}");
    assert_eq!(answer["scope"], "credits.read");
}

#[tokio::test]
async fn an_address_is_always_the_same_user_in_every_world() {
    let mut subjects = Vec::new();
    for _ in 0..2 {
        let served = Served::start().await;
        for typed in ["New.Person@example.org", " new.person@EXAMPLE.org"] {
            let answer = signed_in(&served, ("email", typed)).await;
            let claims = claims(&served, token(&answer, "id_token")).await;
            assert_eq!(claims["email"], "new.person@example.org");
            assert_eq!(claims["name"], "new.person");
            subjects.push(claims["sub"].clone());
        }
        let other = signed_in(&served, ("email", "another@example.org")).await;
        let other = claims(&served, token(&other, "id_token")).await;
        assert!(!subjects.contains(&other["sub"]));
        for (typed, id) in [
            ("FREE@example.com", "free-user"),
            ("pro@example.com", "pro-user"),
        ] {
            let answer = signed_in(&served, ("email", typed)).await;
            let claims = claims(&served, token(&answer, "id_token")).await;
            assert_eq!(claims["sub"], id, "a known address names its user");
        }
    }
    subjects.dedup();
    assert_eq!(subjects.len(), 1, "{subjects:?}");
}

#[tokio::test]
async fn a_code_is_good_for_its_redirect_its_verifier_and_a_minute() {
    let served = Served::start().await;
    let other = VERIFIER.replace('d', "e");
    let long = "v".repeat(129);
    for (name, value) in [
        ("redirect_uri", "http://localhost:8080/other"),
        ("code_verifier", other.as_str()),
        ("code_verifier", super::CHALLENGE),
        ("code_verifier", "short"),
        ("code_verifier", &long),
    ] {
        let code = code(&served, &[("user", "pro-user")]).await;
        let answer = exchange(&served, &code, &[(name, value)]).await;
        check_refused(&answer, 400, "invalid_grant");
        // Who does not know the verifier gets one guess.
        let again = exchange(&served, &code, &[]).await;
        check_refused(&again, 400, "invalid_grant");
    }
    for (seconds, status) in [("PT59S", 200), ("PT60S", 400), ("P1Y", 400)] {
        let code = code(&served, &[("user", "pro-user")]).await;
        served.advance(seconds).await;
        let answer = exchange(&served, &code, &[]).await;
        assert_eq!(answer.status, status, "{seconds}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_code_that_comes_again_ends_what_it_gave() {
    let served = Served::start().await;
    let code = code(&served, &[("user", "pro-user")]).await;
    let first = exchange(&served, &code, &[]).await.json();
    let next = refresh(&served, token(&first, "refresh_token"), &[])
        .await
        .json();
    check_refused(&exchange(&served, &code, &[]).await, 400, "invalid_grant");
    let ended = refresh(&served, token(&next, "refresh_token"), &[]).await;
    check_refused(&ended, 400, "invalid_grant");
    // Another sign-in of the same user is another matter.
    let other = signed_in(&served, ("user", "pro-user")).await;
    let other = refresh(&served, token(&other, "refresh_token"), &[]).await;
    assert_eq!(other.status, 200, "{}", other.text);
}

#[tokio::test]
async fn of_two_exchanges_at_once_one_gets_tokens() {
    let served = Served::start().await;
    let code = code(&served, &[("user", "pro-user")]).await;
    let (one, other) = tokio::join!(exchange(&served, &code, &[]), exchange(&served, &code, &[]));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

#[tokio::test]
async fn a_bad_request_for_tokens_gets_oauths_error() {
    let served = Served::start().await;
    let good = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
        ("code", "unknown"),
    ];
    for (name, value, status, error) in [
        ("code", "unknown", 400, "invalid_grant"),
        ("grant_type", "", 400, "invalid_request"),
        ("grant_type", "password", 400, "unsupported_grant_type"),
        (
            "grant_type",
            "client_credentials",
            400,
            "unsupported_grant_type",
        ),
        ("client_id", "", 400, "invalid_request"),
        ("client_id", "another-app", 401, "invalid_client"),
        ("client_secret", "secret", 401, "invalid_client"),
        ("client_assertion", "e30.e30.e30", 401, "invalid_client"),
        ("redirect_uri", "", 400, "invalid_request"),
        ("code_verifier", "", 400, "invalid_request"),
        ("code", "", 400, "invalid_request"),
        ("grant_type", "refresh_token", 400, "invalid_request"),
    ] {
        let answer = send(&served, &form(&good, &[(name, value)])).await;
        check_refused(&answer, status, error);
    }
    let good = form(&good, &[]);
    let twice = format!("{good}&code=other");
    let large = format!("{good}&padding={}", "x".repeat(16 * 1024));
    let huge = format!("{good}&padding={}", "x".repeat(512 * 1024));
    for (body, status) in [
        (twice.as_str(), 400),
        ("", 400),
        ("grant_type=%ff", 400),
        ("{\"grant_type\":\"authorization_code\"}", 400),
        (&large, 413),
        (&huge, 413),
    ] {
        check_refused(&send(&served, body).await, status, "invalid_request");
    }
    let json = ("content-type", "application/json");
    let untyped = served.send("POST", TOKEN, &[json], Some(&good)).await;
    check_refused(&untyped, 400, "invalid_request");
    let basic = ("authorization", "Basic dGV4dGFzc2lzdGFudC1kZXNrdG9wOg==");
    let secret = served
        .send("POST", TOKEN, &[FORM, basic], Some(&good))
        .await;
    check_refused(&secret, 401, "invalid_client");
    assert!(secret.header("www-authenticate").starts_with("Basic "));
    let query = served.get(&format!("{TOKEN}?{good}")).await;
    assert_eq!(query.status, 405, "a code in a query would be logged");
}

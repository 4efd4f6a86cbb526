//! The local world's own routes: what they answer, and that bad input is
//! answered in one clear line instead of being guessed at.

use local::stripe_api::STRIPE_API_KEY;
use serde_json::{Value, json};
use tests::{Served, WEBHOOK_SECRET};

#[tokio::test]
async fn the_world_describes_itself() {
    let served = Served::start().await;
    let base = &served.world.base_url;
    assert_eq!(
        served.get("/_local").await.json(),
        json!({
            "baseUrl": base,
            "issuer": base,
            "audience": "textassistant-desktop",
            "jwksUri": format!("{base}/.well-known/jwks.json"),
            "stripeUrl": served.world.stripe_url,
            "stripeApiKey": STRIPE_API_KEY,
            "stripeWebhookSecret": WEBHOOK_SECRET,
            "now": "2025-11-06T14:30:00Z",
            "tables": {"users": "users", "credits": "credits", "billing": "billing", "notices": "notices"},
            "users": [
                {"userId": "free-user", "email": "free@example.com"},
                {"userId": "pro-user", "email": "pro@example.com"},
            ],
        })
    );
    assert!(base.starts_with("http://127.0.0.1:"), "{base}");
}

#[tokio::test]
async fn the_clock_is_shown_and_moved() {
    let served = Served::start().await;
    let at = |now: &str, frozen: bool| json!({"now": now, "frozen": frozen});
    let shown = served.get("/_local/clock").await.json();
    assert_eq!(shown, at("2025-11-06T14:30:00Z", true));
    for (order, now) in [
        (json!({"advance": "P1M"}), "2025-12-06T14:30:00Z"),
        (json!({"advance": "-P1M"}), "2025-11-06T14:30:00Z"),
        (
            json!({"now": "2026-01-31T00:00:00Z"}),
            "2026-01-31T00:00:00Z",
        ),
        (
            json!({"now": "2026-01-31T00:00:00Z", "advance": "P1M"}),
            "2026-02-28T00:00:00Z",
        ),
        (json!({}), "2026-02-28T00:00:00Z"),
    ] {
        let moved = served.post("/_local/clock", &order).await;
        assert_eq!(
            (moved.status, moved.json()),
            (200, at(now, true)),
            "{order}"
        );
    }
    let running = served
        .post("/_local/clock", &json!({"frozen": false}))
        .await;
    assert_eq!(running.json()["frozen"], false);
}

#[tokio::test]
async fn the_meter_counts_what_calls_cost_until_it_is_reset() {
    let served = Served::start().await;
    let nothing = json!({"requests": 0, "readUnits": 0.0, "writeUnits": 0.0, "operations": {}});
    assert_eq!(served.get("/_local/meter").await.json(), nothing);
    let token = served.token("free-user", "credits.read").await;
    // Making the token looked for a user of that e-mail address.
    let reset = served.send("DELETE", "/_local/meter", &[], None).await;
    assert_eq!(reset.json(), nothing);
    served.credits_with(&token, &[]).await;
    assert_eq!(
        served.get("/_local/meter").await.json(),
        json!({
            "requests": 2, "readUnits": 0.5, "writeUnits": 1.0,
            "operations": {
                "GetItem": {"requests": 1, "readUnits": 0.5, "writeUnits": 0.0},
                "UpdateItem": {"requests": 1, "readUnits": 0.0, "writeUnits": 1.0},
            },
        })
    );
}

/// A body that is refused with a text that holds `expected`.
async fn check(served: &Served, path: &str, body: &str, expected: &str) {
    let json = [("content-type", "application/json")];
    let answer = served.send("POST", path, &json, Some(body)).await;
    assert_eq!(answer.status, 400, "{path} {body}: {}", answer.text);
    let answer = answer.json();
    assert_eq!(answer["error"], "invalid_request");
    let text = answer["error_description"].as_str().unwrap();
    assert!(text.contains(expected), "{path} {body}: {text}");
    assert!(!text.contains('\n'), "{path} {body}: {text}");
}

#[tokio::test]
async fn bad_input_is_refused_in_one_clear_line() {
    let served = Served::start().await;
    let either = "name either a user or a client";
    for (path, body, expected) in [
        ("/_local/token", "", "EOF"),
        ("/_local/token", "[]", "TokenBody"),
        ("/_local/token", "{\"user\":", "EOF"),
        ("/_local/token", "{}", either),
        ("/_local/token", r#"{"user":"a","client":"b"}"#, either),
        ("/_local/token", r#"{"user":1}"#, "expected a string"),
        (
            "/_local/token",
            r#"{"user":"a","use":"refresh"}"#,
            "unknown variant `refresh`",
        ),
        (
            "/_local/token",
            r#"{"user":"a","expires":1}"#,
            "unknown field `expires`",
        ),
        (
            "/_local/token",
            r#"{"user":"a","expiresIn":"1h"}"#,
            "expected i64",
        ),
        (
            "/_local/token",
            r#"{"user":"a","notBefore":"soon"}"#,
            "RFC 3339",
        ),
        ("/_local/clock", "", "EOF"),
        ("/_local/clock", r#"{"now":"yesterday"}"#, "RFC 3339"),
        (
            "/_local/clock",
            r#"{"advance":"1 month"}"#,
            "not an ISO 8601 duration such as P1M",
        ),
        ("/_local/clock", r#"{"frozen":"yes"}"#, "expected a boolean"),
        ("/_local/clock", r#"{"later":1}"#, "unknown field `later`"),
    ] {
        check(&served, path, body, expected).await;
    }
    let untyped = served.send("POST", "/_local/clock", &[], Some("{}")).await;
    assert_eq!(untyped.status, 400);
    let text = untyped.json()["error_description"].to_string();
    assert!(text.contains("application/json"), "{text}");
}

#[tokio::test]
async fn a_refused_order_leaves_the_clock_where_it_was() {
    let served = Served::start().await;
    let order = json!({"now": "2030-01-01T00:00:00Z", "advance": "nonsense", "frozen": false});
    assert_eq!(served.post("/_local/clock", &order).await.status, 400);
    let shown = served.get("/_local/clock").await.json();
    assert_eq!(
        shown,
        json!({"now": "2025-11-06T14:30:00Z", "frozen": true})
    );
}

#[tokio::test]
async fn a_wrong_method_or_an_unknown_path_under_local_reaches_nothing() {
    let served = Served::start().await;
    for (method, path, status) in [
        ("POST", "/_local", 405),
        ("GET", "/_local/token", 405),
        ("DELETE", "/_local/clock", 405),
        ("POST", "/_local/meter", 405),
        ("GET", "/_local/", 404),
        ("GET", "/_local/else", 404),
    ] {
        let answer = served.send(method, path, &[], None).await;
        assert_eq!(answer.status, status, "{method} {path}");
    }
}

#[tokio::test]
async fn the_signing_key_is_published_where_the_discovery_document_says() {
    let served = Served::start().await;
    let base = served.world.base_url.clone();
    let discovery = served.get("/.well-known/openid-configuration").await.json();
    assert_eq!(discovery["issuer"], base.as_str());
    let uri = discovery["jwks_uri"].as_str().unwrap();
    let jwks = served
        .get(uri.strip_prefix(base.as_str()).unwrap())
        .await
        .json();
    let key = &jwks["keys"][0];
    for (name, value) in [("kty", "RSA"), ("use", "sig"), ("e", "AQAB")] {
        assert_eq!(key[name], value, "{key}");
    }
    for private in ["d", "p", "q", "dp", "dq", "qi"] {
        assert_eq!(key.get(private), None, "the private part {private} is out");
    }
    // A token verifies with nothing but what was published.
    let token = served.token("free-user", "credits.read").await;
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!(header.kid.as_deref(), key["kid"].as_str());
    let key = jsonwebtoken::DecodingKey::from_rsa_components(
        key["n"].as_str().unwrap(),
        key["e"].as_str().unwrap(),
    );
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    // The world's clock is not the machine's.
    rules.validate_exp = false;
    rules.set_audience(&["textassistant-desktop"]);
    rules.set_issuer(&[base.as_str()]);
    let claims = jsonwebtoken::decode::<Value>(&token, &key.unwrap(), &rules).unwrap();
    assert_eq!(claims.claims["sub"], "free-user");
    assert_eq!(claims.claims["token_use"], "access");
}

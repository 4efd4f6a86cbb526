//! Whose forms and whose addresses are refused, and what the page leaves to the gateway.

use tests::{Served, dump};

use super::{USER, press, send};
use crate::stripe_api::Shop;

const CHARGE: &str = "user=free-user&do=charge&model=gpt-5&input=12000&output=3500&key=evil";

#[tokio::test]
async fn another_site_cannot_press_a_button() {
    let served = Served::start().await;
    let before = dump(&served.world.dynamodb.client()).await;
    let rebound = served.world.base_url.replace("127.0.0.1", "evil.example");
    for headers in [
        [("origin", "http://evil.example"), ("accept", "*/*")],
        [("origin", "null"), ("accept", "*/*")],
        [("origin", rebound.as_str()), ("accept", "*/*")],
        [("sec-fetch-site", "cross-site"), ("accept", "*/*")],
        [("sec-fetch-site", "same-site"), ("accept", "*/*")],
        [
            ("origin", served.world.base_url.as_str()),
            ("sec-fetch-site", "cross-site"),
        ],
    ] {
        for form in [CHARGE, "user=free-user&do=advance&by=P1M"] {
            let refused = send(&served, &headers, form).await;
            assert_eq!(refused.status, 403, "{headers:?} {form}");
        }
    }
    assert_eq!(dump(&served.world.dynamodb.client()).await, before);
    let clock = served.get("/_local/clock").await.json();
    assert_eq!(clock["now"], tests::NOW);
}

#[tokio::test]
async fn a_name_that_anybody_could_own_leads_nowhere() {
    let served = Served::start().await;
    let before = dump(&served.world.dynamodb.client()).await;
    let port = served
        .world
        .base_url
        .rsplit(':')
        .next()
        .unwrap()
        .to_string();
    let rebound = format!("evil.example:{port}");
    for host in [&rebound, "evil.example", "127.0.0.1.evil.example"] {
        let headers = [("host", host)];
        for path in [
            "/",
            "/docs",
            "/_local",
            "/_local/clock",
            "/_local/meter",
            "/_local/oauth/authorize",
            "/.well-known/openid-configuration",
            "/api/user/credits",
        ] {
            let answer = served.send("GET", path, &headers, None).await;
            assert_eq!(answer.status, 421, "{host} {path}");
        }
        let json = [("host", host), ("content-type", "application/json")];
        for (path, body) in [
            ("/_local/token", r#"{"user":"free-user"}"#),
            ("/_local/clock", r#"{"advance":"P1M"}"#),
            ("/webhooks/stripe", "{}"),
        ] {
            let answer = served.send("POST", path, &json, Some(body)).await;
            assert_eq!(answer.status, 421, "{host} {path}");
        }
        // Not even with the origin that would be its own.
        let origin = format!("http://{host}");
        let refused = send(&served, &[("host", host), ("origin", &origin)], CHARGE).await;
        assert_eq!(refused.status, 421, "{host}");
    }
    assert_eq!(dump(&served.world.dynamodb.client()).await, before);
    for host in [
        format!("localhost:{port}"),
        format!("[::1]:{port}"),
        format!("host.docker.internal:{port}"),
    ] {
        let answer = served.send("GET", "/", &[("host", &host)], None).await;
        assert_eq!(answer.status, 200, "{host}");
    }
}

#[tokio::test]
async fn neither_does_such_a_name_lead_to_stripe() {
    let shop = Shop::at(Served::start().await);
    let bearer = format!("Bearer {}", local::stripe_api::STRIPE_API_KEY);
    let form = "email=evil%40example.com";
    for (host, status) in [
        ("evil.example", 421),
        ("127.0.0.1.evil.example:1", 421),
        ("localhost:1", 200),
    ] {
        let headers = [
            ("host", host),
            ("authorization", bearer.as_str()),
            ("idempotency-key", host),
        ];
        let path = "/v1/customers";
        let page = format!("{}{path}", shop.url());
        let answer = shop.page(&page, &headers, Some(form)).await;
        assert_eq!(answer.status, status, "{host}: {}", answer.text);
    }
    let (customers, _) = shop.get("/v1/customers?limit=100").await.ids();
    assert_eq!(customers.len(), 2, "the seeded one and one more");
}

#[tokio::test]
async fn a_form_that_is_too_long_or_names_no_button_or_user_does_nothing() {
    let served = Served::start().await;
    let before = dump(&served.world.dynamodb.client()).await;
    let long = format!("{CHARGE}&x={}", "y".repeat(20_000));
    for (form, status) in [
        ("", 400),
        ("user=free-user", 400),
        ("user=free-user&do=steal", 400),
        ("user=free-user&do=story", 400),
        ("user=free-user&do=story&story=none", 400),
        ("do=stop", 400),
        ("user=%20&do=stop", 400),
        ("user=%ff&do=stop", 400),
        (&long, 413),
    ] {
        let refused = send(&served, &[], form).await;
        assert_eq!(refused.status, status, "{form:.40}: {}", refused.text);
        assert!(!refused.text.contains("<form"), "{}", refused.text);
    }
    let json = [("content-type", "application/json")];
    let answer = served.send("POST", "/_local/front", &json, Some(CHARGE));
    assert_eq!(answer.await.status, 400);
    assert_eq!(dump(&served.world.dynamodb.client()).await, before);
}

#[tokio::test]
async fn what_else_is_asked_is_answered_by_the_gateway() {
    let served = Served::start().await;
    let not_found = r#"{"message":"Not Found"}"#;
    for (method, path) in [
        ("POST", "/"),
        ("DELETE", "/"),
        ("GET", "//"),
        ("GET", "/index.html"),
        ("GET", "/api"),
        ("GET", "/favicon.ico"),
        ("GET", "/_local/"),
    ] {
        let answer = served.send(method, path, &[], None).await;
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (404, not_found),
            "{method} {path}"
        );
    }
    for query in ["", "?", "?user=", "?user=%ff", "?said=none", "?user=%20"] {
        let answer = served.get(&format!("/{query}")).await;
        assert_eq!(answer.status, 200, "{query}");
        assert!(answer.text.contains("Balance of Free User"), "{query}");
    }
    assert_eq!(served.get("/_local/front").await.status, 405);
}

#[tokio::test]
async fn the_page_alone_changes_nothing() {
    let served = Served::start().await;
    let before = dump(&served.world.dynamodb.client()).await;
    served.get("/").await;
    served.get("/?user=pro-user").await;
    let after = dump(&served.world.dynamodb.client()).await;
    // Calls of the profile are counted for its limit.
    assert_eq!(
        after.without_rate_counters(),
        before.without_rate_counters()
    );
    press(&served, USER, "do=hold&amount=1&key=x").await;
}

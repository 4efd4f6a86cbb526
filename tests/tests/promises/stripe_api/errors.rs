//! What is refused, in Stripe's form.

use local::stripe::{ApiVersion, Scenario};
use local::stripe_api::STRIPE_API_KEY;

use super::Shop;

#[tokio::test]
async fn a_request_without_a_test_key_is_refused_before_anything_else() {
    let shop = Shop::of(&[(Scenario::Subscribe, "a")]).await;
    for header in [
        None,
        Some("Bearer"),
        Some("Bearer pk_test_1"),
        Some("Bearer sk_live_1234567890"),
        Some("Bearer sk_test_"),
        Some("Basic !!!"),
        Some("Digest sk_test_1"),
    ] {
        let headers: Vec<(&str, &str)> = header.iter().map(|it| ("authorization", *it)).collect();
        let said = shop.send("GET", "/v1/customers/cus_a", &headers, "").await;
        let (line, message) = said.refusal();
        assert_eq!(line, "401 invalid_request_error - -", "{header:?}");
        // A live key must not find its way into a log.
        assert!(!message.contains("1234567890"), "{message}");
    }
    // `sk_test_local:` as the user of basic authentication.
    let basic = [("authorization", "Basic c2tfdGVzdF9sb2NhbDo=")];
    let said = shop.send("GET", "/v1/customers/cus_a", &basic, "").await;
    assert_eq!(said.status, 200, "{}", said.body);
    let restricted = [("authorization", "bearer rk_test_reader")];
    let said = shop
        .send("GET", "/v1/customers/cus_a", &restricted, "")
        .await;
    assert_eq!(said.status, 200, "{}", said.body);
    let recorded = format!("{:?}", shop.served.world.stripe.requests());
    assert!(!recorded.contains("1234567890"), "{recorded}");
}

#[tokio::test]
async fn another_account_is_forbidden() {
    let shop = Shop::of(&[]).await;
    let bearer = format!("Bearer {STRIPE_API_KEY}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("stripe-account", "acct_1"),
    ];
    let said = shop.send("GET", "/v1/customers", &headers, "").await;
    assert_eq!(
        said.refusal().0,
        "403 invalid_request_error account_invalid -"
    );
}

#[tokio::test]
async fn what_is_not_there_is_said_with_its_place() {
    let shop = Shop::of(&[(Scenario::Subscribe, "a")]).await;
    for (path, line, message) in [
        (
            "customers/cus_b",
            "404 invalid_request_error resource_missing id",
            "No such customer: 'cus_b'",
        ),
        (
            // Of another type.
            "invoices/cus_a",
            "404 invalid_request_error resource_missing id",
            "No such invoice: 'cus_a'",
        ),
        (
            "invoices/in_b/lines",
            "404 invalid_request_error resource_missing id",
            "No such invoice: 'in_b'",
        ),
        (
            "invoices/in_a_1/lines?starting_after=il_b",
            "400 invalid_request_error resource_missing starting_after",
            "No such invoice line item: 'il_b'",
        ),
        (
            "customers?ending_before=cus_b",
            "400 invalid_request_error resource_missing ending_before",
            "No such customer: 'cus_b'",
        ),
        (
            "subscription_items?subscription=sub_b",
            "400 invalid_request_error resource_missing subscription",
            "No such subscription: 'sub_b'",
        ),
        (
            "tax_rates",
            "404 invalid_request_error - -",
            "GET: /v1/tax_rates",
        ),
        (
            "customers/",
            "404 invalid_request_error - -",
            "GET: /v1/customers/",
        ),
        (
            "invoices/in_a_1/else",
            "404 invalid_request_error - -",
            "Unrecognized",
        ),
        ("../_local", "404 invalid_request_error - -", "Unrecognized"),
    ] {
        let (said, text) = shop.get(&format!("/v1/{path}")).await.refusal();
        assert_eq!(said, line, "{path}");
        assert!(text.contains(message), "{path}: {text}");
    }
    let bearer = format!("Bearer {STRIPE_API_KEY}");
    let said = shop
        .send(
            "DELETE",
            "/v1/invoices/in_a_1",
            &[("authorization", &bearer)],
            "",
        )
        .await;
    assert_eq!(said.refusal().0, "404 invalid_request_error - -");
}

#[tokio::test]
async fn a_parameter_that_cannot_be_is_named() {
    let shop = Shop::of(&[(Scenario::Subscribe, "a")]).await;
    let invalid = "400 invalid_request_error";
    for (path, rest) in [
        ("customers?limit=0", "- limit"),
        ("customers?limit=101", "- limit"),
        ("customers?limit=ten", "parameter_invalid_integer limit"),
        ("customers?limit=", "parameter_invalid_empty limit"),
        (
            "customers?starting_after=",
            "parameter_invalid_empty starting_after",
        ),
        (
            "customers?starting_after=cus_a&ending_before=cus_a",
            "- ending_before",
        ),
        ("customers?page=2", "parameter_unknown page"),
        (
            "customers?created[since]=1",
            "parameter_unknown created[since]",
        ),
        (
            "customers?created[gte]=today",
            "parameter_invalid_integer created",
        ),
        ("customers/cus_a?limit=1", "parameter_unknown limit"),
        ("subscriptions?status=gone", "- status"),
        ("prices?active=yes", "- active"),
        ("subscription_items", "parameter_missing subscription"),
    ] {
        let (said, message) = shop.get(&format!("/v1/{path}")).await.refusal();
        assert_eq!(said, format!("{invalid} {rest}"), "{path}: {message}");
    }
    let types: String = (0..21).map(|it| format!("types[]=t{it}&")).collect();
    let (said, _) = shop.get(&format!("/v1/events?{types}")).await.refusal();
    assert_eq!(said, format!("{invalid} - types"));
    let many: String = (0..600).map(|it| format!("a{it}=1&")).collect();
    assert_eq!(shop.get(&format!("/v1/events?{many}")).await.status, 400);
}

#[tokio::test]
async fn a_form_that_is_too_large_is_refused_unread() {
    let shop = Shop::of(&[]).await;
    let form = format!("description={}", "x".repeat(300_000));
    let said = shop.post("/v1/customers", "large", &form).await;
    assert_eq!(said.refusal().0, "413 invalid_request_error - -");
    assert_eq!(shop.get("/v1/customers").await.ids().0.len(), 0);
}

#[tokio::test]
async fn failures_come_when_they_are_ordered_and_as_often() {
    let shop = Shop::of(&[(Scenario::Subscribe, "a")]).await;
    for (status, line) in [
        (402, "402 card_error card_declined -"),
        (409, "409 invalid_request_error lock_timeout -"),
        (429, "429 invalid_request_error rate_limit -"),
        (500, "500 api_error - -"),
        (503, "503 api_error - -"),
    ] {
        let order = serde_json::json!({"status": status, "times": 2});
        let ordered = shop.served.post("/_local/stripe/faults", &order).await;
        assert_eq!(ordered.status, 200, "{}", ordered.text);
        for _ in 0..2 {
            let said = shop.get("/v1/customers/cus_a").await;
            assert_eq!(said.refusal().0, line);
        }
        assert_eq!(shop.get("/v1/customers/cus_a").await.status, 200);
    }
    let order = serde_json::json!({"status": 418, "times": 1});
    let refused = shop.served.post("/_local/stripe/faults", &order).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("418"), "{}", refused.text);
}

#[tokio::test]
async fn a_story_that_cannot_be_is_refused_in_one_line() {
    let shop = Shop::of(&[]).await;
    let story = |field: &str, value: &str| {
        let mut story = serde_json::json!({
            "scenario": "renew", "apiVersion": "basil", "user": "free-user",
            "suffix": "told", "start": "2025-11-06T14:30:00Z",
        });
        story[field] = serde_json::json!(value);
        story
    };
    for (field, value, advice) in [
        ("scenario", "renewed", "stripe list"),
        ("apiVersion", "Basil", "acacia, basil, clover or dahlia"),
        ("start", "soon", "RFC 3339"),
        ("until", "evt_1", "evt_1"),
        ("else", "1", "unknown field"),
        ("suffix", &"x".repeat(201), "at most 200"),
    ] {
        let said = shop
            .served
            .post("/_local/stripe/story", &story(field, value))
            .await;
        assert_eq!(said.status, 400, "{field}: {}", said.text);
        assert!(said.text.contains(advice), "{field}: {}", said.text);
    }
    let said = shop
        .served
        .post("/_local/stripe/story", &story("user", "free-user"))
        .await;
    assert_eq!(said.status, 200, "{}", said.text);
    let said = shop.get_in(ApiVersion::Acacia, "/v1/events?limit=1").await;
    assert_eq!(said.body["data"][0]["api_version"], "2025-06-30.basil");
}

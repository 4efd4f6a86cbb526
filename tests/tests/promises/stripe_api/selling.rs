//! Checkout and portal sessions by API: what they show, and what is refused.

use serde_json::json;

use super::Shop;

const PACK: &str = "line_items[0][price]=price_test_pack_1000";
const PRO: &str = "line_items[0][price]=price_test_pro";
const ONE: &str = "line_items[0][quantity]=1";
const BACK: &str = "success_url=https://app.example/done";

#[tokio::test]
async fn a_checkout_session_shows_what_was_asked_for_and_its_page() {
    let shop = Shop::of(&[]).await;
    let form = format!(
        "mode=payment&{PACK}&line_items[0][quantity]=3\
         &line_items[1][price]=price_test_pack_10000&line_items[1][quantity]=1\
         &{BACK}&cancel_url=my.app:/shop&client_reference_id=free-user&metadata[a]=b\
         &payment_intent_data[metadata][c]=d&currency=usd&expand[]=line_items"
    );
    let made = shop.post("/v1/checkout/sessions", "one", &form).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let session = &made.body;
    let id = session["id"].as_str().unwrap();
    for (name, value) in [
        ("object", json!("checkout.session")),
        ("mode", json!("payment")),
        ("status", json!("open")),
        ("payment_status", json!("unpaid")),
        ("amount_total", json!(6000)),
        ("currency", json!("usd")),
        ("client_reference_id", json!("free-user")),
        ("metadata", json!({"a": "b"})),
        ("customer", json!(null)),
        ("payment_intent", json!(null)),
        ("cancel_url", json!("my.app:/shop")),
        ("url", json!(format!("{}/c/pay/{id}", shop.url()))),
    ] {
        assert_eq!(session[name], value, "{name}");
    }
    let lasts = session["expires_at"].as_i64().unwrap() - session["created"].as_i64().unwrap();
    assert_eq!(lasts, 86_400);
    let items = session["line_items"]["data"].as_array().unwrap();
    let items: Vec<_> = items
        .iter()
        .map(|it| (&it["price"]["id"], &it["amount_total"]))
        .collect();
    let expected = [
        (&json!("price_test_pack_1000"), &json!(1500)),
        (&json!("price_test_pack_10000"), &json!(4500)),
    ];
    assert_eq!(items, expected);
    let (open, _) = shop.get("/v1/checkout/sessions?status=open").await.ids();
    assert_eq!(open, [id]);

    let again = shop.post("/v1/checkout/sessions", "one", &form).await;
    assert_eq!(again.body["id"], session["id"]);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let other = format!("{form}&locale=");
    let other = shop.post("/v1/checkout/sessions", "one", &other).await;
    assert_eq!(other.refusal().0, "400 idempotency_error - -");
    assert_eq!(shop.get("/v1/checkout/sessions").await.ids().0.len(), 1);
}

#[tokio::test]
async fn a_checkout_that_cannot_be_is_refused_and_leaves_nothing() {
    let shop = Shop::of(&[]).await;
    let soon = 1_762_439_400 + 60;
    for (form, rest) in [
        (String::new(), "parameter_missing mode"),
        (format!("mode=setup&{PACK}&{ONE}&{BACK}"), "- mode"),
        (
            format!("mode=payment&{BACK}"),
            "parameter_missing line_items",
        ),
        (
            format!("mode=payment&{ONE}&{BACK}"),
            "parameter_missing line_items[0][price]",
        ),
        (
            format!("mode=payment&line_items[0][price]=price_x&{ONE}&{BACK}"),
            "resource_missing line_items[0][price]",
        ),
        (
            format!("mode=payment&{PACK}&{BACK}"),
            "parameter_missing line_items[0][quantity]",
        ),
        (
            format!("mode=payment&{PACK}&line_items[0][quantity]=0&{BACK}"),
            "parameter_invalid_integer line_items[0][quantity]",
        ),
        (
            format!("mode=payment&{PACK}&line_items[0][quantity]=1000000&{BACK}"),
            "parameter_invalid_integer line_items[0][quantity]",
        ),
        (format!("mode=payment&{PRO}&{ONE}&{BACK}"), "- mode"),
        (format!("mode=subscription&{PACK}&{ONE}&{BACK}"), "- mode"),
        (
            format!("mode=payment&{PACK}&{ONE}"),
            "parameter_missing success_url",
        ),
        (
            format!("mode=payment&{PACK}&{ONE}&success_url=done"),
            "url_invalid success_url",
        ),
        (
            format!("mode=payment&{PACK}&{ONE}&success_url=javascript:alert(1)"),
            "url_invalid success_url",
        ),
        (
            format!("mode=payment&{PACK}&{ONE}&{BACK}&cancel_url=data:,x"),
            "url_invalid cancel_url",
        ),
        (
            format!("mode=payment&{PACK}&{ONE}&{BACK}&cancel_url=https://a.example/%0d%0ax"),
            "url_invalid cancel_url",
        ),
        (
            format!("mode=payment&{PACK}&{ONE}&{BACK}&customer=cus_x"),
            "resource_missing customer",
        ),
        (
            format!("mode=payment&{PACK}&{ONE}&{BACK}&currency=eur"),
            "- line_items[0][price]",
        ),
        (
            format!("mode=payment&{PACK}&{ONE}&{BACK}&expires_at={soon}"),
            "- expires_at",
        ),
        (
            format!("mode=payment&{PACK}&{ONE}&{BACK}&subscription_data[metadata][a]=b"),
            "- subscription_data",
        ),
        (
            format!("mode=subscription&{PRO}&{ONE}&{BACK}&payment_intent_data[metadata][a]=b"),
            "- payment_intent_data",
        ),
        (
            format!("mode=payment&{PACK}&{ONE}&{BACK}&allow_promotion_codes=true"),
            "parameter_unknown allow_promotion_codes",
        ),
        (
            format!("mode=payment&{PACK}&{ONE}&{BACK}&line_items[0][price_data][currency]=usd"),
            "parameter_unknown line_items[0][price_data][currency]",
        ),
    ] {
        let said = shop
            .post("/v1/checkout/sessions", &format!("key {form:.200}"), &form)
            .await;
        let expected = format!("400 invalid_request_error {rest}");
        assert_eq!(said.refusal().0, expected, "{form}: {}", said.body);
    }
    assert_eq!(shop.get("/v1/checkout/sessions").await.ids().0.len(), 0);
    let path = "/v1/checkout/sessions/cs_test_none/expire";
    assert_eq!(shop.post(path, "none", "").await.status, 404);
}

#[tokio::test]
async fn a_session_is_expired_once() {
    let shop = Shop::of(&[]).await;
    let form = format!("mode=subscription&{PRO}&{ONE}&{BACK}");
    let made = shop.post("/v1/checkout/sessions", "one", &form).await;
    let path = format!(
        "/v1/checkout/sessions/{}/expire",
        made.body["id"].as_str().unwrap()
    );
    let ended = shop.post(&path, "two", "").await;
    assert_eq!(
        (&ended.body["status"], &ended.body["url"]),
        (&json!("expired"), &json!(null))
    );
    let (line, text) = shop.post(&path, "three", "").await.refusal();
    assert_eq!(line, "400 invalid_request_error - -");
    assert!(text.contains("status of `expired`"), "{text}");
}

#[tokio::test]
async fn a_portal_session_that_cannot_be_is_refused() {
    let shop = Shop::of(&[
        (local::stripe::Scenario::Subscribe, "a"),
        (local::stripe::Scenario::Subscribe, "b"),
    ])
    .await;
    let path = "/v1/billing_portal/sessions";
    for (form, rest) in [
        ("", "parameter_missing customer"),
        ("customer=cus_x", "resource_missing customer"),
        (
            "customer=cus_a&return_url=nowhere",
            "url_invalid return_url",
        ),
        ("customer=cus_a&flow_data[type]=sing", "- flow_data[type]"),
        (
            "customer=cus_a&flow_data[type]=subscription_cancel",
            "parameter_missing flow_data[subscription_cancel][subscription]",
        ),
        (
            "customer=cus_a&flow_data[type]=subscription_cancel&flow_data[subscription_cancel][subscription]=sub_b",
            "resource_missing flow_data[subscription_cancel][subscription]",
        ),
        ("customer=cus_a&theme=dark", "parameter_unknown theme"),
    ] {
        let said = shop.post(path, &format!("key {form}"), form).await;
        let expected = format!("400 invalid_request_error {rest}");
        assert_eq!(said.refusal().0, expected, "{form}");
    }
    let said = shop
        .post(path, "good", "customer=cus_a&return_url=my.app:/back")
        .await;
    assert_eq!(said.status, 200, "{}", said.body);
    assert_eq!(said.body["object"], "billing_portal.session");
    assert_eq!(said.body["return_url"], "my.app:/back");
    assert_eq!(said.body["flow"], json!(null));
}

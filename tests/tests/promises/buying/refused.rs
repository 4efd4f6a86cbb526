//! What bad input gets: the field is named, and nothing is created at Stripe.

use serde_json::{Value, json};
use shared::domain::{Price, PriceKind};

use super::{APP, FREE_USER, PACK, PRO, Shop, ask, order};
use crate::routes::billing_function;

#[tokio::test]
async fn an_invalid_field_is_named_and_nothing_is_created_at_stripe() {
    let shop = Shop::open().await;
    let with = |name: &str, value: Value| {
        let mut body = order(PACK);
        body[name] = value;
        body
    };
    for (body, fields) in [
        (json!({}), vec!["priceId", "returnUrl"]),
        (
            with("priceId", json!("price_nobody_sells")),
            vec!["priceId"],
        ),
        (with("priceId", json!("a price")), vec!["priceId"]),
        (with("priceId", json!(null)), vec!["priceId"]),
        (with("priceId", json!(7)), vec!["priceId"]),
        (with("quantity", json!(0)), vec!["quantity"]),
        (with("quantity", json!(101)), vec!["quantity"]),
        (with("quantity", json!(1_000_000)), vec!["quantity"]),
        (with("quantity", json!(-1)), vec!["quantity"]),
        (with("quantity", json!(1.5)), vec!["quantity"]),
        (with("quantity", json!("1")), vec!["quantity"]),
        (with("currency", json!("eur")), vec!["currency"]),
        (with("currency", json!("USD")), vec!["currency"]),
        (with("currency", json!("dollars")), vec!["currency"]),
        (
            with("returnUrl", json!("https://evil.example")),
            vec!["returnUrl"],
        ),
        (
            with("returnUrl", json!("https://app.example.com@evil.example")),
            vec!["returnUrl"],
        ),
        (
            with("returnUrl", json!("https://app.example.com\\@evil.example")),
            vec!["returnUrl"],
        ),
        (
            with("returnUrl", json!("https://app.example.com.evil.example")),
            vec!["returnUrl"],
        ),
        (
            with(
                "returnUrl",
                json!("javascript://app.example.com/%0aalert(1)"),
            ),
            vec!["returnUrl"],
        ),
        (with("returnUrl", json!("")), vec!["returnUrl"]),
        (
            with("returnUrl", json!(["https://app.example.com"])),
            vec!["returnUrl"],
        ),
        (
            with("returnUrl", json!(format!("{APP}/{}", "x".repeat(1_000)))),
            vec!["returnUrl"],
        ),
        (with("price", json!("x")), vec!["price"]),
        (
            json!({"priceId": "x", "quantity": 0, "currency": 1, "returnUrl": 1}),
            vec!["currency", "priceId", "quantity", "returnUrl"],
        ),
    ] {
        let said = shop.checkout(FREE_USER, body.clone()).await;
        assert_eq!(said.fields(), fields, "{body}");
    }
    assert_eq!(shop.world.stripe.requests().len(), 0);
}

#[tokio::test]
async fn a_price_that_is_retired_gives_nothing_or_is_not_stripes_is_not_sold() {
    let shop = Shop::open().await;
    let prices = shop.world.store.load_prices().await.unwrap();
    let pack = prices.iter().find(|price| price.price_id == PACK).unwrap();
    for (id, edit) in [
        (
            "price_retired",
            (|price| price.available = false) as fn(&mut Price),
        ),
        ("price_metered", |price| price.kind = PriceKind::None),
        // The catalogue has it, Stripe in this mode does not.
        ("price_of_live_mode", |_| {}),
    ] {
        let mut price = Price {
            price_id: id.to_string(),
            payment_link: None,
            ..pack.clone()
        };
        edit(&mut price);
        shop.store(&price).await;
        let said = shop.buy(id).await;
        assert_eq!(said.fields(), ["priceId"], "{id}");
    }
    assert_eq!(shop.sessions("open").await.len(), 0);
    // What Stripe refused keeps nobody from buying something else.
    shop.buy(PACK).await.url();
}

#[tokio::test]
async fn a_price_that_is_retired_is_not_in_the_list() {
    let shop = Shop::open().await;
    let mut price = shop.world.store.load_prices().await.unwrap().remove(0);
    price.price_id = "price_retired".to_string();
    price.payment_link = None;
    price.available = false;
    shop.store(&price).await;
    let event = serde_json::from_value(crate::routes::recorded("get-prices.json")).unwrap();
    let response = shop.billing.handle(event).await;
    let body: Value = serde_json::from_str(response.body()).unwrap();
    let listed = body["prices"].as_array().unwrap().iter();
    let ids: Vec<&str> = listed.map(|it| it["priceId"].as_str().unwrap()).collect();
    let expected = [
        PRO,
        "price_test_pro_rollover",
        "price_test_pro_annual",
        "price_test_pro_plus",
        PACK,
        "price_test_pack_10000",
    ];
    assert_eq!(ids, expected);
    assert_eq!(
        response.header("cache-control"),
        Some("private, max-age=300")
    );
}

#[tokio::test]
async fn who_is_deactivated_or_erased_or_has_no_address_buys_nothing() {
    let shop = Shop::open().await;
    shop.person("blocked", Some("blocked@example.com"), false)
        .await;
    shop.person("nameless", None, true).await;
    for price in [PACK, PRO] {
        let blocked = shop.checkout("blocked", order(price)).await;
        assert_eq!(blocked.refusal(), (403, "user_inactive"));
        for id in ["nameless", "a-stranger"] {
            let said = shop.checkout(id, order(price)).await;
            assert_eq!(said.fields(), ["email"], "{id}");
        }
    }
    let portal = json!({"returnUrl": APP});
    let blocked = shop.portal("blocked", portal.clone()).await;
    assert_eq!(blocked.refusal(), (403, "user_inactive"));
    shop.world
        .store
        .erase_person(&tests::user(FREE_USER))
        .await
        .unwrap();
    assert_eq!(shop.buy(PACK).await.refusal(), (403, "user_inactive"));
    let erased = shop.portal(FREE_USER, portal).await;
    assert_eq!(erased.refusal(), (403, "user_inactive"));
    assert_eq!(shop.world.stripe.requests().len(), 0);
}

#[tokio::test]
async fn without_a_list_buyers_return_to_the_redirect_uris_of_their_client() {
    let shop = Shop::open().await;
    let app = billing_function(&shop.world, &[("RETURN_URLS", "")]);
    for (url, status) in [
        ("http://localhost:8080/callback", 201),
        ("http://localhost:8080/callback?from=shop", 201),
        ("http://localhost:8080/", 422),
        ("http://localhost:8081/callback", 422),
        (APP, 422),
    ] {
        let body = json!({"priceId": PACK, "returnUrl": url});
        let said = ask(&app, "post-checkout", FREE_USER, &body).await;
        assert_eq!(said.status, status, "{url}: {}", said.body);
    }
}

#[tokio::test]
async fn calls_are_limited_per_user_for_both_pages_together() {
    let shop = Shop::open().await;
    let app = billing_function(&shop.world, &[("RATE_LIMIT_BILLING_PER_MINUTE", "3")]);
    let portal = json!({"returnUrl": APP});
    for (name, body, status) in [
        ("post-checkout", order(PACK), 201),
        ("post-portal", portal.clone(), 201),
        ("post-checkout", order(PACK), 201),
        ("post-portal", portal, 429),
        ("post-checkout", order(PACK), 429),
    ] {
        let said = ask(&app, name, FREE_USER, &body).await;
        assert_eq!(said.status, status, "{name}");
    }
    let other = ask(&app, "post-checkout", "pro-user", &order(PACK)).await;
    assert_eq!(other.status, 201);
}

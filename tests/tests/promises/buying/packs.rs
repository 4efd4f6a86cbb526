//! Checkouts of packs: the same order gets the same open session, and what a session says
//! is what the webhook needs to grant.

use serde_json::json;

use super::{APP, FREE_USER, PACK, Shop, order};

#[tokio::test]
async fn a_session_names_user_price_and_quantity_and_where_to_return() {
    let shop = Shop::open().await;
    let body = json!({"priceId": PACK, "quantity": 3, "currency": "usd", "returnUrl": "https://app.example.com/shop?tab=2"});
    let made = shop.checkout(FREE_USER, body).await;
    made.url();
    assert_eq!(made.body["expiresAt"], "2025-11-07T13:30:00Z");
    let sessions = shop.sessions("open").await;
    assert_eq!(sessions.len(), 1);
    let session = &sessions[0];
    let customers = shop.customers(FREE_USER).await;
    for (name, value) in [
        ("mode", json!("payment")),
        ("client_reference_id", json!(FREE_USER)),
        ("customer", json!(customers[0])),
        ("amount_total", json!(1500)),
        ("expires_at", json!(1_762_522_200)),
        (
            "success_url",
            json!("https://app.example.com/shop?tab=2&checkout=completed"),
        ),
        (
            "cancel_url",
            json!("https://app.example.com/shop?tab=2&checkout=cancelled"),
        ),
    ] {
        assert_eq!(session[name], value, "{name}");
    }
    let metadata = &session["metadata"];
    assert_eq!(metadata["user_id"], FREE_USER);
    assert_eq!(metadata["price_id"], PACK);
    assert_eq!(metadata["quantity"], "3");
    assert_eq!(metadata["checkout"].as_str().unwrap().len(), 32);
    let customer = &shop.at_stripe("customers?email=free@example.com").await[0];
    assert_eq!(customer["name"], "Free User");
    assert_eq!(customer["metadata"], json!({"user_id": FREE_USER}));
}

#[tokio::test]
async fn twenty_parallel_requests_of_one_user_make_one_session_and_one_customer() {
    for price in [PACK, super::PRO] {
        let shop = Shop::open().await;
        let buying = (0..20).map(|_| {
            let app = shop.billing.clone();
            let order = order(price);
            tokio::spawn(async move { super::ask(&app, "post-checkout", FREE_USER, &order).await })
        });
        let buying: Vec<_> = buying.collect();
        let mut urls = Vec::new();
        for one in buying {
            urls.push(one.await.unwrap().url());
        }
        urls.dedup();
        assert_eq!(urls.len(), 1, "{urls:?}");
        assert_eq!(shop.sessions("open").await.len(), 1, "{price}");
        assert_eq!(shop.sessions("expired").await.len(), 0, "{price}");
        assert_eq!(shop.customers(FREE_USER).await.len(), 1, "{price}");
    }
}

#[tokio::test]
async fn an_order_that_differs_has_a_session_of_its_own_and_each_is_found_again() {
    let shop = Shop::open().await;
    let orders = [
        json!({"priceId": PACK, "returnUrl": APP}),
        json!({"priceId": PACK, "returnUrl": APP, "quantity": 2}),
        json!({"priceId": PACK, "returnUrl": "https://app.example.com/x"}),
        json!({"priceId": "price_test_pack_10000", "returnUrl": APP}),
    ];
    let mut urls = Vec::new();
    for _ in 0..2 {
        for order in &orders {
            urls.push(shop.checkout(FREE_USER, order.clone()).await.url());
        }
    }
    let (first, again) = urls.split_at(orders.len());
    assert_eq!(first, again);
    assert_eq!(shop.sessions("open").await.len(), orders.len());
    // What is the default is the same as what is said.
    let said = json!({"priceId": PACK, "returnUrl": APP, "quantity": 1, "currency": "usd"});
    assert_eq!(shop.checkout(FREE_USER, said).await.url(), first[0]);
    assert_eq!(shop.customers(FREE_USER).await.len(), 1);
}

#[tokio::test]
async fn a_session_that_was_paid_or_is_about_to_end_is_not_handed_out_again() {
    let shop = Shop::open().await;
    let first = shop.buy(PACK).await.url();
    let back = shop.press(&first, "pay").await;
    assert_eq!(
        back.as_deref(),
        Some("https://app.example.com?checkout=completed")
    );
    let second = shop.buy(PACK).await.url();
    assert_ne!(first, second, "a pack may be bought again");
    shop.world.clock.advance("PT22H49M").unwrap();
    assert_eq!(shop.buy(PACK).await.url(), second);
    shop.world.clock.advance("PT2M").unwrap();
    let third = shop.buy(PACK).await.url();
    assert_ne!(third, second, "nine minutes are left");
    shop.world.clock.advance("P2D").unwrap();
    assert_ne!(shop.buy(PACK).await.url(), third, "it has ended");
}

#[tokio::test]
async fn a_customer_that_was_deleted_at_stripe_is_replaced() {
    let shop = Shop::open().await;
    shop.buy(PACK).await.url();
    let customers = shop.customers(FREE_USER).await;
    let stripe = shop.world.stripe_url.clone().unwrap();
    let delete = shop
        .http
        .delete(format!("{stripe}/v1/customers/{}", customers[0]))
        .bearer_auth(local::stripe_api::STRIPE_API_KEY);
    assert!(delete.send().await.unwrap().status().is_success());
    let order = json!({"priceId": PACK, "returnUrl": APP, "quantity": 2});
    shop.checkout(FREE_USER, order).await.url();
    let now = shop.customers(FREE_USER).await;
    assert_eq!(now.len(), 1);
    assert_ne!(now, customers);
    let newest = &shop.sessions("open").await[0];
    assert_eq!(newest["customer"], json!(now[0]));
}

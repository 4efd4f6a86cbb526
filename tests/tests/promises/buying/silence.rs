//! No page's address, no key and nobody's name is in a log line, whatever Stripe answers.

use serde_json::json;

use super::{APP, FREE_USER, PACK, PLUS, PRO, Shop, order};

#[tokio::test]
async fn no_log_line_has_an_address_a_key_or_a_name() {
    let shop = Shop::open().await;
    shop.world.log.take();
    let mut secrets = vec![local::stripe_api::STRIPE_API_KEY.to_string()];
    for price in [PACK, PRO, PRO, PLUS] {
        secrets.push(shop.buy(price).await.url());
    }
    let refused = shop.checkout("pro-user", order(PRO)).await;
    secrets.push(refused.body["portalUrl"].as_str().unwrap().to_string());
    let portal = shop.portal("pro-user", json!({"returnUrl": APP})).await;
    secrets.push(portal.url());
    shop.buy("price_nobody_sells").await;
    for status in [402, 409, 429, 500] {
        shop.world.stripe.fail_next(status, 100).unwrap();
        let said = shop.buy(PACK).await;
        assert!([500, 503].contains(&said.status), "{status}: {}", said.body);
        shop.world.stripe.fail_next(status, 0).unwrap();
    }
    for session in shop.at_stripe("checkout/sessions?limit=100").await {
        secrets.push(session["id"].as_str().unwrap().to_string());
        secrets.push(
            session["metadata"]["checkout"]
                .as_str()
                .unwrap()
                .to_string(),
        );
    }
    secrets.extend(
        [
            "free@example.com",
            "Free User",
            FREE_USER,
            "app.example.com",
        ]
        .map(String::from),
    );
    let lines = shop.world.log.take();
    assert!(lines.len() >= 11, "{}", lines.len());
    for line in &lines {
        let found = secrets.iter().find(|secret| line.contains(secret.as_str()));
        assert_eq!(found, None, "{line}");
    }
}

//! `Stripe-Version`: four are known, each with its shapes; events keep theirs.

use local::stripe::{ApiVersion, Scenario};
use local::stripe_api::STRIPE_API_KEY;
use serde_json::Value;

use super::Shop;

#[tokio::test]
async fn each_version_has_its_shapes_and_the_newest_is_the_default() {
    let shop = Shop::of(&[(Scenario::Renew, "r")]).await;
    for version in ApiVersion::ALL {
        let invoice = shop.get_in(version, "/v1/invoices/in_r_2").await.body;
        let subscription = shop.get_in(version, "/v1/subscriptions/sub_r").await.body;
        let old = version == ApiVersion::Acacia;
        assert_eq!(invoice.get("parent").is_none(), old, "{version}");
        assert_eq!(invoice.get("payment_intent").is_some(), old, "{version}");
        let period = subscription.get("current_period_end");
        assert_eq!(period.is_some(), old, "{version}");
        let payments = shop.get_in(version, "/v1/invoice_payments").await;
        assert_eq!(payments.status, if old { 404 } else { 200 });
    }
    let newest = ApiVersion::Dahlia;
    let path = "/v1/invoices/in_r_2";
    let said = shop.get(path).await;
    assert_eq!(said.headers["stripe-version"], newest.api_version());
    assert_eq!(said.body, shop.get_in(newest, path).await.body);
}

#[tokio::test]
async fn an_unknown_version_is_refused_with_those_that_are_known() {
    let shop = Shop::of(&[]).await;
    let bearer = format!("Bearer {STRIPE_API_KEY}");
    for version in ["2020-08-27", "2026-10-28.endive", "dahlia", ""] {
        let headers = [
            ("authorization", bearer.as_str()),
            ("stripe-version", version),
        ];
        let said = shop.send("GET", "/v1/customers", &headers, "").await;
        let (line, message) = said.refusal();
        assert_eq!(line, "400 invalid_request_error - -", "{version}");
        for known in ApiVersion::ALL {
            assert!(message.contains(known.api_version()), "{message}");
        }
    }
}

#[tokio::test]
async fn an_event_keeps_the_shape_in_which_it_was_made() {
    let shop = Shop::of(&[]).await;
    let cast = super::cast("old");
    let stripe = &shop.served.world.stripe;
    stripe
        .tell_all(Scenario::Renew, &cast, ApiVersion::Acacia)
        .unwrap();
    let path = "/v1/events?type=invoice.paid&limit=1";
    let events: Vec<Value> = [
        shop.get_in(ApiVersion::Acacia, path).await.body,
        shop.get_in(ApiVersion::Dahlia, path).await.body,
    ]
    .into();
    assert_eq!(events[0], events[1]);
    let event = &events[0]["data"][0];
    assert_eq!(event["api_version"], "2025-02-24.acacia");
    assert_eq!(event["data"]["object"]["subscription"], "sub_old");
}

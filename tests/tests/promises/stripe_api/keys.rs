//! Idempotency keys.

use local::stripe::Scenario;
use local::stripe_api::STRIPE_API_KEY;

use super::Shop;

#[tokio::test]
async fn the_same_key_and_request_get_the_same_answer_and_happen_once() {
    let shop = Shop::of(&[(Scenario::BuyPack, "p")]).await;
    let form = "charge=ch_p_1&amount=100&metadata[a]=1";
    let first = shop.post("/v1/refunds", "key-1", form).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.headers.get("idempotent-replayed"), None);
    assert_eq!(first.headers["idempotency-key"], "key-1");
    // The order of parameters does not matter.
    for form in [form, "amount=100&metadata[a]=1&charge=ch_p_1"] {
        let again = shop.post("/v1/refunds", "key-1", form).await;
        assert_eq!((again.status, &again.body), (200, &first.body));
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(
            again.headers["original-request"],
            first.headers["request-id"]
        );
        assert_ne!(again.headers["request-id"], first.headers["request-id"]);
    }
    assert_eq!(shop.get("/v1/refunds").await.ids().0.len(), 1);
}

#[tokio::test]
async fn the_same_key_with_another_request_is_an_error_of_its_own_type() {
    let shop = Shop::of(&[(Scenario::BuyPack, "p")]).await;
    let made = shop
        .post("/v1/refunds", "key-1", "charge=ch_p_1&amount=100")
        .await;
    assert_eq!(made.status, 200);
    for (path, form) in [
        ("/v1/refunds", "charge=ch_p_1&amount=101"),
        ("/v1/customers", "charge=ch_p_1&amount=100"),
    ] {
        let said = shop.post(path, "key-1", form).await;
        assert_eq!(
            said.refusal().0,
            "400 idempotency_error - -",
            "{path} {form}"
        );
    }
    let long = "k".repeat(256);
    let said = shop.post("/v1/customers", &long, "").await;
    assert_eq!(said.refusal().0, "400 invalid_request_error - -");
}

#[tokio::test]
async fn what_failed_before_it_began_can_be_tried_again_under_its_key() {
    let shop = Shop::of(&[(Scenario::BuyPack, "p")]).await;
    let refused = shop
        .post("/v1/refunds", "key-1", "charge=ch_p_1&amount=501")
        .await;
    assert_eq!(refused.status, 400);
    shop.served.world.stripe.fail_next(500, 1).unwrap();
    let form = "charge=ch_p_1&amount=500";
    assert_eq!(shop.post("/v1/refunds", "key-1", form).await.status, 500);
    let done = shop.post("/v1/refunds", "key-1", form).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(done.headers.get("idempotent-replayed"), None);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day_and_another_account_has_its_own() {
    let shop = Shop::of(&[]).await;
    let first = shop.post("/v1/customers", "key-1", "name=A").await;
    let headers = [
        ("authorization", "Bearer sk_test_another"),
        ("idempotency-key", "key-1"),
    ];
    let other = shop.send("POST", "/v1/customers", &headers, "name=B").await;
    assert_ne!(other.body["id"], first.body["id"]);
    shop.served.advance("PT23H").await;
    let replayed = shop.post("/v1/customers", "key-1", "name=A").await;
    assert_eq!(replayed.body, first.body);
    shop.served.advance("PT1H").await;
    let anew = shop.post("/v1/customers", "key-1", "name=C").await;
    assert_eq!(anew.status, 200, "{}", anew.body);
    assert_ne!(anew.body["id"], first.body["id"]);
}

#[tokio::test]
async fn a_key_means_nothing_to_a_read() {
    let shop = Shop::of(&[(Scenario::Subscribe, "a")]).await;
    let bearer = format!("Bearer {STRIPE_API_KEY}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("idempotency-key", "key-1"),
    ];
    for path in ["/v1/customers", "/v1/customers/cus_a"] {
        let said = shop.send("GET", path, &headers, "").await;
        assert_eq!(said.status, 200);
        assert_eq!(said.headers.get("idempotent-replayed"), None);
    }
}

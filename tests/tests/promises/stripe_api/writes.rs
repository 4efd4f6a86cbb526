//! Customers and refunds are made, changed and reported.

use local::stripe::{ApiVersion, Scenario};
use local::stripe_api::STRIPE_API_KEY;
use serde_json::json;

use super::{Said, Shop};

async fn delete(shop: &Shop, path: &str) -> Said {
    let bearer = format!("Bearer {STRIPE_API_KEY}");
    shop.send("DELETE", path, &[("authorization", &bearer)], "")
        .await
}

#[tokio::test]
async fn a_customer_is_made_changed_and_deleted_and_each_has_its_event() {
    let shop = Shop::of(&[]).await;
    let form = "email=a%40example.com&name=A+B&metadata[user_id]=free-user&metadata[x]=1";
    let made = shop.post("/v1/customers", "make", form).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(made.body["email"], "a@example.com");
    assert_eq!(made.body["name"], "A B");
    assert_eq!(
        made.body["metadata"],
        json!({"user_id": "free-user", "x": "1"})
    );
    let path = format!("/v1/customers/{}", made.body["id"].as_str().unwrap());
    assert_eq!(shop.get(&path).await.body, made.body);
    let (found, _) = shop.get("/v1/customers?email=a%40example.com").await.ids();
    assert_eq!(found.len(), 1);

    let changed = shop
        .post(&path, "change", "name=&metadata[x]=&metadata[y]=2")
        .await;
    assert_eq!(changed.body["name"], json!(null));
    assert_eq!(changed.body["email"], "a@example.com");
    assert_eq!(
        changed.body["metadata"],
        json!({"user_id": "free-user", "y": "2"})
    );
    let cleared = shop.post(&path, "clear", "metadata=").await;
    assert_eq!(cleared.body["metadata"], json!({}));

    let gone = delete(&shop, &path).await;
    assert_eq!(gone.body["deleted"], true);
    assert_eq!(shop.get(&path).await.body, gone.body);
    assert_eq!(shop.get("/v1/customers").await.ids().0.len(), 0);
    assert_eq!(delete(&shop, &path).await.status, 404);
    assert_eq!(shop.post(&path, "too-late", "name=C").await.status, 404);

    let events = shop.get("/v1/events").await.body;
    let events = events["data"].as_array().unwrap();
    let types: Vec<&str> = events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "customer.deleted",
            "customer.updated",
            "customer.updated",
            "customer.created"
        ]
    );
    assert_eq!(events[3]["request"]["idempotency_key"], "make");
    assert_eq!(events[3]["data"]["object"], made.body);
    assert_eq!(events[2]["data"]["previous_attributes"]["name"], "A B");
}

#[tokio::test]
async fn a_refund_takes_what_is_left_of_its_charge_and_no_more() {
    let shop = Shop::of(&[(Scenario::BuyPack, "p")]).await;
    let form =
        "payment_intent=pi_p_1&amount=200&reason=duplicate&metadata[why]=test&expand[]=charge";
    let first = shop.post("/v1/refunds", "one", form).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.body["amount"], 200);
    assert_eq!(first.body["charge"]["amount_refunded"], 200);
    let more = shop
        .post("/v1/refunds", "two", "charge=ch_p_1&amount=301")
        .await;
    assert_eq!(more.refusal().0, "400 invalid_request_error - amount");
    let rest = shop.post("/v1/refunds", "three", "charge=ch_p_1").await;
    assert_eq!(rest.body["amount"], 300);
    let none = shop.post("/v1/refunds", "four", "charge=ch_p_1").await;
    let line = "400 invalid_request_error charge_already_refunded -";
    assert_eq!(none.refusal().0, line);
    for version in ApiVersion::ALL {
        let charge = shop.get_in(version, "/v1/charges/ch_p_1").await.body;
        assert_eq!(charge["amount_refunded"], 500);
        assert_eq!(charge["refunded"], true);
    }
    let (events, _) = shop.get("/v1/events?type=charge.refunded").await.ids();
    assert_eq!(events.len(), 2);
    let (refunds, _) = shop.get("/v1/refunds?charge=ch_p_1").await.ids();
    let id = &refunds[1];
    let noted = shop
        .post(&format!("/v1/refunds/{id}"), "note", "metadata[by]=me")
        .await;
    assert_eq!(noted.body["metadata"], json!({"why": "test", "by": "me"}));
}

#[tokio::test]
async fn a_refund_that_cannot_be_is_refused_and_leaves_nothing() {
    let shop = Shop::of(&[
        (Scenario::BuyPack, "p"),
        (Scenario::BuyPackDelayedFailed, "f"),
    ])
    .await;
    let before = shop.get("/v1/events?limit=100").await.body;
    for (form, rest) in [
        ("", "parameter_missing charge"),
        ("charge=ch_x", "resource_missing charge"),
        ("payment_intent=pi_x", "resource_missing payment_intent"),
        ("payment_intent=pi_f_1", "- payment_intent"),
        ("charge=ch_p_1&payment_intent=pi_p_1", "- payment_intent"),
        ("charge=ch_p_1&amount=0", "parameter_invalid_integer amount"),
        (
            "charge=ch_p_1&amount=1.5",
            "parameter_invalid_integer amount",
        ),
        ("charge=ch_p_1&reason=regret", "- reason"),
        ("charge=ch_p_1&speed=fast", "parameter_unknown speed"),
        ("charge=ch_p_1&expand[]=customer", "- expand"),
    ] {
        let said = shop.post("/v1/refunds", &format!("key {form}"), form).await;
        assert_eq!(
            said.refusal().0,
            format!("400 invalid_request_error {rest}"),
            "{form}"
        );
    }
    let long = format!("charge=ch_p_1&metadata[a]={}", "x".repeat(501));
    let said = shop.post("/v1/refunds", "long", &long).await;
    assert_eq!(said.refusal().0, "400 invalid_request_error - metadata");
    assert_eq!(shop.get("/v1/events?limit=100").await.body, before);
    assert_eq!(shop.get("/v1/refunds").await.ids().0.len(), 0);
}

#[tokio::test]
async fn what_has_no_room_is_refused_and_nothing_is_half_done() {
    let shop = Shop::of(&[]).await;
    let stripe = &shop.served.world.stripe;
    let mut told = 0;
    let full = loop {
        let cast = super::cast(&format!("n{told}"));
        match stripe.tell_all(Scenario::Renew, &cast, ApiVersion::Dahlia) {
            Ok(()) => told += 1,
            Err(full) => break full.to_string(),
        }
    };
    assert!(full.contains("start the world anew"), "{full}");
    assert!(
        (200..local::stripe_api::MAX_OBJECTS).contains(&told),
        "{told}"
    );
    assert_eq!(
        shop.get(&format!("/v1/customers/cus_n{told}")).await.status,
        404
    );
    assert_eq!(shop.get("/v1/customers/cus_n0").await.status, 200);
}

//! The page of a checkout, button by button.

use local::dynamodb::Fault;
use local::stripe::ApiVersion;
use serde_json::json;

use super::{USER, packs, shop, shop_in, subscription};

#[tokio::test]
async fn a_pack_is_paid_on_the_page_and_its_credits_are_there_in_every_version() {
    for version in ApiVersion::ALL {
        let shop = shop_in(version).await;
        let (id, url) = shop.checkout(&packs(2)).await;
        let page = shop.page(&url, &[], None).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("Pay 10.00 USD"), "{}", page.text);
        assert_eq!(shop.shows(USER).await, "0 pro, free active");
        let paid = shop.press(&url, "do=pay").await;
        assert_eq!(paid.status, 303, "{}", paid.text);
        let back = format!("http://localhost:8080/done?session={id}");
        assert_eq!(paid.location, Some(back));
        assert_eq!(shop.shows(USER).await, "2000 pro, free active", "{version}");
        let session = shop.session(&id).await;
        for (name, value) in [
            ("status", json!("complete")),
            ("payment_status", json!("paid")),
            ("url", json!(null)),
            ("amount_total", json!(1000)),
        ] {
            assert_eq!(session[name], value, "{name}");
        }
        let intent = session["payment_intent"].as_str().unwrap();
        let path = format!("/v1/payment_intents/{intent}?expand[]=latest_charge");
        let intent = shop.get(&path).await.body;
        assert_eq!(intent["metadata"], json!({"user_id": USER}));
        assert_eq!(intent["latest_charge"]["amount"], 1000);
        let event = shop.get("/v1/events?type=checkout.session.completed").await;
        let event = &event.body["data"][0];
        assert_eq!(event["api_version"], version.api_version());
        assert_eq!(event["pending_webhooks"], 0);
    }
}

#[tokio::test]
async fn a_form_that_is_sent_twice_pays_once() {
    let shop = shop().await;
    let (_, url) = shop.checkout(&packs(1)).await;
    let (one, other) = tokio::join!(shop.press(&url, "do=pay"), shop.press(&url, "do=pay"));
    assert_eq!((one.status, &one.location), (303, &other.location));
    let again = shop.press(&url, "do=pay").await;
    assert_eq!((again.status, &again.location), (303, &one.location));
    assert_eq!(shop.shows(USER).await, "1000 pro, free active");
    let charges = shop.get("/v1/charges").await.ids().0;
    assert_eq!(charges.len(), 1);
    let page = shop.page(&url, &[], None).await;
    assert!(page.text.contains("cannot be paid again") && !page.text.contains("value=\"pay\""));
    for late in ["do=decline", "do=authenticate", "do=arrive", "do=fail"] {
        assert_eq!(shop.press(&url, late).await.status, 409, "{late}");
    }
    assert_eq!(shop.shows(USER).await, "1000 pro, free active");
}

#[tokio::test]
async fn a_declined_card_gives_nothing_and_another_may_be_tried() {
    let shop = shop().await;
    let (id, url) = shop.checkout(&packs(1)).await;
    let declined = shop.press(&url, "do=decline").await;
    assert_eq!(declined.status, 402);
    assert!(declined.text.contains("Your card was declined"));
    assert_eq!(shop.session(&id).await["status"], "open");
    assert_eq!(shop.shows(USER).await, "0 pro, free active");
    assert_eq!(shop.press(&url, "do=pay").await.status, 303);
    assert_eq!(shop.shows(USER).await, "1000 pro, free active");
}

#[tokio::test]
async fn a_card_that_asks_its_bank_pays_when_the_buyer_confirms() {
    let shop = shop().await;
    let (_, url) = shop.checkout(&packs(1)).await;
    assert_eq!(shop.press(&url, "do=confirm").await.status, 409);
    for (answer, status, credits) in [("refuse", 402, 0), ("confirm", 303, 1000)] {
        assert_eq!(shop.press(&url, "do=authenticate").await.status, 303);
        let page = shop.page(&url, &[], None).await;
        assert!(page.text.contains("Confirm the payment"), "{}", page.text);
        assert_eq!(shop.press(&url, "do=pay").await.status, 409);
        let said = shop.press(&url, &format!("do={answer}")).await;
        assert_eq!(said.status, status, "{answer}");
        let expected = format!("{credits} pro, free active");
        assert_eq!(shop.shows(USER).await, expected, "{answer}");
    }
}

#[tokio::test]
async fn a_bank_debit_gives_its_credits_when_the_money_arrives_and_none_if_it_fails() {
    for (button, credits, payment) in [("arrive", 1000, "paid"), ("fail", 0, "unpaid")] {
        let shop = shop().await;
        let (id, url) = shop.checkout(&packs(1)).await;
        assert_eq!(shop.press(&url, "do=debit").await.status, 303);
        let session = shop.session(&id).await;
        assert_eq!(
            [&session["status"], &session["payment_status"]],
            ["complete", "unpaid"]
        );
        assert_eq!(shop.shows(USER).await, "0 pro, free active");
        shop.served.advance("P3D").await;
        let page = shop.page(&url, &[], None).await;
        assert!(page.text.contains("The money arrives"), "{}", page.text);
        let said = shop.press(&url, &format!("do={button}")).await;
        assert_eq!(said.status, 303, "{}", said.text);
        let expected = format!("{credits} pro, free active");
        assert_eq!(shop.shows(USER).await, expected);
        assert_eq!(shop.session(&id).await["payment_status"], payment);
        // It has ended: neither may follow.
        for late in ["do=arrive", "do=fail"] {
            assert_eq!(shop.press(&url, late).await.status, 409, "{late}");
        }
        assert_eq!(shop.shows(USER).await, expected);
    }
}

#[tokio::test]
async fn a_subscription_is_bought_and_renewed_in_every_version() {
    for version in ApiVersion::ALL {
        let shop = shop_in(version).await;
        let customer = shop.customer().await;
        let (id, url) = shop
            .checkout(&subscription(&customer, "price_test_pro"))
            .await;
        let paid = shop.press(&url, "do=pay").await;
        assert_eq!(paid.status, 303, "{}", paid.text);
        assert_eq!(shop.shows(USER).await, "10000 pro, pro active", "{version}");
        let session = shop.session(&id).await;
        let bought = session["subscription"].as_str().unwrap();
        let bought = shop.get(&format!("/v1/subscriptions/{bought}")).await.body;
        assert_eq!(bought["metadata"], json!({"user_id": USER}));
        assert_eq!(bought["latest_invoice"], session["invoice"]);
        assert_eq!(bought["customer"], json!(customer));
        // A renewal's invoice is a draft for an hour.
        shop.served.advance("P1M").await;
        shop.served.advance("PT1H").await;
        assert_eq!(shop.shows(USER).await, "20000 pro, pro active", "{version}");
        shop.served.advance("P3D").await;
        assert_eq!(shop.shows(USER).await, "10000 pro, pro active", "{version}");
    }
}

#[tokio::test]
async fn a_guest_who_subscribes_becomes_a_customer() {
    let shop = shop().await;
    let form =
        subscription("", "price_test_pro").replace("&customer=", "&customer_email=a%40example.com");
    let (id, url) = shop.checkout(&form).await;
    let page = shop.page(&url, &[], None).await;
    assert!(page.text.contains("For a@example.com."), "{}", page.text);
    assert_eq!(shop.press(&url, "do=pay").await.status, 303);
    let session = shop.session(&id).await;
    let customer = session["customer"].as_str().unwrap();
    let customer = shop.get(&format!("/v1/customers/{customer}")).await.body;
    assert_eq!(customer["email"], "a@example.com");
    assert_eq!(shop.shows(USER).await, "10000 pro, pro active");
}

#[tokio::test]
async fn what_the_webhook_does_not_take_is_delivered_again() {
    let shop = shop().await;
    let (_, url) = shop.checkout(&packs(1)).await;
    let faults = shop.served.world.dynamodb.faults();
    (0..6).for_each(|_| faults.push("TransactWriteItems", Fault::ServerError));
    // The store gives up, so the first delivery is answered 503.
    assert_eq!(shop.press(&url, "do=pay").await.status, 303);
    // Any later delivery takes it along.
    shop.served.advance("PT1S").await;
    assert_eq!(shop.shows(USER).await, "1000 pro, free active");
    assert_eq!(faults.unused(), 0);
    let event = shop.get("/v1/events?type=checkout.session.completed").await;
    assert_eq!(event.body["data"][0]["pending_webhooks"], 0);
}

#[tokio::test]
async fn an_expired_checkout_cannot_be_paid() {
    let shop = shop().await;
    let (by_time, first) = shop.checkout(&packs(1)).await;
    shop.served.advance("PT23H").await;
    let (by_hand, second) = shop.checkout(&packs(2)).await;
    let path = format!("/v1/checkout/sessions/{by_hand}/expire");
    assert_eq!(shop.made(&path, "expire", "").await["status"], "expired");
    shop.served.advance("PT1H").await;
    for (id, url) in [(by_time, first), (by_hand, second)] {
        assert_eq!(shop.session(&id).await["status"], "expired");
        for button in ["do=pay", "do=debit", "do=authenticate", "do=confirm"] {
            assert_eq!(shop.press(&url, button).await.status, 409, "{button}");
        }
        let page = shop.page(&url, &[], None).await;
        assert!(page.text.contains("has expired"), "{}", page.text);
    }
    let (events, _) = shop
        .get("/v1/events?type=checkout.session.expired")
        .await
        .ids();
    assert_eq!(events.len(), 2);
    assert_eq!(shop.shows(USER).await, "0 pro, free active");
}

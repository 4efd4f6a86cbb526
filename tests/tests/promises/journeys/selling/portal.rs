//! The page of the customer portal, button by button.

use local::stripe::{ApiVersion, Cast, Scenario};
use serde_json::json;
use tests::{NOW, at};

use super::{USER, shop, shop_in, subscription};
use crate::stripe_api::Shop;

const PRO_USER: &str = "pro-user";

impl Shop {
    /// The user subscribes to pro: the subscription and the customer.
    async fn subscribed(&self) -> (String, String) {
        let customer = self.customer().await;
        let form = subscription(&customer, "price_test_pro");
        let (id, url) = self.checkout(&form).await;
        assert_eq!(self.press(&url, "do=pay").await.status, 303);
        let session = self.session(&id).await;
        let bought = session["subscription"].as_str().unwrap();
        (bought.to_string(), customer)
    }

    /// The address of a new portal page.
    async fn portal(&self, customer: &str, more: &str) -> String {
        let form = format!("customer={customer}&return_url=http://localhost:8080/account{more}");
        let session = self.made("/v1/billing_portal/sessions", &form, &form).await;
        session["url"].as_str().unwrap().to_string()
    }
}

#[tokio::test]
async fn a_subscription_is_cancelled_resumed_and_cancelled_for_good_in_every_version() {
    for version in ApiVersion::ALL {
        let shop = shop_in(version).await;
        let (bought, customer) = shop.subscribed().await;
        let url = shop.portal(&customer, "").await;
        let page = shop.page(&url, &[], None).await;
        assert_eq!(page.status, 200);
        for text in [
            "pro",
            "It renews on 2025-12-06",
            "http://localhost:8080/account",
        ] {
            assert!(page.text.contains(text), "{text}: {}", page.text);
        }
        let press = async |act: &str| {
            let form = format!("do={act}&subscription={bought}");
            shop.press(&url, &form).await.status
        };
        assert_eq!(press("cancel").await, 303);
        assert_eq!(
            shop.shows(USER).await,
            "10000 pro, pro active ending",
            "{version}"
        );
        // Pressed twice, it says so.
        assert_eq!(press("cancel").await, 409);
        assert_eq!(press("resume").await, 303);
        assert_eq!(shop.shows(USER).await, "10000 pro, pro active", "{version}");
        assert_eq!(press("resume").await, 409);
        assert_eq!(press("cancel").await, 303);
        shop.served.advance("P1M").await;
        let object = shop.get(&format!("/v1/subscriptions/{bought}")).await.body;
        assert_eq!(object["status"], "canceled");
        let shows = shop.shows(USER).await;
        assert!(
            shows.contains(" free ") || shows.contains("canceled"),
            "{shows}"
        );
        // A portal session lasts an hour.
        assert_eq!(shop.page(&url, &[], None).await.status, 404);
    }
}

#[tokio::test]
async fn an_upgrade_in_mid_period_gives_what_stays_paid_in_every_version() {
    for version in ApiVersion::ALL {
        let shop = shop_in(version).await;
        let (bought, customer) = shop.subscribed().await;
        shop.served.advance("P15D").await;
        let url = shop.portal(&customer, "").await;
        let form = format!("do=change&subscription={bought}&price=price_test_pro_plus");
        let said = shop.press(&url, &form).await;
        assert_eq!(said.status, 303, "{}", said.text);
        // Half a month of each plan.
        assert_eq!(shop.shows(USER).await, "20000 pro, pro active", "{version}");
        let object = shop.get(&format!("/v1/subscriptions/{bought}")).await.body;
        assert_eq!(
            object["items"]["data"][0]["price"]["id"],
            "price_test_pro_plus"
        );
        let invoice = object["latest_invoice"].as_str().unwrap();
        let invoice = shop.get(&format!("/v1/invoices/{invoice}")).await.body;
        assert_eq!([&invoice["total"], &invoice["amount_paid"]], [1500, 1500]);
        // The other way the difference stays on the balance, and the credits follow.
        let form = format!("do=change&subscription={bought}&price=price_test_pro");
        assert_eq!(shop.press(&url, &form).await.status, 303);
        assert_eq!(shop.shows(USER).await, "10000 pro, pro active", "{version}");
    }
}

#[tokio::test]
async fn a_card_that_is_declined_lets_the_renewal_fail_until_there_is_another() {
    let shop = shop().await;
    let (bought, customer) = shop.subscribed().await;
    let url = shop
        .portal(&customer, "&flow_data[type]=payment_method_update")
        .await;
    let page = shop.page(&url, &[], None).await;
    assert!(page.text.contains("The card works") && !page.text.contains("value=\"cancel\""));
    assert_eq!(shop.press(&url, "do=bad-card").await.status, 303);
    let cancel = format!("do=cancel&subscription={bought}");
    assert_eq!(shop.press(&url, &cancel).await.status, 409);
    shop.served.advance("P1M").await;
    shop.served.advance("PT1H").await;
    let object = shop.get(&format!("/v1/subscriptions/{bought}")).await.body;
    assert_eq!(object["status"], "past_due");
    // What was paid stays usable during the grace; there is nothing new.
    assert_eq!(shop.shows(USER).await, "10000 pro, pro active");
    let url = shop.portal(&customer, "").await;
    let page = shop.page(&url, &[], None).await;
    assert!(
        page.text.contains("The last payment failed"),
        "{}",
        page.text
    );
    assert_eq!(shop.press(&url, "do=good-card").await.status, 303);
    assert_eq!(shop.shows(USER).await, "20000 pro, pro active");
}

#[tokio::test]
async fn the_seeded_user_finds_a_subscription_in_the_portal() {
    let shop = shop().await;
    let before = shop.shows(PRO_USER).await;
    assert_eq!(before, "5000 pro, pro active");
    let url = shop.portal("cus_test_pro_user", "").await;
    let page = shop.page(&url, &[], None).await;
    assert!(page.text.contains("Of pro@example.com."), "{}", page.text);
    assert!(
        page.text.contains("It renews on 2025-12-01"),
        "{}",
        page.text
    );
    let cancel = "do=cancel&subscription=sub_test_pro_user";
    assert_eq!(shop.press(&url, cancel).await.status, 303);
    assert_eq!(shop.shows(PRO_USER).await, "5000 pro, pro active ending");
    let resume = "do=resume&subscription=sub_test_pro_user";
    assert_eq!(shop.press(&url, resume).await.status, 303);
    shop.served.advance("P1M").await;
    assert_eq!(shop.shows(PRO_USER).await, "15000 pro, pro active");
}

#[tokio::test]
async fn a_story_goes_on_in_the_portal() {
    let shop = shop().await;
    let cast = Cast::new(USER, "mine", at(NOW));
    let stripe = &shop.served.world.stripe;
    stripe
        .tell_all(Scenario::Subscribe, &cast, ApiVersion::Dahlia)
        .unwrap();
    let url = shop.portal("cus_mine", "").await;
    let form = "do=cancel&subscription=sub_mine";
    let said = shop.press(&url, form).await;
    assert_eq!(said.status, 303, "{}", said.text);
    let object = shop.get("/v1/subscriptions/sub_mine").await.body;
    assert!(object["cancel_at"].is_i64(), "{object}");
    assert_eq!(object["items"]["data"][0]["id"], "si_mine");
}

#[tokio::test]
async fn a_flow_shows_one_subscription_and_nothing_else() {
    let shop = shop().await;
    let (bought, customer) = shop.subscribed().await;
    let item = shop.get(&format!("/v1/subscriptions/{bought}")).await.body;
    let item = item["items"]["data"][0]["id"].as_str().unwrap().to_string();
    let flow =
        |kind: &str| format!("&flow_data[type]={kind}&flow_data[{kind}][subscription]={bought}");
    let at = "&flow_data[subscription_update_confirm][items][0]";
    let confirm = flow("subscription_update_confirm");
    for (more, buttons) in [
        (flow("subscription_cancel"), [true, false, false]),
        (flow("subscription_update"), [false, true, false]),
        (
            format!("{confirm}{at}[id]={item}{at}[price]=price_test_pro_plus"),
            [false, true, false],
        ),
        (String::new(), [true, true, true]),
    ] {
        let url = shop.portal(&customer, &more).await;
        let page = shop.page(&url, &[], None).await;
        let shown = [
            "value=\"cancel\"",
            "value=\"change\"",
            "value=\"good-card\"",
        ];
        assert_eq!(shown.map(|it| page.text.contains(it)), buttons, "{more}");
    }
}

#[tokio::test]
async fn a_subscription_is_changed_and_ended_by_api() {
    let shop = shop().await;
    let (bought, _) = shop.subscribed().await;
    let path = format!("/v1/subscriptions/{bought}");
    let ends = shop.made(&path, "end", "cancel_at_period_end=true").await;
    assert_eq!(ends["cancel_at_period_end"], true);
    assert_eq!(shop.shows(USER).await, "10000 pro, pro active ending");
    let goes_on = shop
        .made(&path, "go-on", "cancel_at_period_end=false")
        .await;
    assert_eq!(goes_on["cancel_at_period_end"], false);
    let item = goes_on["items"]["data"][0]["id"].as_str().unwrap();
    let form = format!(
        "items[0][id]={item}&items[0][price]=price_test_pro_plus&proration_behavior=always_invoice"
    );
    let changed = shop.made(&path, "change", &form).await;
    assert_eq!(
        changed["items"]["data"][0]["price"]["id"],
        "price_test_pro_plus"
    );
    assert_eq!(shop.shows(USER).await, "30000 pro, pro active");
    for (form, param) in [
        ("items[0][price]=price_test_pro".to_string(), "items[0][id]"),
        (
            "items[0][id]=si_other&items[0][price]=price_test_pro".to_string(),
            "items[0][id]",
        ),
        (
            format!("items[0][id]={item}&items[0][price]=price_none"),
            "items[0][price]",
        ),
        (
            format!("items[0][id]={item}&items[0][price]=price_test_pack_1000"),
            "items[0][price]",
        ),
        (
            format!("items[0][id]={item}&items[0][quantity]=0"),
            "items[0][quantity]",
        ),
        ("proration_behavior=maybe".to_string(), "proration_behavior"),
        (
            "cancel_at_period_end=perhaps".to_string(),
            "cancel_at_period_end",
        ),
        ("trial_end=now".to_string(), "trial_end"),
    ] {
        let said = shop.post(&path, &form, &form).await;
        assert_eq!(said.status, 400, "{form}: {}", said.body);
        assert_eq!(said.body["error"]["param"], json!(param), "{form}");
    }
    let bearer = format!("Bearer {}", local::stripe_api::STRIPE_API_KEY);
    let headers = [("authorization", bearer.as_str())];
    let gone = shop.send("DELETE", &path, &headers, "").await;
    assert_eq!(gone.body["status"], "canceled", "{}", gone.body);
    assert_eq!(shop.send("DELETE", &path, &headers, "").await.status, 404);
    assert_eq!(
        shop.post(&path, "late", "cancel_at_period_end=true")
            .await
            .status,
        404
    );
}

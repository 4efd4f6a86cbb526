//! Buying on a laptop: a session by Stripe's API, a button on Stripe's page, and the
//! credits are there. Everything goes over HTTP.

mod checkout;
mod hostile;
mod portal;

use std::hash::{DefaultHasher, Hash, Hasher};

use local::WorldOptions;
use local::stripe::ApiVersion;
use serde_json::Value;
use tests::{Served, frozen};

use crate::stripe_api::{Page, Shop};

pub(super) const USER: &str = "free-user";
const BACK: &str = "http://localhost:8080/done?session={CHECKOUT_SESSION_ID}";

/// A world whose Stripe reports in a version.
pub(super) async fn shop_in(stripe_version: ApiVersion) -> Shop {
    let options = WorldOptions {
        stripe_version,
        ..frozen()
    };
    Shop::at(Served::start_with(options).await)
}

pub(super) async fn shop() -> Shop {
    shop_in(ApiVersion::default()).await
}

/// A checkout of packs.
pub(super) fn packs(count: u32) -> String {
    format!(
        "mode=payment&line_items[0][price]=price_test_pack_1000&line_items[0][quantity]={count}\
         &client_reference_id={USER}&metadata[user_id]={USER}&metadata[price_id]=price_test_pack_1000\
         &metadata[quantity]={count}&payment_intent_data[metadata][user_id]={USER}\
         &success_url={BACK}&cancel_url=http://localhost:8080/shop"
    )
}

/// A checkout of a subscription, for a customer.
pub(super) fn subscription(customer: &str, price: &str) -> String {
    format!(
        "mode=subscription&line_items[0][price]={price}&line_items[0][quantity]=1\
         &customer={customer}&client_reference_id={USER}&metadata[user_id]={USER}\
         &subscription_data[metadata][user_id]={USER}&success_url={BACK}"
    )
}

impl Shop {
    /// A new customer of the user.
    pub(super) async fn customer(&self) -> String {
        let form = format!("email=free%40example.com&metadata[user_id]={USER}");
        self.made("/v1/customers", "customer", &form).await["id"]
            .as_str()
            .unwrap()
            .to_string()
    }

    /// What a form makes, under a key of its own.
    pub(super) async fn made(&self, path: &str, key: &str, form: &str) -> Value {
        let mut hasher = DefaultHasher::new();
        (key, form).hash(&mut hasher);
        let key = format!("{:x}", hasher.finish());
        let said = self.post(path, &key, form).await;
        assert_eq!(said.status, 200, "{form}: {}", said.body);
        said.body
    }

    /// A new checkout: its id and the address of its page.
    pub(super) async fn checkout(&self, form: &str) -> (String, String) {
        let session = self.made("/v1/checkout/sessions", form, form).await;
        let text = |name: &str| session[name].as_str().unwrap().to_string();
        (text("id"), text("url"))
    }

    pub(super) async fn session(&self, id: &str) -> Value {
        self.get(&format!("/v1/checkout/sessions/{id}")).await.body
    }

    /// Presses a button of a page.
    pub(super) async fn press(&self, url: &str, form: &str) -> Page {
        let origin = self.url().to_string();
        let headers = [("origin", origin.as_str())];
        self.page(url, &headers, Some(form)).await
    }

    /// The user's pro credits, the plan and how it stands.
    pub(super) async fn shows(&self, user: &str) -> String {
        let credits = self.served.credits(user).await.json();
        let token = self.served.token(user, "user.info").await;
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let path = "/api/user/profile";
        let profile = self.served.send("GET", path, &headers, None).await.json();
        let plan = &profile["subscription"];
        let ends = match plan["cancelAtPeriodEnd"].as_bool() {
            Some(true) => " ending",
            _ => "",
        };
        format!(
            "{} pro, {} {}{ends}",
            credits["proCredits"]["remaining"],
            plan["tier"].as_str().unwrap(),
            plan["status"].as_str().unwrap(),
        )
    }
}

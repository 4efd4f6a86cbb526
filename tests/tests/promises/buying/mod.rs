//! Buying through the API: one wish makes one session, nobody gets two subscriptions, and
//! whatever breaks on the way is mended by the next request.

mod faults;
mod journey;
mod linked;
mod packs;
mod portal;
mod refused;
mod silence;
mod twins;

pub(crate) use linked::bought_by_link;

use local::World;
use serde_json::{Value, json};
use shared::domain::{Redacted, User};
use shared::http::{Event, Response};
use shared::store::{Created, Record};
use tests::{NOW, at, selling_world, unheard_world, user};

use crate::routes::{billing_function, recorded};

const PRO: &str = "price_test_pro";
const PLUS: &str = "price_test_pro_plus";
const PACK: &str = "price_test_pack_1000";
const APP: &str = "https://app.example.com";
const FREE_USER: &str = "free-user";
const UNLIMITED: (&str, &str) = ("RATE_LIMIT_BILLING_PER_MINUTE", "0");

/// A world with a Stripe, and the function that sells there.
struct Shop {
    world: World,
    billing: billing::App,
    http: reqwest::Client,
}

/// An answer of the function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Said {
    /// The page that was made.
    #[track_caller]
    fn url(&self) -> String {
        assert_eq!(self.status, 201, "{}", self.body);
        self.body["url"].as_str().unwrap().to_string()
    }

    /// Status and code of an error.
    fn refusal(&self) -> (u16, &str) {
        (self.status, self.body["error"].as_str().unwrap_or("-"))
    }

    /// The names of the invalid fields.
    #[track_caller]
    fn fields(&self) -> Vec<&str> {
        assert_eq!(self.refusal(), (422, "validation_failed"), "{}", self.body);
        let fields = self.body["fields"].as_object().unwrap();
        fields.keys().map(String::as_str).collect()
    }
}

impl Shop {
    async fn open() -> Self {
        Shop::of(selling_world().await)
    }

    /// A shop of whose sales no event comes.
    async fn unheard() -> Self {
        Shop::of(unheard_world().await)
    }

    fn of(world: World) -> Self {
        let http = reqwest::Client::builder().no_proxy();
        let http = http.redirect(reqwest::redirect::Policy::none());
        Shop {
            billing: billing_function(&world, &[UNLIMITED]),
            world,
            http: http.build().unwrap(),
        }
    }

    /// The same shop, whose function reaches Stripe at another address.
    fn through(&self, address: &str) -> billing::App {
        billing_function(&self.world, &[UNLIMITED, ("STRIPE_API_URL", address)])
    }

    async fn checkout(&self, user: &str, body: Value) -> Said {
        ask(&self.billing, "post-checkout", user, &body).await
    }

    /// A checkout of a price by the seeded free user.
    async fn buy(&self, price: &str) -> Said {
        self.checkout(FREE_USER, order(price)).await
    }

    async fn portal(&self, user: &str, body: Value) -> Said {
        ask(&self.billing, "post-portal", user, &body).await
    }

    /// Presses a button of a page of Stripe's; where the browser goes then.
    async fn press(&self, url: &str, act: &str) -> Option<String> {
        // The world was not served when its pages got their address.
        let (_, path) = url.split_once("127.0.0.1:1/").unwrap();
        let stripe = self.world.stripe_url.clone().unwrap();
        let request = self
            .http
            .post(format!("{stripe}/{path}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "http://127.0.0.1:1")
            .body(format!("do={act}"));
        let response = request.send().await.unwrap();
        let location = response.headers().get("location");
        location.map(|place| place.to_str().unwrap().to_string())
    }

    /// The objects of a list of Stripe's, the newest first.
    async fn at_stripe(&self, list: &str) -> Vec<Value> {
        let stripe = self.world.stripe_url.clone().unwrap();
        let request = self
            .http
            .get(format!("{stripe}/v1/{list}"))
            .bearer_auth(local::stripe_api::STRIPE_API_KEY);
        let body: Value = request.send().await.unwrap().json().await.unwrap();
        body["data"].as_array().unwrap().clone()
    }

    /// The sessions at Stripe with this status.
    async fn sessions(&self, status: &str) -> Vec<Value> {
        let list = format!("checkout/sessions?status={status}&limit=100");
        self.at_stripe(&list).await
    }

    /// The customers at Stripe of a user.
    async fn customers(&self, user: &str) -> Vec<String> {
        let all = self.at_stripe("customers?limit=100").await;
        let own = all
            .into_iter()
            .filter(|it| it["metadata"]["user_id"] == user);
        own.map(|it| it["id"].as_str().unwrap().to_string())
            .collect()
    }

    /// A user of whom the tables know this.
    async fn person(&self, id: &str, email: Option<&str>, active: bool) {
        let person = User {
            email: email.map(|email| Redacted::new(email.to_string())),
            active,
            ..User::known_by_id(user(id), at(NOW))
        };
        self.store(&person).await;
    }

    async fn store<T: Record + std::fmt::Debug + PartialEq>(&self, record: &T) {
        let deadline = shared::host::clock::Deadline::after(std::time::Duration::from_secs(10));
        let created = self.world.store.create(record, deadline).await;
        assert_eq!(created.unwrap(), Created::New);
    }

    /// How many subscriptions of Stripe's the tables know of a user.
    async fn subscriptions(&self, user_id: &str) -> usize {
        let person = self.world.store.load_person(&user(user_id)).await.unwrap();
        let all = person.subscriptions.iter();
        all.filter(|it| it.stripe_subscription_id.is_some()).count()
    }
}

fn order(price: &str) -> Value {
    json!({"priceId": price, "returnUrl": APP})
}

/// What a function answers to a recorded event of another user with another body.
pub(crate) async fn ask(billing: &billing::App, name: &str, user: &str, body: &Value) -> Said {
    let mut event = recorded(&format!("{name}.json"));
    event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = json!(user);
    event["body"] = json!(body.to_string());
    let event: Event = serde_json::from_value(event).unwrap();
    said(&billing.handle(event).await)
}

fn said(response: &Response) -> Said {
    Said {
        status: response.status_code(),
        body: serde_json::from_str(response.body()).unwrap(),
    }
}

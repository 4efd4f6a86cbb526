//! A world whose webhook misses what it is told to miss.

use std::time::Duration;

use local::stripe::{ApiVersion, Cast, Scenario, Story};
use local::stripe_api::STRIPE_API_KEY;
use serde_json::Value;
use shared::domain::billing::BillingTerms;
use shared::domain::view;
use shared::host::clock::Deadline;
use shared::store::{CatalogueCache, Consistency, SettleRequest};
use tests::{Operator, Served, Tables, at, dump, user};
use tokio::sync::oneshot;

use crate::wire::expose;

pub(super) const USER: &str = "free-user";
pub(super) const START: &str = "2026-03-06T10:00:00Z";
/// All of it has happened, and nothing has lapsed.
pub(super) const LATER: &str = "2026-04-08T20:00:00Z";

/// Which events of a story never arrive.
pub(super) type Lost = fn(&[Value], usize) -> bool;

/// Tables, the Stripe that should have told them, and an operator.
pub(super) struct Shop {
    pub(super) served: Served,
    pub(super) operator: Operator,
    _stop: oneshot::Sender<()>,
}

impl Shop {
    pub(super) async fn open() -> Self {
        let served = Served::start().await;
        served.empty_stripe();
        forget(&served, "pro-user").await;
        Shop::of(served, LATER).await
    }

    /// An operator of a world as it is, at a moment.
    pub(super) async fn of(served: Served, now: &str) -> Self {
        let (url, stop) = expose(&served.world).await;
        let operator = Operator::at(&url, now);
        Shop {
            operator: operator.with_variable("STRIPE_API_KEY", STRIPE_API_KEY),
            served,
            _stop: stop,
        }
    }

    /// A story happens at Stripe; the webhook hears of what is not lost.
    pub(super) async fn tell(&self, scenario: Scenario, suffix: &str, lost: Lost) {
        let cast = Cast::new(USER, suffix, at(START));
        let version = ApiVersion::Dahlia;
        let stripe = &self.served.world.stripe;
        stripe.tell_all(scenario, &cast, version).unwrap();
        let events = Story::render(scenario, &cast, version);
        let bodies: Vec<Value> = events.into_iter().map(|event| event.body).collect();
        for (number, event) in bodies.iter().enumerate() {
            if !lost(&bodies, number) {
                self.deliver(event).await;
            }
        }
    }

    pub(super) async fn deliver(&self, event: &Value) {
        let read = stripe_webhook::read(event.to_string().as_bytes()).unwrap();
        let request = SettleRequest {
            event: &read,
            terms: &BillingTerms::default(),
            catalogue: &CatalogueCache::default(),
            now: at(LATER),
            deadline: Deadline::after(Duration::from_secs(60)),
        };
        self.served.world.store.settle(request).await.unwrap();
    }

    /// What the user has: pro credits and subscriptions.
    pub(super) async fn shows(&self) -> String {
        let store = &self.served.world.store;
        let account = store.load_account(&user(USER), Consistency::Strong).await;
        let person = store.load_person(&user(USER)).await.unwrap();
        let shown = person.subscriptions.iter().map(|it| {
            let price = it.stripe_price_id.as_deref();
            format!(
                "{:?} of {price:?} until {:?}",
                it.status, it.current_period_end
            )
        });
        let shown = shown.collect::<Vec<_>>().join(", ");
        let pro = view(&account.unwrap(), at(LATER)).unwrap().pro;
        format!("{} pro; {shown}", pro.remaining)
    }

    pub(super) async fn dump(&self) -> Tables {
        dump(&self.served.world.dynamodb.client()).await
    }

    pub(super) fn words<'a>(&'a self, words: &[&'a str]) -> Vec<&'a str> {
        let url = self.served.world.stripe_url.as_deref().unwrap();
        [&["stripe"], words, &["--stripe-url", url]].concat()
    }

    pub(super) async fn run(&self, words: &[&str], code: u8) -> String {
        let words = self.words(words);
        let said = Box::pin(self.operator.run(&words)).await;
        assert_eq!(said.code, code, "{words:?}: {}", said.text);
        said.text
    }

    pub(super) async fn writes_nothing(&self, words: &[&str], code: u8) -> String {
        let before = self.dump().await;
        let said = self.run(words, code).await;
        assert_eq!(self.dump().await, before, "{words:?} wrote something");
        said
    }

    pub(super) async fn verify(&self) {
        let said = Box::pin(self.operator.run(&["verify", "--all"])).await;
        assert_eq!(said.code, 0, "{}", said.text);
    }
}

/// Removes a seeded user, whose subscription this Stripe has no more.
async fn forget(served: &Served, user_id: &str) {
    let client = served.world.dynamodb.client();
    for table in ["users", "credits"] {
        let all = client.scan().table_name(table).send().await.unwrap();
        for item in all.items.unwrap_or_default() {
            let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
            let is_theirs = text("user_id").is_some_and(|owner| owner == user_id)
                || text("pk").is_some_and(|pk| *pk == format!("USER#{user_id}"));
            if is_theirs {
                let gone = client.delete_item().table_name(table);
                let gone = gone.key("pk", item["pk"].clone());
                gone.key("sk", item["sk"].clone()).send().await.unwrap();
            }
        }
    }
}

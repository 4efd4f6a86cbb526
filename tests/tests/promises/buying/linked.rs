//! Who bought before by a payment link is a customer of Stripe's already, and stays the
//! same one.

use std::time::Duration;

use local::World;
use local::stripe::{ApiVersion, Cast, Scenario, Story};
use serde_json::{Value, json};
use shared::domain::billing::{BillingTerms, EventOutcome};
use shared::host::clock::{Clock, Deadline};
use shared::store::{CatalogueCache, SettleRequest};
use tests::{NOW, at, user};

use super::{FREE_USER, PACK, PRO, Shop, ask, order};

const ADDRESS: &str = "free@example.com";

/// A customer at Stripe with an address, as its pages make one: it names no user. Events
/// of a pack that was bought by a link say whose it is.
pub(crate) async fn bought_by_link(world: &World, user_id: &str, address: &str) -> String {
    let stripe = world.stripe_url.clone().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http
        .post(format!("{stripe}/v1/customers"))
        .header("content-type", "application/x-www-form-urlencoded")
        .bearer_auth(local::stripe_api::STRIPE_API_KEY)
        .body(format!("email={address}"));
    let made: Value = request.send().await.unwrap().json().await.unwrap();
    let customer = made["id"].as_str().unwrap().to_string();
    let cast = Cast::new(user_id, &format!("link{user_id}"), at(NOW));
    for event in Story::render(Scenario::BuyPack, &cast, ApiVersion::Dahlia) {
        let mut body = event.body;
        body["data"]["object"]["customer"] = json!(customer);
        let read = stripe_webhook::read(body.to_string().as_bytes()).unwrap();
        let request = SettleRequest {
            event: &read,
            terms: &BillingTerms::default(),
            catalogue: &CatalogueCache::default(),
            now: world.clock.now(),
            deadline: Deadline::after(Duration::from_secs(60)),
        };
        let settled = world.store.settle(request).await.unwrap();
        assert_ne!(settled.event.outcome, EventOutcome::Parked);
    }
    customer
}

#[tokio::test]
async fn a_buyer_whom_events_linked_to_a_customer_gets_no_second_one() {
    for price in [PACK, PRO] {
        let shop = Shop::open().await;
        let customer = bought_by_link(&shop.world, FREE_USER, ADDRESS).await;
        let buying = (0..5).map(|_| {
            let app = shop.billing.clone();
            let order = order(price);
            tokio::spawn(async move { ask(&app, "post-checkout", FREE_USER, &order).await })
        });
        let buying: Vec<_> = buying.collect();
        for one in buying {
            one.await.unwrap().url();
        }
        let there = shop.at_stripe("customers?email=free@example.com").await;
        assert_eq!(there.len(), 1, "{there:?}");
        let sessions = shop.sessions("open").await;
        assert_eq!(sessions.len(), 1);
        assert_eq!(sessions[0]["customer"], json!(customer));
        let person = shop.world.store.load_person(&user(FREE_USER)).await;
        let named = person.unwrap().customer.unwrap().customer_id;
        assert_eq!(named.as_str(), customer);
    }
}

#[tokio::test]
async fn a_customer_of_the_same_address_who_is_another_user_is_left_alone() {
    let shop = Shop::open().await;
    let other = bought_by_link(&shop.world, "another-user", ADDRESS).await;
    shop.buy(PACK).await.url();
    let own = shop.customers(FREE_USER).await;
    assert_eq!(own.len(), 1, "{own:?}");
    assert_ne!(own[0], other);
    let sessions = shop.sessions("open").await;
    assert_eq!(sessions[0]["customer"], json!(own[0]));
}

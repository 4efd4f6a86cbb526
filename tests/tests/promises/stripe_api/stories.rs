//! Every story leaves at Stripe what its events say.

use std::collections::BTreeMap;

use local::stripe::{ApiVersion, Scenario, Story, sign};
use serde_json::{Value, json};
use shared::host::clock::Clock;
use tests::{WEBHOOK_SECRET, at};

use super::{Shop, USER, cast};

/// References that an event of dahlia has whole are ids in an answer.
fn with_ids(value: &Value) -> Value {
    match value {
        Value::Object(fields) if fields.len() == 2 && fields.contains_key("object") => {
            fields.get("id").cloned().unwrap_or_else(|| value.clone())
        }
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| (name.clone(), with_ids(value)));
            Value::Object(fields.collect())
        }
        Value::Array(members) => members.iter().map(with_ids).collect(),
        other => other.clone(),
    }
}

fn path_of(kind: &str) -> &'static str {
    match kind {
        "customer" => "customers",
        "subscription" => "subscriptions",
        "invoice" => "invoices",
        "invoice_payment" => "invoice_payments",
        "checkout.session" => "checkout/sessions",
        "charge" => "charges",
        "refund" => "refunds",
        "dispute" => "disputes",
        "credit_note" => "credit_notes",
        other => panic!("no story had {other} before"),
    }
}

fn all() -> impl Iterator<Item = Scenario> {
    let all = Scenario::ALL.iter().chain(Scenario::NEEDS_API);
    all.copied()
}

fn suffix(scenario: Scenario) -> String {
    scenario.name().replace('-', "")
}

async fn shop_of_all() -> Shop {
    let shop = Shop::of(&[]).await;
    for scenario in all() {
        let told = shop.served.world.stripe.tell_all(
            scenario,
            &cast(&suffix(scenario)),
            ApiVersion::Dahlia,
        );
        told.unwrap();
    }
    shop
}

#[tokio::test]
async fn every_object_of_every_story_is_as_its_last_event_says_in_every_version() {
    let shop = shop_of_all().await;
    let mut compared = 0;
    for scenario in all() {
        for version in ApiVersion::ALL {
            let mut last: BTreeMap<String, Value> = BTreeMap::new();
            for event in Story::render(scenario, &cast(&suffix(scenario)), version) {
                let object = event.body["data"]["object"].clone();
                last.insert(object["id"].as_str().unwrap().to_string(), object);
            }
            for (id, object) in last {
                let kind = object["object"].as_str().unwrap();
                let path = format!("/v1/{}/{id}", path_of(kind));
                let said = shop.get_in(version, &path).await;
                assert_eq!(
                    said.status, 200,
                    "{scenario} {version} {path}: {}",
                    said.body
                );
                assert_eq!(said.headers["stripe-version"], version.api_version());
                let expected = match kind {
                    "customer" => json!({"id": id, "object": "customer", "deleted": true}),
                    _ => with_ids(&object),
                };
                assert_eq!(said.body, expected, "{scenario} {version} {path}");
                compared += 1;
            }
        }
    }
    assert!(compared > 300, "only {compared} objects were compared");
}

#[tokio::test]
async fn every_event_of_every_story_is_listed_once_and_the_newest_first() {
    let shop = shop_of_all().await;
    let mut told: BTreeMap<String, Value> = BTreeMap::new();
    for scenario in all() {
        for event in Story::render(scenario, &cast(&suffix(scenario)), ApiVersion::Dahlia) {
            told.insert(event.id, event.body);
        }
    }
    // Stripe lists the events of the last thirty days.
    let oldest = at(tests::NOW).unix_seconds() - 30 * 86_400;
    let (shown, hidden): (BTreeMap<_, _>, BTreeMap<_, _>) = told
        .into_iter()
        .partition(|(_, event)| event["created"].as_i64().unwrap() >= oldest);
    assert!(hidden.len() > 2, "{hidden:?}");
    for id in hidden.keys() {
        assert_eq!(shop.get(&format!("/v1/events/{id}")).await.status, 404);
    }
    let mut listed = Vec::new();
    let mut path = "/v1/events?limit=37".to_string();
    loop {
        let said = shop.get(&path).await;
        let (ids, has_more) = said.ids();
        listed.extend(said.body["data"].as_array().unwrap().clone());
        if !has_more {
            break;
        }
        path = format!("/v1/events?limit=37&starting_after={}", ids.last().unwrap());
    }
    let created = |event: &Value| event["created"].as_i64().unwrap();
    assert!(listed.is_sorted_by(|one, other| created(one) >= created(other)));
    assert_eq!(listed.len(), shown.len());
    let by_id = listed
        .into_iter()
        .map(|event| (event["id"].as_str().unwrap().to_string(), event));
    assert_eq!(by_id.collect::<BTreeMap<_, _>>(), shown);
}

#[tokio::test]
async fn what_came_before_an_event_has_happened_and_what_comes_after_has_not() {
    let shop = Shop::of(&[]).await;
    let stripe = &shop.served.world.stripe;
    let cast = cast("half");
    let events = Story::render(Scenario::Renew, &cast, ApiVersion::Acacia);
    let period = async || {
        let said = shop.get_in(ApiVersion::Acacia, "/v1/subscriptions/sub_half");
        said.await.body["latest_invoice"].clone()
    };
    let until = |number: usize| {
        let id = &events[number].id;
        stripe
            .tell(Scenario::Renew, &cast, ApiVersion::Acacia, id)
            .unwrap();
    };
    // The third event is delivered first, and then again after the others.
    until(2);
    assert_eq!(period().await, "in_half_1");
    assert_eq!(shop.get("/v1/events").await.ids().0.len(), 3);
    until(4);
    until(2);
    assert_eq!(period().await, "in_half_2");
    let told = stripe.tell(Scenario::Renew, &cast, ApiVersion::Acacia, "evt_other");
    assert!(told.unwrap_err().to_string().contains("evt_other"));
    // Acacia has no event of an invoice's payment; a newer client finds the object.
    stripe
        .tell_all(Scenario::Renew, &cast, ApiVersion::Acacia)
        .unwrap();
    let (events, _) = shop.get("/v1/events").await.ids();
    assert_eq!(events.len(), 5);
    let paid = "/v1/invoice_payments?invoice=in_half_2";
    let (paid, _) = shop.get_in(ApiVersion::Basil, paid).await.ids();
    assert_eq!(paid, ["inpay_half_2"]);
}

#[tokio::test]
async fn a_long_invoice_carries_ten_lines_and_its_pages_all() {
    let shop = Shop::of(&[(Scenario::LongInvoice, "long")]).await;
    for version in ApiVersion::ALL {
        let events = Story::render(Scenario::LongInvoice, &cast("long"), version);
        let paid = events
            .iter()
            .rfind(|event| event.event_type == "invoice.paid");
        let carried = &paid.unwrap().body["data"]["object"]["lines"];
        assert_eq!(carried["has_more"], true);
        assert_eq!(carried["total_count"], 25);
        let carried = carried["data"].as_array().unwrap();
        assert_eq!(carried.len(), 10);
        let said = shop
            .get_in(version, "/v1/invoices/in_long_2/lines?limit=100")
            .await;
        assert_eq!(said.body["url"], "/v1/invoices/in_long_2/lines");
        let lines = said.body["data"].as_array().unwrap();
        assert_eq!((lines.len(), &said.body["has_more"]), (25, &json!(false)));
        assert_eq!(&lines[..10], carried.as_slice(), "{version}");
        let sum: i64 = lines
            .iter()
            .map(|line| line["amount"].as_i64().unwrap())
            .sum();
        let invoice = shop.get_in(version, "/v1/invoices/in_long_2").await.body;
        assert_eq!(invoice["total"], sum);
    }
}

#[tokio::test]
async fn a_checkout_shows_what_it_sold_in_its_line_items_alone() {
    let shop = Shop::of(&[(Scenario::BuyPackByLineItems, "shop")]).await;
    let path = "/v1/checkout/sessions/cs_test_shop_1";
    let session = shop.get(path).await.body;
    assert_eq!(session.get("line_items"), None);
    assert_eq!(session["payment_link"], "plink_shop");
    assert_eq!(session["metadata"], json!({}));
    let items = shop.get(&format!("{path}/line_items")).await;
    assert_eq!(items.body["url"], format!("{path}/line_items"));
    let item = &items.body["data"][0];
    assert_eq!(item["price"]["id"], "price_test_pack_1000");
    assert_eq!(item["quantity"], 2);
    assert_eq!(item["amount_subtotal"], session["amount_subtotal"]);
}

/// What a client of the API has to work with is enough: with all lines, the long
/// invoice gives the credits that its story promises.
#[tokio::test]
async fn a_long_invoice_with_all_its_lines_gives_what_its_story_says() {
    for version in ApiVersion::ALL {
        let shop = Shop::of(&[(Scenario::LongInvoice, "long")]).await;
        for mut event in Story::render(Scenario::LongInvoice, &cast("long"), version) {
            let object = &mut event.body["data"]["object"];
            if object["lines"]["has_more"] == true {
                let path = object["lines"]["url"].as_str().unwrap();
                let path = format!("{path}?limit=100");
                object["lines"] = shop.get_in(version, &path).await.body;
            }
            let clock = &shop.served.world.clock;
            clock.set(clock.now().max(event.created()));
            let body = event.payload();
            let signature = sign(WEBHOOK_SECRET, clock.now(), body.as_bytes());
            let headers = [("stripe-signature", signature.as_str())];
            let answer = shop
                .served
                .send("POST", "/webhooks/stripe", &headers, Some(&body))
                .await;
            assert_eq!(answer.status, 200, "{}: {}", event.id, answer.text);
        }
        let credits = shop.served.credits(USER).await.json();
        let credits = &credits["proCredits"];
        let seen = [&credits["remaining"], &credits["purchasedTotal"]];
        assert_eq!(seen, [21_999, 21_999], "{version}");
        shop.served.end().await;
    }
}

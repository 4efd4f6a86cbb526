//! Our client of Stripe's API asks as Stripe's own library does: the same method, path,
//! parameters and headers for the same call.

use std::sync::Arc;
use std::time::Duration;

use local::stripe_api::STRIPE_API_KEY;
use serde_json::{Map, Value, json};
use shared::domain::StripeId;
use shared::host::clock::Deadline;
use shared::host::entropy::SystemEntropy;
use stripe_client::{
    CheckoutMode, Client, Collection, Form, IdempotencyKey, KeySource, NewCheckout, NewCustomer,
    PortalFlow, StripeError, has_mark, is_customer_of,
};
use tests::at;

use super::recording::{RECORDING, line, shop};

/// What a request says, however it is escaped and ordered.
fn said(request: &Value) -> Value {
    let pairs = |name: &str| {
        let text = request[name].as_str().unwrap();
        let parts = text.split('&').filter(|part| !part.is_empty());
        let mut pairs: Vec<String> = parts.map(decoded).collect();
        pairs.sort();
        pairs
    };
    json!({
        "method": request["method"],
        "path": request["path"],
        "query": pairs("query"),
        "body": pairs("body"),
        "headers": request["headers"],
    })
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes().iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [*rest.next().unwrap(), *rest.next().unwrap()];
                let digits = std::str::from_utf8(&digits).unwrap();
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
            }
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn id(text: &str) -> StripeId {
    text.parse().unwrap()
}

fn fields(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

#[tokio::test]
async fn our_client_asks_as_stripes_own_library_does() {
    let shop = shop().await;
    let key = KeySource::given(STRIPE_API_KEY.parse().unwrap());
    let client = Client::new(key, shop.url().parse().unwrap(), Arc::new(SystemEntropy));
    let until = || Deadline::after(Duration::from_secs(30));
    let key = |text: &str| IdempotencyKey::new(text).unwrap();
    let (first, second) = (key("create-customer-1"), key("create-refund-1"));
    let form = Form::new;

    client
        .retrieve(Collection::Customers, &id("cus_renew"), until())
        .await
        .unwrap();
    let of_customer = form().with("customer", "cus_renew");
    let mut subscriptions = client.every(Collection::Subscriptions, of_customer);
    subscriptions.next(until()).await.unwrap();
    client
        .retrieve(Collection::Invoices, &id("in_long_2"), until())
        .await
        .unwrap();
    client
        .checkout_session(&id("cs_test_link_1"), until())
        .await
        .unwrap();
    client
        .retrieve(Collection::Charges, &id("ch_refund_1"), until())
        .await
        .unwrap();
    client
        .retrieve(Collection::Disputes, &id("du_dispute_1"), until())
        .await
        .unwrap();
    let limit = form().with("limit", 10);
    let lines = client.get("invoices/in_long_2/lines", &limit, until());
    lines.await.unwrap();
    let types = [
        "refund.created",
        "charge.dispute.created",
        "credit_note.created",
    ];
    let since = at("2025-11-06T14:30:00Z").unix_seconds();
    let events = form().with_list("types", &types);
    let events = events.with("created[gte]", since).with("limit", 1);
    client.get("events", &events, until()).await.unwrap();
    let customer = json!({
        "email": "ünï+code@example.com",
        "metadata": {"user_id": "free-user", "note": "a & b = c"},
    });
    let customer = form().with_fields(fields(&customer));
    let customer = client.post("customers", &customer, &first, until());
    customer.await.unwrap();
    let refund = json!({
        "payment_intent": "pi_refund_1",
        "amount": 100,
        "reason": "requested_by_customer",
        "metadata": {"user_id": "free-user"},
        "expand": ["charge"],
    });
    let refund = form().with_fields(fields(&refund));
    let refund = client.post("refunds", &refund, &second, until());
    refund.await.unwrap();

    let recording: Vec<Value> = serde_json::from_str(RECORDING).unwrap();
    let known: Vec<Value> = recording.iter().map(said).collect();
    let asked = shop.served.world.stripe.requests();
    assert_eq!(asked.len(), 10, "{asked:?}");
    for recorded in &asked {
        let request = said(&line(recorded));
        assert!(known.contains(&request), "the library never asks {request}");
    }
}

#[tokio::test]
async fn our_client_sells_as_stripes_own_library_does() {
    let shop = shop().await;
    let key = KeySource::given(STRIPE_API_KEY.parse().unwrap());
    let client = Client::new(key, shop.url().parse().unwrap(), Arc::new(SystemEntropy));
    let until = || Deadline::after(Duration::from_secs(30));
    let key = |text: &str| IdempotencyKey::new(text).unwrap();
    let (user, customer) = (tests::user("free-user"), id("cus_renew"));
    let (of_customer, of_pack) = (key("sell-customer"), key("sell-pack"));
    let (of_plan, of_end) = (key("sell-plan"), key("sell-expire"));

    let new = NewCustomer {
        user: &tests::user("some-body"),
        email: "some.body@example.com",
        name: Some("Some Body"),
    };
    let made = client.create_customer(new, &of_customer, until());
    let made = made.await.unwrap();
    assert!(is_customer_of(&made, &tests::user("some-body")));
    let found = client.customers_with("some.body@example.com", until());
    assert_eq!(found.await.unwrap(), [made]);
    let pack = NewCheckout {
        mode: CheckoutMode::Payment,
        user: &user,
        customer: &customer,
        price: &id("price_test_pack_1000"),
        quantity: 3,
        currency: "usd",
        success_url: "https://app.example.com/shop?tab=2&checkout=completed",
        cancel_url: "https://app.example.com/shop?tab=2&checkout=cancelled",
        expires_at: at("2025-11-07T13:30:00Z"),
        mark: "mark-1",
    };
    let made = client.create_checkout(pack, &of_pack, until());
    assert!(has_mark(&made.await.unwrap(), "mark-1"));
    let plan = NewCheckout {
        mode: CheckoutMode::Subscription,
        price: &id("price_test_pro"),
        quantity: 1,
        mark: "mark-2",
        ..pack
    };
    let made = client.create_checkout(plan, &of_plan, until());
    made.await.unwrap();
    let found = client.checkouts_of(&customer, until()).await.unwrap();
    assert!(has_mark(&found[0], "mark-2") && !has_mark(&found[1], "mark-2"));
    let complete = id("cs_test_link_1");
    let ended = client.expire_checkout(&complete, &of_end, until());
    assert!(matches!(ended.await, Err(StripeError::InvalidRequest(_))));
    let subscription = id("sub_renew");
    for (name, flow) in [
        ("home", PortalFlow::Home),
        ("payment_method_update", PortalFlow::PaymentMethodUpdate),
        (
            "subscription_cancel",
            PortalFlow::SubscriptionCancel(&subscription),
        ),
        (
            "subscription_update",
            PortalFlow::SubscriptionUpdate(&subscription),
        ),
    ] {
        let key = key(&format!("sell-portal-{name}"));
        let page = ("https://app.example.com", flow);
        let opened = client.create_portal(&customer, page, &key, until());
        opened.await.unwrap();
    }

    let recording: Vec<Value> = serde_json::from_str(RECORDING).unwrap();
    let sold = recording.iter().filter(|it| it["step"] == "sell");
    let mut known: Vec<String> = sold.map(|it| said(it).to_string()).collect();
    let asked = shop.served.world.stripe.requests();
    let mut sent: Vec<String> = asked.iter().map(|it| said(&line(it)).to_string()).collect();
    known.sort();
    sent.sort();
    assert_eq!(sent, known);
}

//! Our client of Stripe's API asks as Stripe's own library does: the same method, path,
//! parameters and headers for the same call.

use std::sync::Arc;
use std::time::Duration;

use local::stripe_api::STRIPE_API_KEY;
use serde_json::{Map, Value, json};
use shared::domain::StripeId;
use shared::host::clock::Deadline;
use shared::host::entropy::SystemEntropy;
use stripe_client::{Client, Collection, Form, IdempotencyKey, KeySource};
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

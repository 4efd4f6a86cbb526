//! What Stripe's own library sends, request by request, in
//! `tests/fixtures/stripe-sdk.json`: our client's requests can be held against
//! it. `outside::stripe_sdk` compares the recording with what the library sends
//! today; here it is only sent again.

use local::stripe::Scenario;
use local::stripe_api::{Recorded, STRIPE_API_KEY};
use serde_json::{Map, Value, json};

use super::Shop;

/// The world of the recording.
pub(crate) async fn shop() -> Shop {
    Shop::of(&[
        (Scenario::Renew, "renew"),
        (Scenario::LongInvoice, "long"),
        (Scenario::BuyPackByLineItems, "link"),
        (Scenario::RefundPartial, "refund"),
        (Scenario::DisputeWon, "dispute"),
        (Scenario::CreditNote, "note"),
    ])
    .await
}

pub(crate) const RECORDING: &str = include_str!("../../../fixtures/stripe-sdk.json");

/// The headers that say something to Stripe.
const HEADERS: [&str; 5] = [
    "authorization",
    "content-type",
    "idempotency-key",
    "stripe-account",
    "stripe-version",
];

/// A key that the library drew itself.
const DRAWN: &str = "(drawn)";

/// A request as it stands in the recording.
pub(crate) fn line(recorded: &Recorded) -> Value {
    let request = &recorded.request;
    let headers = HEADERS.iter().filter_map(|name| {
        let value = request.headers.get(*name)?;
        let is_drawn = *name == "idempotency-key" && value.len() == 36;
        let value = if is_drawn { DRAWN } else { value };
        Some(((*name).to_string(), json!(value)))
    });
    let agent = request.headers.get("user-agent");
    let step = agent.and_then(|agent| agent.split_whitespace().last());
    json!({
        "step": step,
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "body": request.body,
        "headers": headers.collect::<Map<String, Value>>(),
        "status": recorded.status,
    })
}

/// The recording, one request a line.
pub(crate) fn text(lines: &[Value]) -> String {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

#[tokio::test]
async fn the_recorded_requests_of_stripes_library_are_answered_as_recorded() {
    let shop = shop().await;
    let recording: Vec<Value> = serde_json::from_str(RECORDING).unwrap();
    assert!(recording.len() > 40, "{}", recording.len());
    for (number, request) in recording.iter().enumerate() {
        let text = |name: &str| request[name].as_str().unwrap_or_default();
        // What was made to fail would not fail again.
        if text("step").contains("failures") {
            continue;
        }
        let headers = request["headers"].as_object().unwrap().iter();
        let headers: Vec<(&str, &str)> = headers
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .filter(|(name, _)| *name != "authorization" && *name != "content-type")
            .collect();
        let key = match request["status"].as_u64() {
            Some(401) => "pk_test_1",
            _ => STRIPE_API_KEY,
        };
        let bearer = format!("Bearer {key}");
        let drawn = format!("drawn-{number}");
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend(headers.into_iter().map(|(name, value)| match value {
            DRAWN => (name, drawn.as_str()),
            value => (name, value),
        }));
        let path = match text("query") {
            "" => text("path").to_string(),
            query => format!("{}?{query}", text("path")),
        };
        let said = shop.send(text("method"), &path, &all, text("body")).await;
        assert_eq!(
            json!(said.status),
            request["status"],
            "{request}: {}",
            said.body
        );
    }
}

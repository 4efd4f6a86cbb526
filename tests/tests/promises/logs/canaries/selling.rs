//! Pages of Stripe's, its key, and who buys pass through the function that sells, and are
//! in none of its lines, whatever Stripe answers.

use serde_json::{Value, json};
use shared::http::Event;
use tests::selling_world;

use super::ground::{PLANTED, person};
use super::reported::Reported;
use super::{CHECKOUT, PORTAL, body, leaks, planted};
use crate::routes::billing_function;
use crate::token::{Reply, Upstream};

const UNLIMITED: (&str, &str) = ("RATE_LIMIT_BILLING_PER_MINUTE", "0");
const BACK: (&str, &str) = ("RETURN_URLS", "https://shop.example");
/// The local Stripe takes any key of its test mode.
const KEY: (&str, &str) = ("STRIPE_API_KEY", "rk_test_planted_0123456789abcdef");

fn order(price: &str) -> Value {
    json!({"priceId": price, "returnUrl": "https://shop.example/back?who=planted"})
}

fn orders() -> [(&'static str, Value); 3] {
    let home = json!({"returnUrl": "https://shop.example/home?of=planted"});
    [
        (CHECKOUT, order("price_test_pack_1000")),
        (CHECKOUT, order("price_test_pro")),
        (PORTAL, home),
    ]
}

/// The status and the text with which the planted user's request is answered.
async fn ask(billing: &billing::App, name: &str, sent: &Value) -> (u16, String) {
    let mut event = planted(name);
    body(&mut event, sent.clone());
    let event: Event = serde_json::from_value(event).unwrap();
    let response = billing.handle(event).await;
    (response.status_code(), response.body().to_string())
}

/// What a Stripe may answer to anything, with the word wherever it says something.
fn replies() -> Vec<Reply> {
    let refusal = |kind: &str, param: &str| {
        json!({"error": {
            "type": kind, "code": "it is planted", "param": param, "message": "planted",
            "decline_code": "planted", "request_log_url": "https://planted.example",
        }})
    };
    let session = json!({
        "id": "cs_test_planted", "object": "checkout.session", "status": "open",
        "url": "https://planted.example/pay/planted", "customer": "cus_planted",
        "client_reference_id": "planted", "metadata": {"planted": "planted"},
        "data": [{"id": "cus_planted", "email": "planted", "metadata": {"user_id": "planted"}}],
        "has_more": false,
    });
    let mut odd = session.clone();
    odd["id"] = json!({"planted": "planted"});
    odd["status"] = json!("planted");
    vec![
        Reply::json(200, &session),
        Reply::json(200, &odd),
        Reply::Of(200, "planted".to_string()),
        Reply::json(400, &refusal("invalid_request_error", "line_items[0]")),
        Reply::json(
            400,
            &refusal("invalid_request_error", "planted@example.com"),
        ),
        Reply::json(400, &refusal("planted", "customer")),
        Reply::json(
            401,
            &refusal("invalid_request_error", "planted@example.com"),
        ),
        Reply::json(402, &refusal("card_error", "planted@example.com")),
        Reply::json(
            403,
            &refusal("invalid_request_error", "planted@example.com"),
        ),
        Reply::json(
            404,
            &refusal("invalid_request_error", "planted@example.com"),
        ),
        Reply::json(500, &refusal("api_error", "planted@example.com")),
        Reply::Of(302, "planted".to_string()),
    ]
}

#[tokio::test]
async fn no_page_key_or_buyer_is_in_a_line_whatever_stripe_answers() {
    let reported = Reported::default();
    let _listening = reported.listen();
    let world = selling_world().await;
    person(&world).await;
    let selling = billing_function(&world, &[UNLIMITED, BACK, KEY]);
    let mut answers = Vec::new();
    // Made, and found again.
    for (name, sent) in [orders(), orders()].concat() {
        let (status, text) = ask(&selling, name, &sent).await;
        assert_eq!(status, 201, "{name}: {text}");
        answers.push(text);
    }
    let pages: Vec<String> = answers
        .iter()
        .map(|text| serde_json::from_str::<Value>(text).unwrap()["url"].to_string())
        .map(|url| url.trim_matches('"').to_string())
        .collect();
    let other = ask(&selling, CHECKOUT, &order("price_test_pro_plus")).await;
    assert_eq!(other.0, 201, "{}", other.1);
    let stripe = Upstream::start(&json!({})).await;
    let url = ("STRIPE_API_URL", stripe.url.as_str());
    let odd = billing_function(&world, &[UNLIMITED, BACK, KEY, url]);
    for reply in replies() {
        stripe.answers(reply);
        for (name, sent) in orders() {
            answers.push(ask(&odd, name, &sent).await.1);
        }
    }
    // The answers have the word; only the log must not.
    let has_word = |text: &&String| text.to_lowercase().contains(PLANTED);
    assert!(answers.iter().filter(has_word).count() >= 2, "{answers:#?}");
    let mut said = world.log.take();
    assert!(said.len() >= answers.len(), "only {} lines", said.len());
    said.extend(reported.so_far());
    said.extend([&selling, &odd].map(|app| format!("{app:?}")));
    assert_eq!(leaks(&said), Vec::<String>::new());
    for page in &pages {
        assert!(page.contains("127.0.0.1"), "{page}");
        let shown = said.iter().find(|line| line.contains(page.as_str()));
        assert_eq!(shown, None, "{page}");
    }
}

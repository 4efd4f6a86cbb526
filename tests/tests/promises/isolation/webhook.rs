//! The route without a token: what is not signed is turned away alike, whatever
//! it says, and what is signed is answered alike, whoever it is about. Neither
//! shows anybody anything, and what Stripe reports one changes no other.

use local::World;
use local::gateway::Reply;
use local::stripe::{ApiVersion, Cast, Scenario, Story, sign};
use serde_json::{Value, json};
use tests::{NOW, Tables, WEBHOOK_SECRET, at, dump};

use super::planted::{MARKER, VICTIM, plant};
use super::tricks::tricks;
use super::{ALL_SCOPES, USER_SCOPES, ask, check, of_victim, service_token, text, token};

const PATH: &str = "/webhooks/stripe";

/// A checkout as Stripe would report it, with one change.
fn checkout(user: &str, suffix: &str, change: fn(&mut Value)) -> String {
    let cast = Cast::new(user, suffix, at(NOW));
    let mut story = Story::render(Scenario::Subscribe, &cast, ApiVersion::Dahlia);
    let mut body = story.remove(0).body;
    change(&mut body);
    body.to_string()
}

async fn post(
    world: &World,
    token: &str,
    headers: &[(&'static str, String)],
    (query, body): (&str, &str),
) -> Reply {
    let target = format!("{PATH}?{query}");
    let mut headers = headers.to_vec();
    headers.push(("content-type", "application/json; charset=utf-8".into()));
    ask(world, token, ("POST", &target), &headers, body).await
}

/// The answer but for the id of its request.
fn reported(reply: &Reply) -> (u16, Value) {
    let mut body: Value = serde_json::from_slice(&reply.body).unwrap();
    body.as_object_mut().unwrap().remove("requestId");
    (reply.status, body)
}

#[tokio::test]
async fn unsigned_requests_all_get_the_same_answer() {
    let world = plant().await;
    let client = world.dynamodb.client();
    let before = dump(&client).await;
    let bodies = [
        String::new(),
        json!({"id": format!("evt_{MARKER}"), "customer": format!("cus_{MARKER}")}).to_string(),
        checkout(VICTIM, MARKER, |_| {}),
    ];
    let plain = post(&world, "", &[], ("", "")).await;
    let expected = json!({
        "error": "invalid_request",
        "error_description": "The Stripe-Signature header is missing.",
    });
    assert_eq!(reported(&plain), (400, expected));
    for sender in [
        String::new(),
        token(&world, VICTIM, USER_SCOPES),
        token(&world, "mallory", ALL_SCOPES),
        service_token(&world, "inference-service", ALL_SCOPES),
    ] {
        for trick in tricks() {
            for body in bodies.iter().chain([&trick.body]) {
                let reply = post(&world, &sender, &trick.headers, (&trick.query, body)).await;
                check(body, &reply);
                assert_eq!(reported(&reply), reported(&plain), "{} {body}", trick.query);
            }
        }
    }
    assert_eq!(dump(&client).await, before);
}

/// What is stored of the victim, without the records of events, which may name
/// what they were about.
fn of_victim_alone(tables: Tables) -> Vec<(String, String)> {
    let stored = of_victim(tables).into_iter();
    stored
        .filter(|(key, _)| !key.starts_with("billing EVENT#"))
        .collect()
}

#[tokio::test]
async fn what_is_signed_is_answered_alike_whoever_it_is_about() {
    let world = plant().await;
    let client = world.dynamodb.client();
    let before = of_victim_alone(dump(&client).await);
    assert!(before.len() >= 8, "{before:?}");
    // The victim's customer and subscription are said to be another's, and
    // another's customer to be the victim's.
    let theirs = checkout("mallory", MARKER, |_| {});
    let exchanged = checkout("mallory", MARKER, |body| {
        body["id"] = json!("evt_exchanged");
        body["data"]["object"]["metadata"] = json!({"user_id": VICTIM});
        body["data"]["object"]["customer"] = json!("cus_mallory");
    });
    let own = checkout("mallory", "mallory", |_| {});
    for body in [theirs.clone(), exchanged, own, theirs] {
        for sender in ["", &token(&world, "mallory", ALL_SCOPES)] {
            let signature = sign(WEBHOOK_SECRET, at(NOW), body.as_bytes());
            let headers = [("stripe-signature", signature)];
            let reply = post(&world, sender, &headers, ("", &body)).await;
            check(&body, &reply);
            assert_eq!(text(&reply), r#"{"received":true}"#, "{body}");
        }
    }
    let after = of_victim_alone(dump(&client).await);
    assert_eq!(after, before);
}

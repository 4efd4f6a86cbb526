//! Nothing of a person and no secret is ever logged. A word is planted in every
//! place where one may stand, every route is driven to every kind of answer,
//! and the word is looked for in all that was said.

mod debug;
mod ground;
mod reported;
mod selling;
mod token;

use std::collections::BTreeSet;

use local::dynamodb::Fault;
use serde_json::{Value, json};

use self::ground::{Ground, PLANTED, USER};
use crate::routes::recorded;

/// A recorded event, what else is done to it, and the status of the answer.
type Case = (&'static str, fn(&mut Value), u64);

const CREDITS: &str = "get-credits";
const CHARGE: &str = "post-charge";
const PATCH: &str = "patch-preferences";
const TOKEN: &str = "post-token";
const CHECKOUT: &str = "post-checkout";
const PORTAL: &str = "post-portal";

fn nothing(_: &mut Value) {}

fn body(event: &mut Value, body: Value) {
    event["body"] = json!(body.to_string());
}

/// A form from a client that has no other credentials.
fn form(event: &mut Value, form: &str) {
    event["headers"]
        .as_object_mut()
        .unwrap()
        .remove("authorization");
    event["body"] = json!(form);
    event["isBase64Encoded"] = json!(false);
}

fn key(event: &mut Value, key: &str) {
    event["headers"]["idempotency-key"] = json!(key);
}

fn claim(event: &mut Value, name: &str, value: &str) {
    event["requestContext"]["authorizer"]["jwt"]["claims"][name] = json!(value);
}

/// Answers that need no fault, in order: what one leaves the next finds.
#[rustfmt::skip] // one line a case
const CASES: [Case; 47] = [
    (CREDITS, nothing, 200),
    ("get-history", nothing, 200),
    ("get-usage", nothing, 200),
    ("get-models", nothing, 200),
    ("get-prices", nothing, 200),
    ("get-profile", nothing, 200),
    ("get-user", nothing, 200),
    ("get-preferences", nothing, 200),
    (PATCH, nothing, 200),
    ("get-user-credits", nothing, 200),
    (CHARGE, nothing, 201),
    (CHARGE, nothing, 201),
    ("post-hold", nothing, 201),
    ("post-hold-report", nothing, 200),
    ("post-hold-extend", nothing, 200),
    ("post-hold-commit", nothing, 200),
    ("post-hold-release", nothing, 409),
    ("post-hold-release", |it| it["pathParameters"]["holdId"] = json!("planted-unknown"), 404),
    ("post-charges-batch", nothing, 200),
    ("post-quotes", nothing, 200),
    ("post-quotes", |it| body(it, json!({"quotes": [{"modelId": "planted", "usage": {"planted": 1}}]})), 422),
    ("post-charges-batch", |it| body(it, json!({"charges": [{"idempotencyKey": "planted key"}]})), 422),
    (CHARGE, |it| body(it, json!({"modelId": "gpt-5", "usage": {"planted": 1}, "session": "planted"})), 422),
    (CHARGE, |it| body(it, json!({"amount": 1, "planted-field": "planted"})), 422),
    (CHARGE, |it| body(it, json!({"amount": 2, "label": "planted"})), 422),
    (CHARGE, |it| body(it, json!({"amount": "planted"})), 422),
    (CHARGE, |it| body(it, json!({"amount": 1, "modelId": "planted"})), 422),
    (CHARGE, |it| { key(it, "planted-much"); body(it, json!({"amount": 1_000_000, "label": "planted"})) }, 402),
    (CHARGE, |it| it["body"] = json!("{\"planted"), 400),
    (CHARGE, |it| key(it, "planted key"), 400),
    (CHARGE, |it| it["body"] = json!("planted".repeat(3_000)), 413),
    // Nobody serves its Stripe; `selling` drives what Stripe answers.
    (CHECKOUT, nothing, 503),
    (CHECKOUT, |it| body(it, json!({"priceId": "planted", "returnUrl": "https://planted.example", "planted": 1})), 422),
    (CHECKOUT, |it| it["body"] = json!("{\"planted"), 400),
    (PORTAL, nothing, 409),
    (PORTAL, |it| body(it, json!({"returnUrl": "https://app.example.com/planted", "flow": "planted"})), 422),
    ("get-history", |it| it["queryStringParameters"] = json!({"cursor": "planted"}), 422),
    (PATCH, |it| body(it, json!({"defaultModel": "planted", "planted": 1})), 422),
    ("get-unsubscribe", |it| it["queryStringParameters"]["token"] = json!("planted".repeat(10)), 404),
    ("post-unsubscribe", |it| it["queryStringParameters"]["token"] = json!("planted".repeat(10)), 404),
    (CREDITS, |it| claim(it, "token_use", "planted"), 401),
    (CREDITS, |it| claim(it, "sub", "planted somebody"), 401),
    (CREDITS, |it| claim(it, "scope", "planted"), 403),
    // Whatever is sent with it, a client of the header's kind is none.
    (TOKEN, nothing, 401),
    (TOKEN, |it| form(it, "grant_type=refresh_token&client_id=planted&refresh_token=planted"), 401),
    (TOKEN, |it| form(it, "grant_type=planted&client_id=planted&code=planted"), 400),
    (TOKEN, |it| form(it, "grant_type=refresh_token&client_id=textassistant-desktop&refresh_token=planted"), 503),
];

/// A recorded event from the planted user, with the word wherever a client, a
/// token or the way to us may carry it.
fn planted(name: &str) -> Value {
    let mut event = recorded(&format!("{name}.json"));
    event["rawPath"] = json!("/planted/path");
    event["rawQueryString"] = json!("planted=query");
    for (header, value) in [
        ("authorization", "Bearer planted-token"),
        ("cookie", "session=planted-cookie"),
        ("x-forwarded-for", "planted-address"),
        ("user-agent", "planted-agent"),
        ("if-none-match", "W/\"planted\""),
    ] {
        event["headers"][header] = json!(value);
    }
    for (claimed, value) in [
        ("email", "planted-mail@example.com"),
        ("name", "planted-name"),
        ("jti", "planted-jti"),
        ("username", "planted-username"),
    ] {
        claim(&mut event, claimed, value);
    }
    if event["pathParameters"]["userId"].is_string() {
        event["pathParameters"]["userId"] = json!(USER);
    } else {
        claim(&mut event, "sub", USER);
    }
    if event["headers"]["idempotency-key"].is_string() {
        key(&mut event, &format!("planted-{name}"));
    }
    if event["pathParameters"]["holdId"].is_string() {
        event["pathParameters"]["holdId"] = json!("planted-post-hold");
    }
    if [CHARGE, "post-hold-report", "post-hold-commit"].contains(&name) {
        body(
            &mut event,
            json!({"amount": "1.5", "label": "planted-label", "session": "planted-session"}),
        );
    }
    if name == "post-charges-batch" {
        let charge = json!({
            "idempotencyKey": "planted-turn", "amount": "1.5", "label": "planted-label",
            "session": "planted-session",
        });
        body(&mut event, json!({"charges": [charge]}));
    }
    event
}

/// What was asked, and how it was answered.
#[derive(Default)]
struct Seen {
    statuses: BTreeSet<u64>,
    routes: BTreeSet<String>,
}

impl Seen {
    async fn ask(&mut self, ground: &Ground, (name, change, status): Case) {
        let mut event = planted(name);
        change(&mut event);
        let response = ground.functions.respond(&event).await;
        assert_eq!(response["statusCode"], status, "{name}: {response}");
        self.note(status, event["routeKey"].as_str().unwrap());
    }

    fn note(&mut self, status: u64, route: &str) {
        self.statuses.insert(status);
        self.routes.insert(route.to_string());
    }
}

/// DynamoDB fails, for so long that nobody tries again.
async fn with_faults(ground: &Ground, seen: &mut Seen) {
    let faults = ground.world.dynamodb.faults();
    for fault in [
        Fault::ServerError,
        Fault::Throttled,
        Fault::NotSent,
        Fault::LostReply,
    ] {
        for (name, operation, times) in [
            (CREDITS, "GetItem", 6),
            ("get-profile", "Query", 6),
            // Its count is tried once before, and does not stop it.
            (PATCH, "UpdateItem", 7),
            ("get-history", "Query", 6),
        ] {
            (0..times).for_each(|_| faults.push(operation, fault));
            seen.ask(ground, (name, nothing, 503)).await;
            assert_eq!(faults.unused(), 0, "{name}");
        }
        (0..6).for_each(|_| faults.push("BatchGetItem", fault));
        let status = ground.report(&ground.story()[0]).await;
        seen.note(status, "POST /webhooks/stripe");
        assert_eq!((status, faults.unused()), (503, 0));
    }
    // The limiter lets a call through that it cannot count.
    faults.push("UpdateItem", Fault::ServerError);
    seen.ask(ground, (CREDITS, nothing, 200)).await;
}

/// What is stored quotes a person and is not what it should be.
async fn with_damage(ground: &Ground, seen: &mut Seen) {
    ground.damage().await;
    for name in [
        CREDITS,
        "get-profile",
        "get-user",
        "get-preferences",
        "get-history",
        "get-usage",
    ] {
        seen.ask(ground, (name, nothing, 500)).await;
    }
    seen.ask(ground, (CHARGE, |it| key(it, "planted-damage"), 500))
        .await;
}

/// Every event of some stories, what is not signed and what cannot be read.
async fn by_stripe(ground: &Ground, seen: &mut Seen) {
    let route = "POST /webhooks/stripe";
    for event in ground.story() {
        for _ in 0..2 {
            seen.note(ground.report(&event).await, route);
        }
        let mut unreadable = event.clone();
        unreadable["created"] = json!("planted-moment");
        seen.note(ground.report(&unreadable).await, route);
    }
    for signature in [
        None,
        Some("planted"),
        Some("t=1,v1=planted"),
        Some("t=1,v1=00"),
    ] {
        seen.note(ground.post(signature, "{\"planted\": 1}").await, route);
    }
    seen.note(ground.post(None, &"planted".repeat(50_000)).await, route);
}

#[tokio::test(start_paused = true)]
async fn no_answer_of_any_kind_leaves_a_trace_of_who_asked_or_what_was_said() {
    let ground = Ground::plant().await;
    let mut seen = Seen::default();
    for case in CASES {
        seen.ask(&ground, case).await;
    }
    with_faults(&ground, &mut seen).await;
    by_stripe(&ground, &mut seen).await;
    with_damage(&ground, &mut seen).await;
    while !seen.statuses.contains(&429) {
        let response = ground.functions.respond(&planted("get-profile")).await;
        let status = response["statusCode"].as_u64().unwrap();
        assert!([429, 500].contains(&status), "{response}");
        seen.statuses.insert(status);
    }
    let every = [
        200, 201, 400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 503,
    ];
    assert_eq!(seen.statuses, every.into());
    assert_eq!(seen.routes.len(), ground.world.deployment.routes.len());
    let lines = ground.everything_said();
    assert!(lines.len() > 100, "only {} lines", lines.len());
    assert_eq!(leaks(&lines), Vec::<String>::new());
}

/// What of it holds the word, in whatever spelling.
fn leaks(said: &[String]) -> Vec<String> {
    let mut leaks = said.to_vec();
    leaks.retain(|text| text.to_lowercase().contains(PLANTED));
    leaks
}

#[tokio::test]
async fn the_word_is_found_wherever_it_is_said() {
    let ground = Ground::plant().await;
    assert_eq!(leaks(&ground.everything_said()), Vec::<String>::new());
    let response = ground.functions.respond(&planted("get-profile")).await;
    // The answer has it; only the log must not.
    assert!(response["body"].as_str().unwrap().contains(PLANTED));
    reported::say_it();
    let leaked = leaks(&ground.everything_said());
    assert_eq!(leaked.len(), 2, "{leaked:?}");
}

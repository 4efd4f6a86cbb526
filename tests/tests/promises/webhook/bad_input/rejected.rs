//! Deliveries that are not Stripe's, or not for this endpoint: each is reported
//! why, counted, and costs DynamoDB not a single request.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use local::gateway::Request;
use local::stripe::{Scenario, sign};
use tests::{dump, frozen, world_with};

use super::super::ground::{Ground, now, prices};
use super::super::post::{Endpoint, SECRET, counted};
use super::{one, sent};

/// More than any event has.
const TOO_LONG: usize = 1024 * 1024 + 1;

/// A signature, a body, and whether that is said to be base64.
type Delivery = (Option<String>, String, bool);

fn signed_at(offset: i64, body: &str) -> Option<String> {
    Some(sign(SECRET, now().plus_seconds(offset), body.as_bytes()))
}

fn signed(body: &str) -> Delivery {
    (signed_at(0, body), body.to_string(), false)
}

/// What is wrong, what is sent, the status, and the word in the counter.
type Row = (&'static str, Delivery, u64, &'static str);

/// The right words in the wrong mouth: other secrets, times and bodies.
fn signed_by_others(body: &str) -> Vec<Row> {
    let good = signed_at(0, body);
    let by = |header: String| (Some(header), body.to_string(), false);
    let then = |offset| (signed_at(offset, body), body.to_string(), false);
    let time = now().unix_seconds();
    let forged = sign("whsec_of_somebody_else_0123", now(), body.as_bytes());
    let zeros = format!("t={time},v1={}", "0".repeat(64));
    let less = body[..body.len() - 1].to_string();
    let (missing, no_match) = ("signature_missing", "bad_signature");
    let unsigned = (None, body.to_string(), false);
    vec![
        ("no header", unsigned, 400, missing),
        ("an empty header", by(String::new()), 400, missing),
        ("another secret", by(forged), 400, no_match),
        ("a made-up signature", by(zeros), 400, no_match),
        ("cut short", (good.clone(), less, false), 400, no_match),
        ("added to", (good, format!("{body} "), false), 400, no_match),
        ("too old", then(-301), 400, "signature_not_recent"),
        ("of the future", then(301), 400, "signature_not_recent"),
    ]
}

/// Headers that Stripe never sends.
fn with_odd_headers(body: &str) -> Vec<Row> {
    let good = signed_at(0, body).unwrap();
    let time = now().unix_seconds();
    let malformed = |what: &'static str, header: String| {
        let delivery = (Some(header), body.to_string(), false);
        (what, delivery, 400, "signature_malformed")
    };
    vec![
        malformed("two times", format!("t={time},{good}")),
        malformed("the time twice", format!("{good},t={time}")),
        malformed("two headers in one", format!("{good},{good}")),
        malformed("another scheme", good.replace("v1=", "v0=")),
        malformed("a signature cut short", good[..good.len() - 2].into()),
        malformed("an endless header", good.repeat(100)),
    ]
}

fn badly_made(body: &str) -> Vec<Row> {
    let long = "x".repeat(TOO_LONG);
    let of_bytes = STANDARD.encode(body);
    let thin = r#"{"id":"evt_1","object":"v2.core.event","type":"v1.billing.meter.found"}"#;
    let thin_too = r#"{"id":"evt_1","object":"event","type":"v2.core.account.created"}"#;
    let garbage = |text: &str| (signed_at(0, text), text.to_string(), true);
    let signed_text_as_base64 = (signed_at(0, &of_bytes), of_bytes, true);
    vec![
        ("too long", signed(&long), 413, "too_large"),
        (
            "too long and unsigned",
            (None, long.clone(), false),
            413,
            "too_large",
        ),
        (
            "too long in base64",
            (None, STANDARD.encode(&long), true),
            413,
            "too_large",
        ),
        (
            "an empty body, unsigned",
            (None, String::new(), false),
            400,
            "signature_missing",
        ),
        ("an empty body", signed(""), 400, "unreadable"),
        ("no JSON", signed("hello"), 400, "unreadable"),
        (
            "half of a JSON",
            signed(&body[..body.len() / 2]),
            400,
            "unreadable",
        ),
        (
            "JSON and more",
            signed(&format!("{body}{{}}")),
            400,
            "unreadable",
        ),
        ("a list", signed("[]"), 400, "unreadable"),
        ("a number", signed("1"), 400, "unreadable"),
        ("nothing", signed("null"), 400, "unreadable"),
        (
            "deeper than anybody reads",
            signed(&"[".repeat(10_000)),
            400,
            "unreadable",
        ),
        ("no event", signed("{}"), 400, "unreadable"),
        ("no base64", garbage("é\u{0}"), 400, "not_base64"),
        ("half of a base64", garbage("abc"), 400, "not_base64"),
        (
            "a signature of the base64",
            signed_text_as_base64,
            400,
            "bad_signature",
        ),
        ("a thin event", signed(thin), 400, "thin"),
        ("a thin event by its type", signed(thin_too), 400, "thin"),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_rejection_says_why_is_counted_and_costs_no_request() {
    let ground = Ground::with(&prices()).await;
    let connection = ground.connection();
    let endpoint = Endpoint::on(&connection);
    let pack = one("checkout.session.completed", &sent(Scenario::BuyPack));
    let body = pack.payload();
    let before = dump(&ground.connection().client()).await;
    let rows = [
        signed_by_others(&body),
        with_odd_headers(&body),
        badly_made(&body),
    ];
    for (what, (signature, body, is_base64), status, outcome) in rows.into_iter().flatten() {
        let answer = endpoint.post(signature.as_deref(), &body, is_base64).await;
        assert_eq!(answer.status(), status, "{what}: {answer:?}");
        assert!(answer.text().contains("error_description"), "{what}");
        let mut expected = vec![format!("Events none {outcome}")];
        // Stripe signed it, so an event is being lost: that is another alarm.
        if ["thin", "unreadable"].contains(&outcome) {
            expected.push(format!("NeedsOperator - {outcome}"));
        }
        assert_eq!(endpoint.counted(), expected, "{what}");
    }
    assert_eq!(connection.meter().snapshot().total.requests, 0);
    assert_eq!(dump(&ground.connection().client()).await, before);
    // The same body, as Stripe signs it, is taken: nothing else was wrong with it.
    assert_eq!(endpoint.deliver(&pack).await.status(), 200);
    let of_bytes = STANDARD.encode(&body);
    let signature = signed_at(300, &body);
    let answer = endpoint.post(signature.as_deref(), &of_bytes, true);
    assert_eq!(answer.await.status(), 200);
    let expected = ["applied", "repeated"].map(|word| format!("Events {} {word}", pack.event_type));
    assert_eq!(endpoint.counted(), expected);
}

/// A request to the gateway of a world, signed at that world's time.
fn request(method: &str, path: &str, body: &str) -> Request {
    let signature = sign(SECRET, tests::at(tests::NOW), body.as_bytes());
    Request {
        method: method.to_string(),
        path: path.to_string(),
        headers: vec![
            (
                "content-type".into(),
                "application/json; charset=utf-8".into(),
            ),
            ("stripe-signature".into(), signature),
        ],
        body: body.as_bytes().to_vec(),
        ..Request::default()
    }
}

/// A world whose secret is that of this test.
async fn world(livemode: &str) -> local::World {
    let variables = [
        ("STRIPE_WEBHOOK_SECRETS", SECRET),
        ("STRIPE_LIVEMODE", livemode),
    ];
    let variables = variables.map(|(name, value)| (name.to_string(), value.to_string()));
    world_with(local::WorldOptions {
        variables: variables.into(),
        ..frozen()
    })
    .await
}

#[tokio::test]
async fn only_a_post_to_the_route_itself_reaches_the_function() {
    let world = world("false").await;
    let body = one("checkout.session.completed", &sent(Scenario::BuyPack)).payload();
    for (method, path, status) in [
        ("GET", "/webhooks/stripe", 404),
        ("PUT", "/webhooks/stripe", 404),
        ("DELETE", "/webhooks/stripe", 404),
        ("POST", "/webhooks", 404),
        ("POST", "/webhooks/stripe/more", 404),
        ("POST", "/webhooks/stripe", 200),
    ] {
        let reply = world.gateway.handle(request(method, path, &body)).await;
        assert_eq!(reply.status, status, "{method} {path}");
        let requests = world.dynamodb.meter().snapshot().total.requests;
        assert_eq!(requests > 0, status == 200, "{method} {path}");
        assert_eq!(counted(&world.log).is_empty(), status != 200);
    }
}

#[tokio::test]
async fn an_event_of_the_other_mode_is_taken_recorded_and_does_nothing_else() {
    for (deployment, event_is_live) in [("true", false), ("false", true)] {
        let world = world(deployment).await;
        for mut event in sent(Scenario::Subscribe) {
            let before = dump(&world.dynamodb.client()).await;
            event.body["livemode"] = event_is_live.into();
            let delivery = request("POST", "/webhooks/stripe", &event.payload());
            let alarm = "NeedsOperator - refused".to_string();
            let refused = format!("Events {} refused", event.event_type);
            let repeated = format!("Events {} repeated", event.event_type);
            for expected in [vec![refused, alarm], vec![repeated]] {
                let reply = world.gateway.handle(delivery.clone()).await;
                assert_eq!(reply.status, 200, "{}", event.event_type);
                let mut counted = counted(&world.log);
                counted.sort();
                assert_eq!(counted, expected);
            }
            let mut after = dump(&world.dynamodb.client()).await;
            let record = format!("billing EVENT#{}/EVENT", event.id);
            let record = after.0.remove(&record).unwrap();
            assert!(
                record.contains("refused") && record.contains("mode"),
                "{record}"
            );
            assert_eq!(after, before, "{}", event.event_type);
        }
    }
}

//! Deliveries as API Gateway passes them: which are received, what the others are
//! answered, and what is counted.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::domain::billing::Fact;
use shared::host::clock::SharedClock;
use shared::host::log::Log;
use shared::host::sink::KeptLines;
use shared::http::ApiError;

use super::*;
use crate::fixtures::{START, SecretsManager, TestClock, sign, variables};
use crate::{Settings, SigningSecrets};

const SECRET: &str = "whsec_one_0123456789abcdef";
const BODY: &str = r#"{"id":"evt_1","object":"event","type":"customer.deleted","created":1800000000,"livemode":false,"data":{"object":{"id":"cus_1"}}}"#;

struct Setting {
    app: App,
    lines: KeptLines,
}

impl Setting {
    fn with(pairs: &[(&str, &str)]) -> Self {
        let lines = KeptLines::default();
        let clock: SharedClock = Arc::new(TestClock::new());
        let log = Log::new("stripe-webhook", clock.clone(), lines.clone());
        let variables = variables(&[pairs, &[("STRIPE_LIVEMODE", "false")]].concat());
        let aws = SecretsManager::default();
        let connection = aws.aws();
        let secrets =
            SigningSecrets::read(&variables, Some(&connection), clock.clone(), log.clone());
        let secrets = secrets.unwrap();
        let settings = Settings::read(&variables).unwrap();
        Setting {
            app: App::new(aws.untouched_store(), clock, settings, secrets, log),
            lines,
        }
    }

    fn new() -> Self {
        Setting::with(&[("STRIPE_WEBHOOK_SECRETS", SECRET)])
    }
}

/// A delivery as the gateway describes it; a body that is not text comes as base64.
fn delivery(signature: Option<&str>, body: &str, encoded: bool) -> Event {
    let headers = signature.map(|signature| json!({"stripe-signature": signature}));
    let event = json!({
        "routeKey": ROUTE_KEY,
        "headers": headers.unwrap_or(json!({})),
        "requestContext": {"requestId": "r-1"},
        "body": body,
        "isBase64Encoded": encoded,
    });
    serde_json::from_value(event).unwrap()
}

fn signed(body: &str) -> Event {
    delivery(Some(&sign(SECRET, START, body.as_bytes())), body, false)
}

/// Status, outcome and type as counted, and a part of the answer's text.
#[track_caller]
fn check_answer(rejection: &Rejection, expected: (u16, &str, &str, &str)) {
    let (status, outcome, event_type, part) = expected;
    assert_eq!(rejection.status(), status);
    assert_eq!(rejection.outcome(), outcome);
    assert_eq!(rejection.counted_type(), event_type);
    let response = ApiError::from(rejection.clone()).to_response("r-1");
    assert_eq!(response.status_code(), status);
    let body: Value = serde_json::from_str(response.body()).unwrap();
    assert_eq!(body["error_description"], rejection.to_string());
    assert!(rejection.to_string().contains(part), "{rejection}");
}

async fn check(setting: &Setting, event: Event, expected: (u16, &str, &str, &str)) {
    let rejection = setting.app.receive(&event).await.unwrap_err();
    check_answer(&rejection, expected);
    let lines = setting.lines.take();
    let line: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    assert_eq!(line["Function"], "stripe-webhook");
    assert_eq!(line["Outcome"], expected.1);
    assert_eq!(line["Type"], expected.2);
    assert_eq!(line["Events"], 1);
    let metrics = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(
        metrics["Dimensions"],
        json!([["Function", "Type", "Outcome"]])
    );
}

#[tokio::test]
async fn a_signed_event_is_received_as_text_and_as_base64() {
    let setting = Setting::new();
    let header = sign(SECRET, START, BODY.as_bytes());
    for event in [
        signed(BODY),
        delivery(Some(&header), &STANDARD.encode(BODY), true),
    ] {
        let received = setting.app.receive(&event).await.unwrap();
        assert_eq!(
            received.fact,
            Fact::CustomerDeleted("cus_1".parse().unwrap())
        );
    }
    assert!(setting.lines.take().is_empty());
}

#[tokio::test]
async fn a_body_is_measured_before_anything_else() {
    let setting = Setting::new();
    let longest = "x".repeat(MAX_BODY_BYTES);
    let longer = format!("{longest}x");
    let too_large = (413, "too_large", "none", "at most 1048576 bytes");
    check(&setting, delivery(None, &longer, false), too_large).await;
    check(
        &setting,
        delivery(None, &STANDARD.encode(&longer), true),
        too_large,
    )
    .await;
    let fits = (400, "unreadable", "none", "$ is not JSON");
    check(&setting, signed(&longest), fits).await;
    let not_base64 = (400, "not_base64", "none", "cannot be decoded");
    check(&setting, delivery(None, "é", true), not_base64).await;
}

#[tokio::test]
async fn an_unsigned_body_is_not_read() {
    let setting = Setting::new();
    let old = sign(SECRET, START - 301, BODY.as_bytes());
    let forged = sign("whsec_of_somebody_else", START, BODY.as_bytes());
    for (header, outcome, part) in [
        (None, "signature_missing", "is missing"),
        (Some(""), "signature_missing", "is missing"),
        (Some("t=1"), "signature_malformed", "no v1 signature"),
        (Some("é"), "signature_malformed", "cannot be read"),
        (
            Some(old.as_str()),
            "signature_not_recent",
            "too far from now",
        ),
        (Some(forged.as_str()), "bad_signature", "does not match"),
    ] {
        for body in [BODY, "{", ""] {
            let event = delivery(header, body, false);
            check(&setting, event, (400, outcome, "none", part)).await;
        }
    }
}

#[tokio::test]
async fn a_signed_but_unreadable_event_is_named() {
    let setting = Setting::new();
    for (body, outcome, event_type, part) in [
        (
            BODY.replace("cus_1", "cus#1"),
            "unreadable",
            "customer.deleted",
            "$.data.object.id must be a Stripe id",
        ),
        (
            r#"{"id":"evt_1","object":"event","type":"new.type"}"#.to_string(),
            "unreadable",
            "other",
            "$.created is missing",
        ),
        (
            r#"{"id":"evt_1","object":"v2.core.event","type":"v1.x"}"#.to_string(),
            "thin",
            "none",
            "\"snapshot\"",
        ),
    ] {
        check(&setting, signed(&body), (400, outcome, event_type, part)).await;
    }
}

#[tokio::test]
async fn without_secrets_stripe_is_asked_to_come_again() {
    let setting = Setting::with(&[("STRIPE_WEBHOOK_SECRET_ARN", "arn:aws:secretsmanager:x")]);
    let expected = (503, "no_secrets", "none", "Try again");
    check(&setting, signed(BODY), expected).await;
}

#[test]
fn whether_money_is_real_must_be_said() {
    for (text, expected) in [
        ("true", Some(true)),
        ("false", Some(false)),
        ("", None),
        ("1", None),
    ] {
        let settings = Settings::read(&variables(&[("STRIPE_LIVEMODE", text)]));
        assert_eq!(
            settings.ok().map(|settings| settings.terms.livemode),
            expected
        );
    }
}

#[tokio::test]
async fn what_became_of_an_event_is_counted_by_types_that_are_known() {
    let setting = Setting::new();
    setting.app.count("invoice.paid", "applied");
    setting.app.count("x\"y", "ignored");
    let lines = setting.lines.take();
    assert!(lines[0].contains(r#""Type":"invoice.paid","Outcome":"applied","Events":1}"#));
    assert!(lines[1].contains(r#""Type":"other","Outcome":"ignored","Events":1}"#));
}

//! The form of a line: JSON in CloudWatch's embedded metric format, one for
//! each request, whatever came of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use shared::host::log::{Figure, Level, Log, Unit};
use shared::host::sink::KeptLines;
use tests::world;

use super::{of_one_request, taken};
use crate::routes::{Functions, delivery, events_folder, recorded};

/// Held against what CloudWatch demands of an embedded metric:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
#[track_caller]
pub(super) fn check_metrics(line: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let Some(aws) = line.get("_aws") else {
        return names;
    };
    assert!(aws["Timestamp"].is_u64(), "{line}");
    for directive in aws["CloudWatchMetrics"].as_array().unwrap() {
        assert_eq!(directive["Namespace"], "DedicatedCredits");
        for dimension in directive["Dimensions"][0].as_array().unwrap() {
            let value = line[dimension.as_str().unwrap()].as_str().unwrap();
            assert!((1..=100).contains(&value.len()), "{line}");
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!((1..=100).contains(&metrics.len()), "{line}");
        for metric in metrics {
            let name = metric["Name"].as_str().unwrap();
            assert!(line[name].is_number(), "{name}: {line}");
            assert!(
                ["Count", "Milliseconds", "Seconds"].contains(&metric["Unit"].as_str().unwrap())
            );
            assert!(names.insert(name.to_string()), "{name} twice: {line}");
        }
    }
    names
}

const ALWAYS: [&str; 5] = [
    "DynamoDbRequests",
    "Latency",
    "ReadUnits",
    "Requests",
    "WriteUnits",
];

#[track_caller]
fn check(line: &Value, event: &Value, response: &Value) {
    let context = &event["requestContext"];
    assert_eq!(line["request_id"], context["requestId"], "{line}");
    assert_eq!(line["route"], event["routeKey"], "{line}");
    assert_eq!(line["status"], response["statusCode"], "{line}");
    assert_eq!(line["Requests"], 1, "{line}");
    let status = response["statusCode"].as_u64().unwrap();
    let level = if status >= 500 { "ERROR" } else { "INFO" };
    assert_eq!(line["level"], level, "{line}");
    if status >= 400 {
        let body = response["body"].as_str().unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(line["outcome"], body["error"], "{line}");
    }
    let mut expected: BTreeSet<String> = ALWAYS.map(str::to_string).into();
    if status >= 500 {
        expected.insert("ServerErrors".into());
    }
    if line["Function"] == "stripe-webhook" && status >= 300 {
        expected.insert("Rejected".into());
    }
    assert_eq!(check_metrics(line), expected, "{line}");
}

#[tokio::test]
async fn every_recorded_event_leaves_one_line_of_its_request() {
    let world = world().await;
    let functions = Functions::of(&world, &[]);
    let mut seen = BTreeSet::new();
    for file in std::fs::read_dir(events_folder()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let mut event = recorded(&name);
        if name == "post-stripe-webhook.json" {
            event = delivery(&world, event["body"].as_str().unwrap());
        }
        for token_use in ["access", "id"] {
            if let Some(claims) = event.pointer_mut("/requestContext/authorizer/jwt/claims") {
                claims["token_use"] = json!(token_use);
            }
            let response = functions.respond(&event).await;
            let line = of_one_request(&world);
            check(&line, &event, &response);
            seen.insert(line["outcome"].as_str().unwrap().to_string());
        }
    }
    // No issuer is there to answer the token route, and no Stripe to sell.
    let expected = [
        "answered",
        "not_found",
        "nothing_bought",
        "temporarily_unavailable",
        "try_again",
        "unauthorized",
    ];
    assert_eq!(seen, expected.map(str::to_string).into());
}

#[tokio::test]
async fn a_replay_and_an_unchanged_answer_are_distinguished_from_others() {
    let world = world().await;
    let functions = Functions::of(&world, &[]);
    let charge = recorded("post-charge.json");
    let mut credits = recorded("get-credits.json");
    for outcome in ["answered", "replayed"] {
        functions.respond(&charge).await;
        assert_eq!(of_one_request(&world)["outcome"], outcome);
    }
    let first = functions.respond(&credits).await;
    assert_eq!(of_one_request(&world)["outcome"], "answered");
    credits["headers"]["if-none-match"] = first["headers"]["etag"].clone();
    functions.respond(&credits).await;
    let line = of_one_request(&world);
    assert_eq!(
        (&line["outcome"], &line["status"]),
        (&json!("not_modified"), &json!(304))
    );
}

#[tokio::test]
async fn lambdas_own_id_is_logged_beside_the_gateways() {
    let world = world().await;
    let functions = Functions::of(&world, &[]);
    let event: shared::http::Event = serde_json::from_value(recorded("get-credits.json")).unwrap();
    let event = event.in_invocation("0b5e7c1d-4c2a".to_string());
    functions.handle(event).await;
    assert_eq!(of_one_request(&world)["lambda_request_id"], "0b5e7c1d-4c2a");
}

/// Whatever a text is, it is read back as it was, from one line; a megabyte is
/// cut to its beginning.
#[test]
fn no_text_breaks_a_line() {
    let lines = KeptLines::default();
    let clock = Arc::new(local::clock::LocalClock::new(
        Some(tests::at(tests::NOW)),
        true,
    ));
    let log = Log::new("credits", clock, lines.clone());
    let every: Vec<char> = (0..0x3000).filter_map(char::from_u32).collect();
    let mut texts: Vec<String> = every.chunks(500).map(String::from_iter).collect();
    texts.push("}\n{\"level\":\"ERROR\"}".to_string());
    for text in texts {
        let mut line = log.line(Level::Error);
        line.text("reason", &text);
        line.metric("Latency", Unit::Milliseconds, Figure::thousandths(1));
        line.write();
        let read = taken(&lines);
        assert_eq!(read.len(), 1);
        assert_eq!(read[0]["reason"], json!(text));
        check_metrics(&read[0]);
    }
    let mut line = log.line(Level::Error);
    line.text("reason", &"\u{1}\"é".repeat(1_000_000));
    line.write();
    let read = taken(&lines);
    let reason = read[0]["reason"].as_str().unwrap();
    assert_eq!(reason.chars().count(), 501, "{reason}");
    assert!(reason.ends_with('…'));
}

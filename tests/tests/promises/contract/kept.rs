//! What a version answered is kept under `tests/fixtures/answers/<version>`: one answer per
//! recorded event, and the description of the API. The next versions only add to it.
//!
//! The one announced exception of 0.1: where profile and launch answered 404 for a token
//! of a user without a record, they answer 200 with nulls. No field changed its type.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};
use shared::host::environment::Variables;
use tests::{NOW, selling_world};

use super::lines::Lines;
use super::{answer_schema, check_body, generated, tokens};
use crate::architecture::{check, folders_in, name_of, root};
use crate::routes::{Functions, recorded};

/// The recorded events in an order in which each finds what it needs; each list in a
/// world of its own, and only answers that are named are kept.
const ORDERS: [&[&str]; 4] = [
    &[
        "post-charge",
        "post-charges-batch",
        "post-quotes",
        "post-hold",
        "post-hold-extend",
        "post-hold-report",
        "post-hold-commit",
        "get-user-credits",
        "get-history",
        "get-usage",
    ],
    &[
        "patch-preferences",
        "get-preferences",
        "get-profile",
        "get-user",
        "get-models",
        "get-credits",
    ],
    &[
        "post-hold",
        "post-hold-release",
        "post-stripe-webhook",
        "post-token",
        "get-unsubscribe",
        "post-unsubscribe",
    ],
    &["get-prices", "post-checkout", "post-portal"],
];

/// Where nobody answers for the issuer, tokens are refused; what an issuer's tokens become
/// is kept beside it.
const WITHOUT_ISSUER: &str = "post-token-unavailable";

/// Set to write the answers of this version anew; they are reviewed like code.
const RECORD: &str = "RECORD_ANSWERS";

fn answers() -> PathBuf {
    root().join("tests/fixtures/answers")
}

/// This version's folder, for example `0.1`.
fn present() -> PathBuf {
    let version: Vec<&str> = env!("CARGO_PKG_VERSION").splitn(3, '.').take(2).collect();
    answers().join(version.join("."))
}

/// Today's answer to every recorded event.
async fn todays() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let mut seen = BTreeSet::new();
    for order in ORDERS {
        let world = selling_world().await;
        let functions = Functions::of(&world, &[]);
        for name in order {
            let event = recorded(&format!("{name}.json"));
            let response = functions.respond(&event).await;
            let body: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
            let answer = json!({
                "routeKey": event["routeKey"],
                "status": response["statusCode"],
                "headers": response["headers"],
                "body": body,
            });
            if seen.insert(*name) {
                let kept_as = match *name {
                    "post-token" => WITHOUT_ISSUER,
                    name => name,
                };
                all.push((kept_as.to_string(), answer));
            }
        }
    }
    all.extend(tokens::answers().await);
    all
}

fn read(file: &std::path::Path) -> Value {
    let text =
        std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The kept answers of all versions, with the version and the event's name.
fn kept() -> Vec<(String, Value)> {
    let mut kept = Vec::new();
    for folder in folders_in(&answers()) {
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|file| file.extension().is_some_and(|kind| kind == "json"))
            .collect();
        files.sort();
        for file in files {
            let name = file.file_stem().unwrap().to_str().unwrap();
            kept.push((format!("{}/{name}", name_of(&folder)), read(&file)));
        }
    }
    assert!(kept.len() >= 16, "only {} answers are kept", kept.len());
    kept
}

/// The document as an answer of an earlier version is read with it: a field that was
/// added since may be missing.
fn lenient(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let is_schema = fields.contains_key("properties");
            let fields = fields.iter();
            let fields = fields.filter(|(name, _)| !(is_schema && *name == "required"));
            fields
                .map(|(name, value)| (name.clone(), lenient(value)))
                .collect()
        }
        Value::Array(items) => items.iter().map(lenient).collect(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn todays_answers_are_what_the_document_says_and_nothing_more() {
    let record = Variables::of_this_process().optional(RECORD) == Some("1");
    let document = generated(openapi::API).value;
    let mut findings = Vec::new();
    for (name, answer) in todays().await {
        let file = present().join(format!("{name}.json"));
        if record {
            std::fs::create_dir_all(present()).unwrap();
            let text = serde_json::to_string_pretty(&answer).unwrap();
            std::fs::write(&file, format!("{text}\n")).unwrap();
        } else if !file.exists() {
            let file = file.display();
            findings.push(format!(
                "{file} is not there: run this test with {RECORD}=1"
            ));
        }
        let key = answer["routeKey"].as_str().unwrap();
        let status = answer["status"].as_u64().unwrap();
        let schema = answer_schema(&document, key, status).unwrap();
        check_body(&document, schema, &answer["body"], &name);
        findings.extend(undescribed(&document, schema, &answer["body"], &name));
    }
    check(findings);
}

#[tokio::test]
async fn what_a_version_answered_can_be_read_as_this_one_describes_it() {
    let document = lenient(&generated(openapi::API).value);
    let mut findings = Vec::new();
    for (name, answer) in kept() {
        let key = answer["routeKey"].as_str().unwrap();
        let status = answer["status"].as_u64().unwrap();
        let schema = answer_schema(&document, key, status).unwrap();
        check_body(&document, schema, &answer["body"], &name);
        findings.extend(undescribed(&document, schema, &answer["body"], &name));
    }
    check(findings);
}

/// The fields of a body that no schema names: forgotten, removed or renamed.
fn undescribed(document: &Value, schema: &Value, body: &Value, place: &str) -> Vec<String> {
    let schema = super::resolved(document, schema);
    let mut schemas = vec![schema];
    for name in ["anyOf", "oneOf", "allOf"] {
        let parts = schema[name].as_array().into_iter().flatten();
        schemas.extend(parts.map(|part| super::resolved(document, part)));
    }
    let part = |name: &str| schemas.iter().find_map(|schema| schema.pointer(name));
    match body {
        Value::Object(fields) => {
            let mut findings = Vec::new();
            for (name, value) in fields {
                let place = format!("{place}.{name}");
                let own = part(&format!("/properties/{name}"));
                match own.or_else(|| part("/additionalProperties")) {
                    Some(schema) => findings.extend(undescribed(document, schema, value, &place)),
                    None => findings.push(format!("{place} is not described in openapi.yaml")),
                }
            }
            findings
        }
        Value::Array(items) => {
            let schema = part("/items").unwrap_or(&Value::Null);
            let all = items.iter();
            all.flat_map(|item| undescribed(document, schema, item, place))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// What a document breaks of an earlier one.
fn broken(earlier: &Value, present: &Value, version: &str) -> Vec<String> {
    let (earlier, present) = (Lines::of(earlier), Lines::of(present));
    let lost = earlier.promised.difference(&present.promised);
    let lost = lost.map(|line| format!("{version} promised, and this version does not: {line}"));
    let added = present.demanded.difference(&earlier.demanded);
    let added = added.filter(|line| {
        // A route that is new may demand what it likes.
        let route = line.split(": ").next().unwrap_or_default();
        earlier.promised.contains(route)
    });
    let added =
        added.map(|line| format!("{version} did not demand, and this version does: {line}"));
    lost.chain(added).collect()
}

#[test]
fn a_version_keeps_what_the_ones_before_it_promised() {
    let present = generated(openapi::API).value;
    let mut findings = Vec::new();
    for folder in folders_in(&answers()) {
        let file = folder.join("openapi.yaml");
        let text = std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let earlier = local::docs::read(&text).unwrap();
        findings.extend(broken(&earlier, &present, name_of(&folder)));
    }
    check(findings);
}

/// A change of the schemas, and what it does.
type Change = (&'static str, fn(&mut Value));

#[test]
fn a_field_that_is_removed_renamed_retyped_or_demanded_is_found_and_one_that_is_added_is_not() {
    let present = generated(openapi::API).value;
    let changed = |change: fn(&mut Value)| {
        let mut changed = present.clone();
        change(&mut changed["components"]["schemas"]);
        broken(&present, &changed, "0.1")
    };
    let taken: [Change; 7] = [
        ("removed", |schemas| {
            let fields = schemas["Credits"]["properties"].as_object_mut().unwrap();
            fields.remove("debt").unwrap();
        }),
        ("renamed", |schemas| {
            let fields = schemas["Lot"]["properties"].as_object_mut().unwrap();
            let field = fields.remove("expiresAt").unwrap();
            fields.insert("endsAt".into(), field);
        }),
        ("retyped", |schemas| {
            schemas["Entry"]["properties"]["seq"] = json!({"type": "string"});
        }),
        ("null for the first time", |schemas| {
            schemas["Profile"]["properties"]["userId"] = json!({"type": ["string", "null"]});
        }),
        ("demanded", |schemas| {
            schemas["Spending"]["required"] = json!(["amount", "modelId"]);
        }),
        ("a word less", |schemas| {
            let words = schemas["Operation"]["enum"].as_array_mut().unwrap();
            words.pop();
        }),
        ("an error less", |schemas| {
            let fields = schemas["InsufficientCreditsError"]["properties"].as_object_mut();
            fields.unwrap().remove("available").unwrap();
        }),
    ];
    for (what, change) in taken {
        assert!(!changed(change).is_empty(), "{what} was not found");
    }
    let added: [Change; 4] = [
        ("a field", |schemas| {
            schemas["Credits"]["properties"]["new"] = json!({"type": "string"});
        }),
        ("a field that is always there", |schemas| {
            schemas["Lot"]["properties"]["new"] = json!({"type": "string"});
            let required = schemas["Lot"]["required"].as_array_mut().unwrap();
            required.push(json!("new"));
        }),
        ("a field that may be sent", |schemas| {
            schemas["Spending"]["properties"]["new"] = json!({"type": "string"});
        }),
        ("a word", |schemas| {
            let words = schemas["Operation"]["enum"].as_array_mut().unwrap();
            words.push(json!("search"));
        }),
    ];
    for (what, change) in added {
        assert_eq!(changed(change), Vec::<String>::new(), "{what} was added");
    }
}

#[test]
fn every_recorded_event_has_its_kept_answer() {
    let kept: BTreeSet<String> = ORDERS.concat().iter().map(ToString::to_string).collect();
    let events = std::fs::read_dir(root().join("events")).unwrap();
    let mut findings = Vec::new();
    for event in events {
        let path = event.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if !kept.contains(name) {
            findings.push(format!(
                "name {name} in ORDERS, and run this with {RECORD}=1"
            ));
        }
    }
    check(findings);
    assert_eq!(
        NOW, "2025-11-06T14:30:00Z",
        "the kept answers are of this moment"
    );
}

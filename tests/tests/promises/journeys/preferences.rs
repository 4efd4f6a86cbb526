//! What a user has chosen: shown, changed in part, and refused whole when any
//! of it is not possible. A refused change leaves every table as it was, byte
//! for byte.

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use local::dynamodb::Fault;
use serde_json::{Value, json};
use tests::{Answer, Served, SignedIn, dump};

const PREFERENCES: &str = "/api/user/preferences";
const SCOPES: &str = "user.info credits.read";

/// As text, because the order of the fields is promised too.
const DEFAULTS: &str = concat!(
    r#"{"defaultModel":null,"emailNotifications":true,"usageAlerts":true,"#,
    r#""enableStreaming":true,"maxTokens":4096,"temperature":0.7}"#
);

#[track_caller]
fn check_answered(answer: &Answer, expected: &Value) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json(), *expected);
    // A cached answer would hide the user's own change from them.
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.headers.contains_key("etag"));
}

#[tokio::test]
async fn a_user_without_preferences_has_the_defaults_and_nothing_is_written() {
    let served = Served::unlimited().await;
    let before = dump(&served.world.dynamodb.client()).await;
    let token = served.token("a-stranger", SCOPES).await;
    let answer = served.with(&token).get(PREFERENCES).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, DEFAULTS));
    assert_eq!(dump(&served.world.dynamodb.client()).await, before);
}

#[tokio::test]
async fn a_change_names_what_it_changes_and_leaves_the_rest() {
    let served = Served::unlimited().await;
    let token = served.token("a-stranger", SCOPES).await;
    let app = served.with(&token);
    let mut expected: Value = serde_json::from_str(DEFAULTS).unwrap();
    for (field, sent, shown) in [
        ("defaultModel", json!("gpt-5"), json!("gpt-5")),
        ("emailNotifications", json!(false), json!(false)),
        ("usageAlerts", json!(false), json!(false)),
        ("enableStreaming", json!(false), json!(false)),
        ("maxTokens", json!(1), json!(1)),
        ("maxTokens", json!(1_000_000), json!(1_000_000)),
        ("temperature", json!(0), json!(0)),
        ("temperature", json!(1), json!(1)),
        ("temperature", json!(1.0), json!(1)),
        ("temperature", json!(0.7), json!(0.7)),
        ("temperature", json!(1.25), json!(1.25)),
        ("temperature", json!("0.05"), json!(0.05)),
        ("emailNotifications", json!(true), json!(true)),
        ("defaultModel", Value::Null, Value::Null),
    ] {
        let patch = json!({field: sent}).to_string();
        expected[field] = shown;
        // Sending it again does no harm: the app may not have seen the answer.
        for _ in 0..2 {
            check_answered(&app.patch(PREFERENCES, &patch).await, &expected);
            check_answered(&app.get(PREFERENCES).await, &expected);
        }
    }
}

#[tokio::test]
async fn a_change_shows_at_once_wherever_preferences_are_shown() {
    let served = Served::unlimited().await;
    let token = served.token("free-user", SCOPES).await;
    let app = served.with(&token);
    // All three have been asked before, so a cache would give itself away.
    for path in [PREFERENCES, "/api/user/profile", "/api/user"] {
        assert_eq!(app.get(path).await.status, 200);
    }
    let patch = r#"{"defaultModel":"gemini-2.0-pro","usageAlerts":false,"maxTokens":99}"#;
    assert_eq!(app.patch(PREFERENCES, patch).await.status, 200);
    let notices = json!({
        "defaultModel": "gemini-2.0-pro", "emailNotifications": true, "usageAlerts": false,
    });
    assert_eq!(app.get(PREFERENCES).await.json()["maxTokens"], 99);
    let profile = app.get("/api/user/profile").await.json();
    assert_eq!(profile["preferences"], notices);
    let launch = app.get("/api/user").await.json();
    assert_eq!(launch["user"]["preferences"], notices);
}

#[tokio::test]
async fn a_change_by_a_known_user_writes_the_preferences_and_nothing_else() {
    let served = Served::unlimited().await;
    let client = served.world.dynamodb.client();
    for id in ["free-user", "pro-user"] {
        let token = served.token(id, SCOPES).await;
        let before = dump(&client).await;
        let patch = r#"{"temperature":1.5}"#;
        let answer = served.with(&token).patch(PREFERENCES, patch).await;
        assert_eq!(answer.status, 200, "{id}: {}", answer.text);
        let mut after = dump(&client).await;
        let own = format!("users USER#{id}/PREFERENCES");
        let written = after.0.remove(&own).unwrap();
        assert!(written.contains(r#""temperature_hundredths":{"N":"150"}"#));
        let mut before = before;
        before.0.remove(&own);
        assert_eq!(after, before, "{id}");
    }
}

/// Each body is refused with that status and error, names those fields, and
/// leaves the tables as they were.
async fn check_refused(app: SignedIn<'_>, served: &Served, body: &str, expected: (u16, &str)) {
    let client = served.world.dynamodb.client();
    let before = dump(&client).await;
    let answer = app.patch(PREFERENCES, body).await;
    let short: String = body.chars().take(80).collect();
    assert_eq!(answer.status, expected.0, "{short}: {}", answer.text);
    let error = answer.json();
    let found = match expected.0 {
        422 => {
            assert_eq!(error["error"], "validation_failed", "{short}");
            let fields = error["fields"].as_object().unwrap();
            fields.keys().cloned().collect::<Vec<_>>().join(" ")
        }
        _ => error["error"].as_str().unwrap().to_string(),
    };
    assert_eq!(found, expected.1, "{short}");
    assert!(error["requestId"].is_string(), "{short}");
    assert_eq!(dump(&client).await, before, "{short} wrote something");
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused() {
    let served = Served::unlimited().await;
    let too_long = format!(r#"{{"defaultModel":"{}"}}"#, "m".repeat(16 * 1024));
    let deep = "[".repeat(10_000);
    for (body, expected) in [
        ("", (400, "invalid_request")),
        ("not JSON", (400, "invalid_request")),
        (r#"{"usageAlerts":false"#, (400, "invalid_request")),
        (r#"{"usageAlerts":false} {}"#, (400, "invalid_request")),
        (r#"{usageAlerts:false}"#, (400, "invalid_request")),
        (deep.as_str(), (400, "invalid_request")),
        (r#"{"maxTokens":1,"maxTokens":1}"#, (400, "invalid_request")),
        (
            r#"{"maxTokens":{"a":[{"b":1,"b":2}]}}"#,
            (400, "invalid_request"),
        ),
        (too_long.as_str(), (413, "too_large")),
        ("[]", (422, "")),
        (r#"[{"usageAlerts":false}]"#, (422, "")),
        ("null", (422, "")),
        ("7", (422, "")),
        (r#""usageAlerts""#, (422, "")),
        ("{}", (422, "")),
    ] {
        for id in ["free-user", "a-stranger"] {
            let token = served.token(id, SCOPES).await;
            check_refused(served.with(&token), &served, body, expected).await;
        }
    }
}

#[tokio::test]
async fn a_field_that_is_not_possible_is_named_and_nothing_of_the_body_happens() {
    let served = Served::unlimited().await;
    let token = served.token("free-user", SCOPES).await;
    let long_model = "m".repeat(101);
    for (body, fields) in [
        (json!({"theme": "dark"}), "theme"),
        (json!({"userId": "pro-user"}), "userId"),
        (json!({"default_model": "gpt-5"}), "default_model"),
        (json!({"usageAlerts": false, "theme": 1}), "theme"),
        (json!({"emailNotifications": null}), "emailNotifications"),
        (json!({"usageAlerts": null}), "usageAlerts"),
        (json!({"enableStreaming": "true"}), "enableStreaming"),
        (json!({"emailNotifications": 1}), "emailNotifications"),
        (json!({"maxTokens": null}), "maxTokens"),
        (json!({"maxTokens": 0}), "maxTokens"),
        (json!({"maxTokens": -1}), "maxTokens"),
        (json!({"maxTokens": 1_000_001}), "maxTokens"),
        (json!({"maxTokens": u64::MAX}), "maxTokens"),
        (json!({"maxTokens": 1.5}), "maxTokens"),
        (json!({"maxTokens": "4096"}), "maxTokens"),
        (json!({"temperature": null}), "temperature"),
        (json!({"temperature": 2.01}), "temperature"),
        (json!({"temperature": -0.1}), "temperature"),
        (json!({"temperature": 0.123}), "temperature"),
        (json!({"temperature": [0.7]}), "temperature"),
        (json!({"defaultModel": "gpt-6"}), "defaultModel"),
        (json!({"defaultModel": "GPT-5"}), "defaultModel"),
        (json!({"defaultModel": "MODEL#gpt-5"}), "defaultModel"),
        (json!({"defaultModel": ""}), "defaultModel"),
        (json!({"defaultModel": long_model}), "defaultModel"),
        (json!({"defaultModel": 5}), "defaultModel"),
        (
            json!({"defaultModel": "x", "maxTokens": 0, "usageAlerts": 0, "a": 1, "maxtokens": 5}),
            "a defaultModel maxTokens maxtokens usageAlerts",
        ),
        (
            json!({"usageAlerts": false, "temperature": 1, "maxTokens": 0}),
            "maxTokens",
        ),
    ] {
        let body = body.to_string();
        check_refused(served.with(&token), &served, &body, (422, fields)).await;
    }
}

#[tokio::test]
async fn a_body_of_another_media_type_arrives_in_base64_and_is_read_alike() {
    let served = Served::unlimited().await;
    let token = served.token("free-user", SCOPES).await;
    for (content_type, tokens) in [("application/octet-stream", 7), ("", 8)] {
        let body = json!({"maxTokens": tokens}).to_string();
        let headers = [("content-type", content_type)];
        let answer = served
            .with(&token)
            .send("PATCH", PREFERENCES, &headers, Some(&body))
            .await;
        assert_eq!(answer.json()["maxTokens"], tokens, "{content_type:?}");
    }
}

#[tokio::test]
async fn preferences_of_a_newer_release_are_neither_shown_nor_overwritten() {
    let served = Served::unlimited().await;
    let client = served.world.dynamodb.client();
    let newer = client
        .update_item()
        .table_name("users")
        .key("pk", S("USER#free-user".into()))
        .key("sk", S("PREFERENCES".into()))
        .update_expression("SET schema_version = :newer, theme = :theme")
        .expression_attribute_values(":newer", N("2".into()))
        .expression_attribute_values(":theme", S("dark".into()));
    newer.send().await.unwrap();
    let token = served.token("free-user", SCOPES).await;
    let app = served.with(&token);
    let before = dump(&client).await.without_rate_counters();
    let patch = r#"{"usageAlerts":false}"#;
    for answer in [
        app.get(PREFERENCES).await,
        app.patch(PREFERENCES, patch).await,
        app.get("/api/user/profile").await,
        app.get("/api/user").await,
    ] {
        assert_eq!(answer.status, 500, "{}", answer.text);
        assert_eq!(answer.json()["error"], "internal");
        // What is wrong with which item is for the log alone.
        assert!(!answer.text.contains("schema") && !answer.text.contains("USER#"));
    }
    assert_eq!(dump(&client).await.without_rate_counters(), before);
}

#[tokio::test]
async fn a_change_whose_reply_was_lost_on_the_way_is_still_made_and_answered() {
    for fault in [
        Fault::LostReply,
        Fault::ServerErrorAfterApply,
        Fault::NotSent,
    ] {
        let served = Served::unlimited().await;
        let token = served.token("free-user", SCOPES).await;
        served.world.dynamodb.faults().push("UpdateItem", fault);
        let patch = r#"{"usageAlerts":false}"#;
        let answer = served.with(&token).patch(PREFERENCES, patch).await;
        assert_eq!(answer.status, 200, "{fault:?}: {}", answer.text);
        assert_eq!(answer.json()["usageAlerts"], false, "{fault:?}");
        assert_eq!(served.world.dynamodb.faults().unused(), 0, "{fault:?}");
    }
}

//! Somebody with a valid token of whom the tables know nothing: shown as a user of the
//! free tier, and made one by the first change of preferences.

use local::dynamodb::Fault;
use serde_json::{Value, json};
use tests::{NOW, Served, dump};

const PROFILE: &str = "/api/user/profile";
const PREFERENCES: &str = "/api/user/preferences";
const LAUNCH: &str = "/api/user";
const SCOPES: &str = "user.info credits.read";
const ID: &str = "a-stranger";
const OWN_PROFILE: &str = "users USER#a-stranger/PROFILE";
const OWN_PREFERENCES: &str = "users USER#a-stranger/PREFERENCES";

/// As text, because the order of the fields is promised too.
const STRANGER: &str = concat!(
    r#"{"userId":"a-stranger","email":null,"displayName":null,"#,
    r#""subscription":{"tier":"free","status":"active","currentPeriodStart":null,"#,
    r#""currentPeriodEnd":null,"cancelAtPeriodEnd":false,"price":null},"#,
    r#""preferences":{"defaultModel":null,"emailNotifications":true,"usageAlerts":true},"#,
    r#""accountCreatedAt":null,"lastLoginAt":null,"#,
    r#""billing":{"canManage":false,"portalAvailable":false}}"#
);

#[tokio::test]
async fn a_valid_token_is_proof_enough_and_reading_writes_nothing() {
    let served = Served::unlimited().await;
    let client = served.world.dynamodb.client();
    let before = dump(&client).await;
    let token = served.token(ID, SCOPES).await;
    let app = served.with(&token);
    let profile = app.get(PROFILE).await;
    assert_eq!((profile.status, profile.text.as_str()), (200, STRANGER));
    assert_eq!(profile.header("cache-control"), "private, max-age=3600");
    let credits = app.get("/api/user/credits").await.text;
    let launch = app.get(LAUNCH).await;
    let expected = format!(r#"{{"user":{STRANGER},"credits":{credits}}}"#);
    assert_eq!((launch.status, launch.text), (200, expected));
    let held = app.get_unless(PROFILE, profile.header("etag")).await;
    assert_eq!(held.status, 304);
    assert_eq!(app.get(PREFERENCES).await.status, 200);
    assert_eq!(dump(&client).await.without_rate_counters(), before);
}

#[tokio::test]
async fn the_first_change_of_preferences_creates_the_user() {
    let served = Served::unlimited().await;
    let client = served.world.dynamodb.client();
    let before = dump(&client).await;
    let token = served.token(ID, SCOPES).await;
    let app = served.with(&token);
    for _ in 0..2 {
        let answer = app.patch(PREFERENCES, r#"{"maxTokens":7}"#).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let expected = json!({
            "defaultModel": null, "emailNotifications": true, "usageAlerts": true,
            "enableStreaming": true, "maxTokens": 7, "temperature": 0.7,
        });
        assert_eq!(answer.json(), expected);
    }
    let mut after = dump(&client).await;
    let profile: Value = serde_json::from_str(&after.0.remove(OWN_PROFILE).unwrap()).unwrap();
    let expected = json!({"M": {
        "pk": {"S": "USER#a-stranger"}, "sk": {"S": "PROFILE"}, "entity": {"S": "User"},
        "schema_version": {"N": "1"}, "user_id": {"S": ID}, "created_at": {"S": NOW},
        "active": {"BOOL": true},
    }});
    assert_eq!(profile, expected);
    assert!(after.0.remove(OWN_PREFERENCES).is_some());
    assert_eq!(after, before, "nothing else was written");
    let shown = app.get(PROFILE).await.json();
    let created = format!(r#""accountCreatedAt":"{NOW}""#);
    let expected = STRANGER.replace(r#""accountCreatedAt":null"#, &created);
    assert_eq!(shown, serde_json::from_str::<Value>(&expected).unwrap());
}

#[tokio::test]
async fn a_refused_change_creates_nobody() {
    let served = Served::unlimited().await;
    let client = served.world.dynamodb.client();
    let before = dump(&client).await;
    let token = served.token(ID, SCOPES).await;
    for body in ["{}", "{", r#"{"theme":1}"#, r#"{"defaultModel":"gpt-99"}"#] {
        let answer = served.with(&token).patch(PREFERENCES, body).await;
        assert!([400, 422].contains(&answer.status), "{body}");
    }
    assert_eq!(dump(&client).await, before);
}

/// Many devices of one new user, each with a choice of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_at_once_create_the_user_once_and_none_is_lost() {
    let served = Served::unlimited().await;
    let client = served.world.dynamodb.client();
    let before = dump(&client).await;
    let user = served.as_user(ID).await;
    let changes = [
        r#"{"emailNotifications":false}"#,
        r#"{"usageAlerts":false}"#,
        r#"{"enableStreaming":false}"#,
        r#"{"maxTokens":9}"#,
        r#"{"temperature":1.5}"#,
        r#"{"defaultModel":"gpt-5"}"#,
    ];
    let tasks: Vec<_> = changes
        .into_iter()
        .map(|change| {
            let user = user.clone();
            tokio::spawn(async move {
                // Who loses every race for six seconds is told to try again.
                loop {
                    let answer = user.send("PATCH", PREFERENCES, &[], change).await;
                    if answer.status != 503 {
                        break answer;
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        let answer = task.await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let expected = json!({
        "defaultModel": "gpt-5", "emailNotifications": false, "usageAlerts": false,
        "enableStreaming": false, "maxTokens": 9, "temperature": 1.5,
    });
    assert_eq!(user.get(PREFERENCES).await.json(), expected);
    let mut after = dump(&client).await;
    for own in [OWN_PROFILE, OWN_PREFERENCES] {
        assert!(after.0.remove(own).is_some(), "{own}");
    }
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_creation_whose_reply_was_lost_is_made_and_answered() {
    for fault in [
        Fault::LostReply,
        Fault::ServerErrorAfterApply,
        Fault::NotSent,
        Fault::Throttled,
    ] {
        let served = Served::unlimited().await;
        let token = served.token(ID, SCOPES).await;
        let faults = served.world.dynamodb.faults();
        faults.push("TransactWriteItems", fault);
        let app = served.with(&token);
        let answer = app.patch(PREFERENCES, r#"{"maxTokens":7}"#).await;
        assert_eq!(answer.status, 200, "{fault:?}: {}", answer.text);
        assert_eq!(answer.json()["maxTokens"], 7, "{fault:?}");
        assert_eq!(app.get(PREFERENCES).await.json()["maxTokens"], 7);
        assert_eq!(faults.unused(), 0, "{fault:?}");
    }
}

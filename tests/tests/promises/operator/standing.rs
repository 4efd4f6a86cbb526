//! Users whom an operator deactivated or erased, and what their tokens, which are still
//! valid, may do: a deactivated user reads and writes nothing, an erased one does neither
//! and never comes back.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::{dump, user};

use super::ground::Ground;
use crate::contract::check_answer;
use crate::routes::{Functions, events_folder, recorded};

const READS: [&str; 3] = ["get-profile", "get-user", "get-preferences"];
const PATCH: &str = "patch-preferences";
const WHY: [&str; 2] = ["--reason", "ticket 513"];
const NEW: &str = "a-stranger";

fn event(name: &str, id: &str) -> Value {
    let mut event = recorded(&format!("{name}.json"));
    if event["pathParameters"]["userId"].is_string() {
        event["pathParameters"]["userId"] = json!(id);
    } else {
        event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = json!(id);
    }
    event
}

impl Ground {
    /// Status and code of an answer; no code if it is a good one.
    async fn asks(&self, name: &str, id: &str) -> (u64, String) {
        let functions = Functions::of(&self.world, &[]);
        let response = functions.respond(&event(name, id)).await;
        let body: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
        let code = body["error"].as_str().unwrap_or_default().to_string();
        (response["statusCode"].as_u64().unwrap(), code)
    }

    /// The same of a request that must leave all tables as they were.
    async fn asks_in_vain(&self, name: &str, id: &str) -> (u64, String) {
        let client = self.world.dynamodb.client();
        let before = dump(&client).await.without_rate_counters();
        let answer = self.asks(name, id).await;
        let after = dump(&client).await.without_rate_counters();
        assert_eq!(after, before, "{name} of {id} wrote something");
        answer
    }

    async fn deactivate(&self, id: &str) {
        let words = [&["user", "deactivate", id][..], &WHY].concat();
        self.says(&words, 0).await;
    }

    /// Somebody whom the tables know by an account alone.
    async fn charged(&self, id: &str) {
        assert_eq!(self.asks("post-charge", id).await.0, 201, "{id}");
    }
}

fn answer(status: u64, code: &str) -> (u64, String) {
    (status, code.to_string())
}

#[tokio::test]
async fn a_deactivated_user_reads_and_writes_nothing() {
    let ground = Ground::seeded().await;
    ground.charged(NEW).await;
    for id in ["free-user", NEW] {
        ground.deactivate(id).await;
        for name in READS.into_iter().chain(["get-credits", "get-history"]) {
            assert_eq!(ground.asks(name, id).await.0, 200, "{id}: {name}");
        }
        for name in [PATCH, "post-charge", "post-hold"] {
            let mut event = event(name, id);
            if event["headers"]["idempotency-key"].is_string() {
                event["headers"]["idempotency-key"] = json!("another");
            }
            let client = ground.world.dynamodb.client();
            let before = dump(&client).await.without_rate_counters();
            let response = Functions::of(&ground.world, &[]).respond(&event).await;
            assert_eq!(response["statusCode"], 403, "{id}: {name}: {response}");
            let body = response["body"].as_str().unwrap();
            assert!(body.contains("user_inactive"), "{id}: {name}: {body}");
            let after = dump(&client).await.without_rate_counters();
            assert_eq!(after, before, "{id}: {name}");
        }
        let words = [&["user", "activate", id][..], &WHY].concat();
        ground.says(&words, 0).await;
        assert_eq!(ground.asks(PATCH, id).await.0, 200, "{id}");
    }
    ground.says(&["verify", "--all"], 0).await;
}

/// Operations that end what a user began before: an operator stops nothing of it.
const ENDINGS: [&str; 3] = [
    "POST /api/users/{userId}/holds/{holdId}/commit",
    "POST /api/users/{userId}/holds/{holdId}/release",
    "POST /api/users/{userId}/holds/{holdId}/report",
];
/// What each charge of a batch gets.
const BATCH: &str = "POST /api/users/{userId}/charges/batch";
/// Says what would be charged, and charges nothing.
const QUOTES: &str = "POST /v1/quotes";

/// Every operation that asks for a token, by the events that the routes were recorded
/// with: what reads is answered, what ends a hold too, and all else is refused.
#[tokio::test]
async fn a_deactivated_user_begins_nothing_on_any_route_of_the_document() {
    let ground = Ground::seeded().await;
    for name in ["post-hold", "post-charge"] {
        assert_eq!(ground.asks(name, "free-user").await.0, 201, "{name}");
    }
    ground.deactivate("free-user").await;
    for (key, name) in recorded_operations() {
        let mut event = event(&name, "free-user");
        if event["headers"]["idempotency-key"].is_string() {
            event["headers"]["idempotency-key"] = json!("another");
        }
        let client = ground.world.dynamodb.client();
        let before = dump(&client).await.without_rate_counters();
        let response = Functions::of(&ground.world, &[]).respond(&event).await;
        let status = response["statusCode"].as_u64().unwrap();
        let body = response["body"].as_str().unwrap();
        check_answer(&key, status, body);
        if ENDINGS.contains(&key.as_str()) {
            let is_refused = body.contains("user_inactive");
            assert!(!is_refused, "{key}: {status} {body}");
            continue;
        }
        if key.starts_with("GET ") || key == QUOTES {
            assert_eq!(status, 200, "{key}: {body}");
        } else if key == BATCH {
            assert_eq!(status, 200, "{key}: {body}");
            let body: Value = serde_json::from_str(body).unwrap();
            let results = body["results"].as_array().unwrap().iter();
            // What is wrong by itself says so.
            let valid = results.filter(|result| result["error"] != "validation_failed");
            let valid: Vec<&Value> = valid.collect();
            assert!(valid.len() >= 2, "{key}: {body}");
            for result in valid {
                assert_eq!(result["error"], "user_inactive", "{key}: {body}");
            }
        } else {
            assert_eq!(status, 403, "{key}: {body}");
            assert!(body.contains("user_inactive"), "{key}: {body}");
        }
        let after = dump(&client).await.without_rate_counters();
        assert_eq!(after, before, "{key} wrote something");
    }
}

/// The operations of openapi.yaml that ask for a token, each with its recorded event.
fn recorded_operations() -> Vec<(String, String)> {
    let events = std::fs::read_dir(events_folder()).unwrap();
    let names = events.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = names.filter_map(|name| name.strip_suffix(".json").map(str::to_string));
    let mut by_key = BTreeMap::new();
    for name in names {
        let event = recorded(&format!("{name}.json"));
        by_key.insert(event["routeKey"].as_str().unwrap().to_string(), name);
    }
    let documents = openapi::documents().unwrap();
    let mut documents = documents.iter();
    let document = documents.find(|it| it.path == openapi::API).unwrap();
    let mut all = Vec::new();
    for (path, methods) in document.value["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let key = format!("{} {path}", method.to_uppercase());
            if operation["security"].as_array().unwrap().is_empty() {
                continue;
            }
            let name = by_key.get(&key);
            let name = name.unwrap_or_else(|| panic!("events/ has no event of {key}"));
            all.push((key, name.clone()));
        }
    }
    all
}

#[tokio::test]
async fn what_somebody_erased_is_answered_is_described_on_any_route_of_the_document() {
    let ground = Ground::seeded().await;
    assert_eq!(ground.asks("post-hold", "free-user").await.0, 201);
    ground.says(&["erase", "free-user", "--yes"], 0).await;
    for (key, name) in recorded_operations() {
        let response = Functions::of(&ground.world, &[]);
        let response = response.respond(&event(&name, "free-user")).await;
        let status = response["statusCode"].as_u64().unwrap();
        check_answer(&key, status, response["body"].as_str().unwrap());
    }
}

#[tokio::test]
async fn somebody_erased_is_not_found_and_a_change_does_not_bring_them_back() {
    let ground = Ground::seeded().await;
    ground.charged(NEW).await;
    assert_eq!(ground.asks(PATCH, "free-user").await.0, 200);
    for id in ["free-user", NEW] {
        ground.says(&["erase", id, "--yes"], 0).await;
        for name in READS.into_iter().chain([PATCH]) {
            let found = ground.asks_in_vain(name, id).await;
            assert_eq!(found, answer(404, "not_found"), "{id}: {name}");
        }
    }
    ground.says(&["verify", "--all"], 0).await;
}

/// The change has seen the user as they were; then they are erased, then it writes.
#[tokio::test]
async fn an_erasure_in_the_midst_of_a_change_wins() {
    for (has_preferences, held) in [(true, "UpdateItem"), (false, "TransactWriteItems")] {
        for is_known in [true, false] {
            if has_preferences && !is_known {
                continue;
            }
            let ground = Ground::seeded().await;
            ground.charged(NEW).await;
            if is_known {
                assert_eq!(ground.asks(PATCH, NEW).await.0, 200);
            }
            if is_known && !has_preferences {
                ground.forget_preferences().await;
            }
            let held = ground.world.dynamodb.faults().hold(held);
            let (answered, ()) = tokio::join!(ground.asks(PATCH, NEW), async {
                assert!(held.reached().await);
                ground.says(&["erase", NEW, "--yes"], 0).await;
                held.release();
            });
            assert_eq!(answered, answer(404, "not_found"), "known: {is_known}");
            let person = ground.world.store.load_person(&user(NEW)).await.unwrap();
            assert!(person.erased && person.preferences.is_none(), "{person:?}");
            ground.says(&["verify", "--all"], 0).await;
        }
    }
}

/// The erasure has seen no preferences; they are created, then it writes.
#[tokio::test]
async fn preferences_that_are_created_in_the_midst_of_an_erasure_go_with_it() {
    let ground = Ground::seeded().await;
    ground.charged(NEW).await;
    assert_eq!(ground.asks(PATCH, NEW).await.0, 200);
    ground.forget_preferences().await;
    let store = &ground.world.store;
    let erasing = ground.world.dynamodb.faults().hold("TransactWriteItems");
    let leaving = user(NEW);
    let (erased, ()) = tokio::join!(store.erase_person(&leaving), async {
        assert!(erasing.reached().await);
        assert_eq!(ground.asks(PATCH, NEW).await.0, 200);
        erasing.release();
    });
    assert!(erased.unwrap());
    ground.says(&["erase", NEW, "--yes"], 0).await;
    let person = ground.world.store.load_person(&user(NEW)).await.unwrap();
    assert!(person.erased && person.preferences.is_none(), "{person:?}");
    ground.says(&["verify", "--all"], 0).await;
}

#[tokio::test]
async fn a_deactivation_in_the_midst_of_a_creation_is_not_overlooked() {
    let ground = Ground::seeded().await;
    ground.charged(NEW).await;
    let held = ground.world.dynamodb.faults().hold("TransactWriteItems");
    let (answered, ()) = tokio::join!(ground.asks(PATCH, NEW), async {
        assert!(held.reached().await);
        ground.deactivate(NEW).await;
        held.release();
    });
    assert_eq!(answered, answer(403, "user_inactive"));
    let person = ground.world.store.load_person(&user(NEW)).await.unwrap();
    assert!(person.user.is_none() && person.preferences.is_none());
}

#[tokio::test]
async fn an_operator_sees_a_user_who_came_by_themselves_like_any_other() {
    let ground = Ground::seeded().await;
    assert_eq!(ground.asks(PATCH, NEW).await.0, 200);
    let found = ground.tells(&["user", "find", NEW], 0).await;
    assert_eq!(found["found"]["email"], Value::Null);
    assert_eq!(found["found"]["problems"], json!([]));
    let said = ground.says(&["user", "list"], 0).await;
    let line = said.lines().find(|line| line.starts_with(NEW)).unwrap();
    assert!(line.contains("(no address)  active"), "{line}");
    ground.says(&["user", "show", NEW], 0).await;
    let words = ["user", "create", NEW, "--email", "new@example.com"];
    ground.leaves_all(&[&words[..], &WHY].concat(), 1).await;
    ground.deactivate(NEW).await;
    assert_eq!(ground.asks(PATCH, NEW).await.0, 403);
    ground.says(&["verify", "--all"], 0).await;
}

impl Ground {
    /// Their profile stays without preferences, as after a sign-up.
    async fn forget_preferences(&self) {
        use aws_sdk_dynamodb::types::AttributeValue::S;
        let delete = self.world.dynamodb.client().delete_item();
        let delete = delete
            .table_name("users")
            .key("pk", S(format!("USER#{NEW}")));
        delete
            .key("sk", S("PREFERENCES".into()))
            .send()
            .await
            .unwrap();
    }
}

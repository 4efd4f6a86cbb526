//! Ids that are longer than Stripe's have ever been: up to the limit they are
//! taken like any other, beyond it the event is answered with the place, and
//! nothing in between fails for want of a name.

use local::stripe::{Scenario, StoryEvent};
use serde_json::Value;

use super::super::ground::{Ground, prices};
use super::super::holds_true::Scene;
use super::super::post::Endpoint;
use super::sent;

/// What ids of Stripe's start with; prices and links are the catalogue's.
const KINDS: [&str; 9] = [
    "evt_", "cus_", "sub_", "in_", "il_", "pi_", "re_", "dp_", "cs_",
];

/// The same value with every id in it filled up to a length.
fn lengthened(value: &Value, length: usize) -> Value {
    match value {
        Value::String(text) if KINDS.iter().any(|kind| text.starts_with(kind)) => {
            Value::String(format!("{text:X<length$}"))
        }
        Value::Array(members) => members.iter().map(|it| lengthened(it, length)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), lengthened(value, length)))
            .collect(),
        other => other.clone(),
    }
}

fn with_ids_of(length: usize, event: &StoryEvent) -> StoryEvent {
    let mut event = event.clone();
    event.body = lengthened(&event.body, length);
    event
}

#[tokio::test(start_paused = true)]
async fn an_id_of_any_length_that_is_taken_never_makes_an_event_fail() {
    for scenario in Scenario::ALL {
        for length in [60, 100] {
            let ground = Ground::with(&prices()).await;
            let endpoint = Endpoint::on(&ground.connection());
            for event in sent(*scenario) {
                let event = with_ids_of(length, &event);
                let answer = endpoint.deliver(&event).await;
                assert_eq!(answer.status(), 200, "{scenario:?} {length}: {answer:?}");
                let id = event.body["id"].as_str().unwrap();
                let outcome = &Scene::of(&ground).await.records[id];
                assert_ne!(outcome, "refused", "{scenario:?} {length}: {event:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_longer_id_is_answered_with_its_place() {
    for scenario in Scenario::ALL {
        let ground = Ground::with(&prices()).await;
        let endpoint = Endpoint::on(&ground.connection());
        for event in sent(*scenario) {
            let answer = endpoint.deliver(&with_ids_of(101, &event)).await;
            assert_eq!(answer.status(), 400, "{scenario:?}: {answer:?}");
            assert!(answer.text().contains("$."), "{scenario:?}: {answer:?}");
        }
    }
}

//! Every route of users has a limit per minute and user; those of services have none.
//! The routes are those of the recorded events, which has every route of the template.

use serde_json::Value;
use tests::unheard_world;

use super::{Functions, events_folder, recorded};

/// The variables of the template that limit users, each set to so many points.
fn limits_of(world: &local::World, points: &'static str) -> Vec<(String, &'static str)> {
    let functions = world.deployment.functions.iter();
    let names = functions.flat_map(|function| function.variables.keys());
    let limits = names.filter(|name| name.starts_with("RATE_LIMIT_"));
    limits.map(|name| (name.clone(), points)).collect()
}

/// The recorded events that come with a token, and whether it is a user's.
fn events() -> Vec<(String, bool, Value)> {
    let mut all = Vec::new();
    for file in std::fs::read_dir(events_folder()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let event = recorded(&name);
        let claims = &event["requestContext"]["authorizer"]["jwt"]["claims"];
        let Some(subject) = claims["sub"].as_str() else {
            continue;
        };
        let is_user = claims["client_id"] != *subject;
        all.push((name, is_user, event));
    }
    all
}

/// The last of several answers to one event.
async fn asked(functions: &Functions, event: &Value, times: usize) -> Value {
    let mut answer = Value::Null;
    for _ in 0..times {
        answer = functions.respond(event).await;
    }
    answer
}

#[tokio::test]
async fn every_route_of_users_refuses_who_asks_too_often_and_no_route_of_services_does() {
    let events = events();
    assert!(events.iter().filter(|(_, is_user, _)| *is_user).count() >= 12);
    for (name, is_user, event) in events {
        // A world each: what one route counts is not another's.
        let world = unheard_world().await;
        let limits = limits_of(&world, "1");
        let limits: Vec<_> = limits
            .iter()
            .map(|(name, it)| (name.as_str(), *it))
            .collect();
        let answer = asked(&Functions::of(&world, &limits), &event, 3).await;
        if is_user {
            assert_eq!(answer["statusCode"], 429, "{name}: {answer}");
            let headers = &answer["headers"];
            assert_eq!(headers["ratelimit-limit"], "1", "{name}: {answer}");
            assert_eq!(headers["ratelimit-remaining"], "0", "{name}: {answer}");
            assert!(headers["retry-after"].is_string(), "{name}: {answer}");
        } else {
            assert_ne!(answer["statusCode"], 429, "{name}: {answer}");
            assert!(answer["headers"]["ratelimit-limit"].is_null(), "{name}");
        }
        let off = limits_of(&world, "0");
        let off: Vec<_> = off.iter().map(|(name, it)| (name.as_str(), *it)).collect();
        let answer = asked(&Functions::of(&world, &off), &event, 3).await;
        assert_ne!(answer["statusCode"], 429, "{name}: {answer}");
        assert!(answer["headers"]["ratelimit-limit"].is_null(), "{name}");
    }
}

//! Values that hold something of a person show nothing of it in debug output,
//! which is what a panic or a careless line would print.

use std::fmt::Debug;

use serde_json::json;
use shared::domain::{Erasable, User};
use shared::host::environment::Variables;
use shared::http::{ApiError, Caller, Event, Fields, Response};
use shared::store::{IndexedEntry, Person};
use stripe_webhook::SigningSecret;
use tests::{NOW, at, user};

use super::{CHARGE, PLANTED, planted};

#[track_caller]
fn check(what: &str, value: &impl Debug) {
    for shown in [format!("{value:?}"), format!("{value:#?}")] {
        let leak = shown.to_lowercase().contains(PLANTED);
        assert!(!leak, "{what}: {shown}");
    }
}

fn event() -> Event {
    let mut event = planted(CHARGE);
    event["queryStringParameters"] = json!({"planted": "planted"});
    event["pathParameters"]["planted"] = json!("planted");
    serde_json::from_value(event).unwrap()
}

#[test]
fn a_request_and_what_is_read_of_it_show_nothing() {
    let event = event();
    assert_eq!(event.header("authorization"), Some("Bearer planted-token"));
    assert_eq!(event.query("planted"), Some("planted"));
    assert_eq!(event.claim("name"), Some("planted-name"));
    check("event", &event);
    let mut fields = Fields::of(&event).unwrap();
    check("fields", &fields);
    fields.problem("planted", "planted");
    check("problems", &fields);
    let refused = fields.finish(Some(())).unwrap_err();
    let answer = refused.to_response("r-1");
    assert!(answer.body().contains(PLANTED));
    check("refusal", &refused);
    check("answer", &answer);
    check("other refusal", &ApiError::Unreadable("planted".into()));
    check("an answer", &Response::json(200, "planted".into()));
}

#[test]
fn a_person_and_what_they_wrote_show_nothing() {
    let somebody = User {
        user_id: user("u-1"),
        email: Some("planted@example.com".to_string().into()),
        display_name: Some("Planted".to_string().into()),
        created_at: at(NOW),
        last_login_at: None,
        active: true,
    };
    check("user", &somebody);
    let person = Person {
        user: Some(somebody),
        ..Person::default()
    };
    check("person", &person);
    check("label", &Erasable::new("planted", [7; 16]));
    let line =
        json!({"seq": 1, "kind": "charge", "total_available": 1, "label": "planted", "at": NOW});
    let line: IndexedEntry = serde_json::from_value(line).unwrap();
    assert!(line.label.is_some());
    check("a line of the ledger", &line);
    check(
        "caller",
        &Caller {
            user_id: user("u-1"),
        },
    );
}

#[test]
fn secrets_of_a_function_show_nothing() {
    check(
        "secret",
        &SigningSecret::new("whsec_planted_0123456789").unwrap(),
    );
    let variables: Variables = [("STRIPE_WEBHOOK_SECRETS", "planted")]
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .into_iter()
        .collect();
    assert_eq!(
        variables.optional("STRIPE_WEBHOOK_SECRETS"),
        Some("planted")
    );
    check("variables", &variables);
}

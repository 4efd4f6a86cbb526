//! What may happen at once: each act of an operator's with the same event, and
//! with the one that completes it.

use local::stripe::{ApiVersion, Cast, Scenario, Story};
use serde_json::{Value, json};

use super::super::parked::Paper;
use super::Case;

pub(super) const USER: &str = "free-user";
pub(super) const OTHER: &str = "another-user";

/// The events of a story whose checkout alone names the user.
fn story(user: &str) -> Vec<Value> {
    let cast = Cast::new(user, "I", tests::at(tests::NOW));
    let events = Story::render(Scenario::Subscribe, &cast, ApiVersion::Dahlia);
    events.into_iter().map(|event| event.body).collect()
}

fn the(event_type: &str, events: &[Value]) -> Value {
    let found = events.iter().find(|event| event["type"] == event_type);
    found.unwrap().clone()
}

/// An invoice that names nobody.
fn paid() -> Value {
    the("invoice.paid", &story(USER))
}

/// The checkout that says whose the customer is.
fn link(user: &str) -> Value {
    let mut link = the("checkout.session.completed", &story(user));
    link["id"] = json!(format!("evt_link_{}", user.replace('-', "")));
    link
}

fn naming_the_user(mut event: Value) -> Value {
    event["data"]["object"]["metadata"] = json!({"user_id": USER});
    event
}

/// An invoice of twelve lines as its event carries it, and whole.
fn long_invoice() -> (Value, Value) {
    let mut event = naming_the_user(paid());
    let mut whole = event["data"]["object"].take();
    let line = whole["lines"]["data"][0].clone();
    let lines = (1..=12).map(|number| {
        let mut line = line.clone();
        line["id"] = json!(format!("il_I_{number}"));
        line
    });
    whole["lines"]["data"] = lines.collect();
    let mut part = whole.clone();
    part["lines"]["data"].as_array_mut().unwrap().truncate(10);
    part["lines"]["has_more"] = json!(true);
    event["data"]["object"] = part;
    (event, whole)
}

fn id(event: &Value) -> String {
    event["id"].as_str().unwrap().to_string()
}

fn words(words: &[&str]) -> Vec<String> {
    let why = ["--reason", "ticket 512", "--actor", "ada"];
    words.iter().chain(&why).map(ToString::to_string).collect()
}

#[tokio::test]
async fn an_event_settled_during_its_delivery_grants_once() {
    let (event, whole) = long_invoice();
    let object = Paper::with("interleaved-whole", &whole);
    let settle = |about: &Value, object: &Paper| {
        words(&["parked", "settle", &id(about), "--object", object.path()])
    };
    let twice = Case {
        name: "settle, and the same event",
        before: vec![event.clone()],
        act: settle(&event, &object),
        about: id(&event),
        delivered: event,
        ends: &[("applied", 120_000, 0, 0)],
    };
    assert!(twice.run().await > 6);
    let event = paid();
    let named = naming_the_user(event.clone());
    let object = Paper::with("interleaved-named", &named["data"]["object"]);
    let completed = Case {
        name: "settle, and what the event waited for",
        before: vec![event.clone()],
        act: settle(&event, &object),
        about: id(&event),
        delivered: link(USER),
        // Too late it is reported that nothing is left to settle.
        ends: &[("applied", 10_000, 0, 0), ("applied", 10_000, 0, 1)],
    };
    assert!(completed.run().await > 6);
}

#[tokio::test]
async fn a_customer_is_assigned_once_whatever_is_delivered_meanwhile() {
    let event = paid();
    let assign = words(&["parked", "assign", "cus_I", USER]);
    for (name, delivered, ends) in [
        (
            "assign, and the same event",
            event.clone(),
            &[("applied", 10_000, 0, 0)][..],
        ),
        (
            "assign, and a link to the same user",
            link(USER),
            &[("applied", 10_000, 0, 0)],
        ),
        (
            "assign, and a link to another user",
            link(OTHER),
            // The other's it is, and the operator is reported so.
            &[("applied", 10_000, 0, 0), ("applied", 0, 10_000, 1)],
        ),
    ] {
        let case = Case {
            name,
            before: vec![event.clone()],
            act: assign.clone(),
            about: id(&event),
            delivered,
            ends,
        };
        assert!(case.run().await > 6, "{name}");
    }
}

#[tokio::test]
async fn a_dismissal_during_a_delivery_wins_or_is_reported_as_too_late() {
    let event = paid();
    let dismiss = words(&["parked", "dismiss", &id(&event)]);
    let twice = Case {
        name: "dismiss, and the same event",
        before: vec![event.clone()],
        act: dismiss.clone(),
        about: id(&event),
        delivered: event.clone(),
        ends: &[("dismissed", 0, 0, 0)],
    };
    assert!(twice.run().await > 6);
    let completed = Case {
        name: "dismiss, and what the event waited for",
        before: vec![event.clone()],
        act: dismiss,
        about: id(&event),
        delivered: link(USER),
        ends: &[
            ("dismissed", 0, 0, 0),
            // It was given before the command looked.
            ("applied", 10_000, 0, 1),
            // It was given while the command was at it.
            ("applied", 10_000, 0, 3),
        ],
    };
    assert!(completed.run().await > 6);
}

#[tokio::test]
async fn an_event_replayed_during_its_delivery_grants_once() {
    let event = paid();
    let replay = words(&["event", "replay", &id(&event)]);
    let twice = Case {
        name: "replay, and the same event",
        before: vec![event.clone()],
        act: replay.clone(),
        about: id(&event),
        delivered: event.clone(),
        ends: &[("parked", 0, 0, 3)],
    };
    assert!(twice.run().await > 3);
    let completed = Case {
        name: "replay, and what the event waited for",
        before: vec![event.clone()],
        act: replay,
        about: id(&event),
        delivered: link(USER),
        ends: &[
            ("applied", 10_000, 0, 0),
            // It was given before the command looked.
            ("applied", 10_000, 0, 1),
            // It was given once the command had looked and found it waiting.
            ("applied", 10_000, 0, 3),
        ],
    };
    assert!(completed.run().await > 3);
    let named = naming_the_user(event);
    let file = Paper::with("interleaved-event", &named);
    let unknown = Case {
        name: "replay from a file, and the first delivery",
        before: Vec::new(),
        act: words(&["event", "replay", &id(&named), "--file", file.path()]),
        about: id(&named),
        delivered: named,
        ends: &[("applied", 10_000, 0, 0)],
    };
    assert!(unknown.run().await > 3);
}

#[tokio::test]
async fn an_event_settled_during_verify_is_not_reported() {
    let event = paid();
    let verify = ["verify", "--all"].map(str::to_string).to_vec();
    let drained = Case {
        name: "verify, and a link with what waited for it",
        before: vec![event.clone()],
        act: verify.clone(),
        about: id(&event),
        delivered: link(USER),
        ends: &[("applied", 10_000, 0, 0)],
    };
    assert!(drained.run().await > 20);
    let cast = Cast::new(USER, "I", tests::at(tests::NOW));
    let upgrade = Story::render(Scenario::Upgrade, &cast, ApiVersion::Dahlia);
    let mut upgrade: Vec<Value> = upgrade.into_iter().map(|event| event.body).collect();
    let last = upgrade
        .iter()
        .rposition(|event| event["type"] == "invoice.paid");
    let credit = upgrade.remove(last.unwrap());
    let clawed_back = Case {
        name: "verify, and a credit that takes back what a book has",
        about: id(&credit),
        before: upgrade,
        act: verify,
        delivered: credit,
        // Half of the old month, and half of the new one.
        ends: &[("applied", 20_000, 0, 0)],
    };
    assert!(clawed_back.run().await > 20);
}

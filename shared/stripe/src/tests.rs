//! Every event in the shape until acacia and in the shape since basil: both read to the
//! same fact, and a missing required field is named by its path.

use std::collections::BTreeSet;

use domain::billing::*;
use domain::{StripeId, SubscriptionStatus, Timestamp};
use serde_json::{Value, json};

use super::event::{known_types, read_event};
use super::*;

mod changed;
mod damaged;
mod facts;
mod invoices;
mod lenient;
mod money;
mod objects;

/// The time from which the examples count.
const START: i64 = 1_800_000_000;
/// Thirty days, the period of the examples.
const PERIOD: i64 = 2_592_000;

const UNTIL_ACACIA: &str = include_str!("tests/until_acacia.json");
const SINCE_BASIL: &str = include_str!("tests/since_basil.json");

/// All examples of a shape, as (name, event).
fn examples(shape: &str) -> Vec<(String, Value)> {
    let examples: serde_json::Map<String, Value> = serde_json::from_str(shape).unwrap();
    examples.into_iter().collect()
}

fn example(shape: &str, name: &str) -> Value {
    let mut examples = examples(shape).into_iter();
    examples.find(|(found, _)| found == name).unwrap().1
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds).unwrap()
}

fn id(text: &str) -> StripeId {
    text.parse().unwrap()
}

/// The customer and subscription of the examples, and a user.
fn parties_of(user: Option<&str>, subscription: Option<&str>) -> Parties {
    Parties {
        user: user.map(|user| user.parse().unwrap()),
        customer: Some(id("cus_1")),
        subscription: subscription.map(id),
    }
}

#[track_caller]
fn fact_of(event: &Value) -> Fact {
    match read_event(event) {
        Ok(event) => event.fact,
        Err(error) => panic!("{error}"),
    }
}

#[track_caller]
fn invoice_of(event: &Value) -> PaidInvoice {
    let Fact::InvoicePaid(invoice) = fact_of(event) else {
        panic!("{event}");
    };
    invoice
}

#[track_caller]
fn subscription_of(event: &Value) -> SubscriptionSnapshot {
    let Fact::Subscription(snapshot) = fact_of(event) else {
        panic!("{event}");
    };
    snapshot
}

#[track_caller]
fn pack_of(event: &Value) -> PackBought {
    let Fact::PackBought(pack) = fact_of(event) else {
        panic!("{event}");
    };
    pack
}

#[track_caller]
fn note_of(event: &Value) -> CreditNoteSnapshot {
    let Fact::CreditNote(note) = fact_of(event) else {
        panic!("{event}");
    };
    note
}

/// Sets a field of the event's object; `names` as in [`Node::at`].
fn with(mut event: Value, names: &str, value: Value) -> Value {
    let mut place = &mut event["data"]["object"];
    for name in names.split('.') {
        place = match name.parse::<usize>() {
            Ok(number) => &mut place[number],
            Err(_) => &mut place[name],
        };
    }
    *place = value;
    event
}

/// The path and the problem for which an event is refused.
#[track_caller]
fn problem_of(event: &Value) -> (String, &'static str) {
    match read_event(event) {
        Err(ReadError::At { path, problem, .. }) => (path, problem),
        other => panic!("{other:?} of {event}"),
    }
}

/// An example reads to the same fact in both shapes, except what only the old one says.
#[track_caller]
fn check(name: &str, expected: Fact) {
    for shape in [UNTIL_ACACIA, SINCE_BASIL] {
        let mut fact = fact_of(&example(shape, name));
        if shape == UNTIL_ACACIA {
            if let Fact::InvoicePaid(invoice) = &mut fact {
                assert_eq!(invoice.payment.take(), Some(id("pi_1")));
            }
            if let Fact::ChargeRefunded(charge) = &mut fact {
                assert_eq!(charge.invoice.take(), Some(id("in_1")));
            }
        }
        assert_eq!(fact, expected, "{name}");
    }
}

#[test]
fn the_envelope_is_read() {
    let event = read_event(&example(SINCE_BASIL, "customer_deleted")).unwrap();
    assert_eq!(
        event,
        BillingEvent {
            id: id("evt_15"),
            event_type: "customer.deleted".to_string(),
            created: moment(START + 15),
            livemode: false,
            account: None,
            fact: Fact::CustomerDeleted(id("cus_1")),
        }
    );
}

#[test]
fn an_event_of_a_connected_account_is_never_taken_for_our_own() {
    for shape in [UNTIL_ACACIA, SINCE_BASIL] {
        let mut event = example(shape, "invoice_paid");
        for (account, expected) in [(json!("acct_1"), Some(id("acct_1"))), (json!(null), None)] {
            event["account"] = account;
            assert_eq!(read_event(&event).unwrap().account, expected);
        }
        for damaged in [json!(7), json!("a#b"), json!(false), json!([])] {
            event["account"] = damaged;
            let expected = ("$.account".to_string(), "must be a Stripe id");
            assert_eq!(problem_of(&event), expected);
        }
    }
}

#[test]
fn a_body_of_a_mebibyte_is_read() {
    let mut event = example(SINCE_BASIL, "invoice_paid");
    let expected = fact_of(&event);
    let filling = 1024 * 1024 - event.to_string().len();
    event["data"]["object"]["description"] = json!("x".repeat(filling));
    let body = event.to_string();
    assert!(body.len() >= 1024 * 1024);
    assert_eq!(read(body.as_bytes()).unwrap().fact, expected);
}

#[test]
fn a_thin_event_is_distinguished_from_a_broken_one() {
    for thin in [
        json!({"id": "evt_1", "object": "v2.core.event", "type": "v1.billing.meter.no_meter_found"}),
        json!({"object": "event", "type": "v2.core.account.created"}),
    ] {
        let error = read_event(&thin).unwrap_err();
        assert_eq!(error, ReadError::Thin);
        assert!(error.to_string().contains("\"snapshot\""), "{error}");
    }
}

#[test]
fn a_body_that_is_not_an_event_is_refused() {
    for (body, path, problem) in [
        ("", "$", "is not JSON"),
        ("{", "$", "is not JSON"),
        ("{} {}", "$", "is not JSON"),
        ("\u{feff}{}", "$", "is not JSON"),
        ("[]", "$", "must be an object"),
        ("1e999", "$", "is not JSON"),
        ("{}", "$.object", "is missing"),
        ("null", "$.object", "is missing"),
        (r#"{"object":"list"}"#, "$.object", "must be \"event\""),
        (
            r#"{"object":"event","object":1}"#,
            "$.object",
            "must be a text",
        ),
        (
            r#"{"object":"event","type":"A b"}"#,
            "$.type",
            "is not an event type",
        ),
    ] {
        match read(body.as_bytes()) {
            Err(ReadError::At {
                path: found,
                problem: why,
                ..
            }) => {
                assert_eq!((found.as_str(), why), (path, problem), "{body}");
            }
            other => panic!("{body}: {other:?}"),
        }
    }
    let deep = "[".repeat(100_000);
    assert!(read(deep.as_bytes()).is_err());
    assert!(read(&[0xff, 0xfe]).is_err());
}

#[test]
fn an_error_names_the_event_as_far_as_it_could_be_read() {
    let event = with(
        example(SINCE_BASIL, "invoice_paid"),
        "lines.data.2.id",
        json!("a#b"),
    );
    let error = read_event(&event).unwrap_err();
    assert_eq!(
        error,
        ReadError::At {
            path: "$.data.object.lines.data[2].id".to_string(),
            problem: "must be a Stripe id",
            event_id: Some(id("evt_10")),
            event_type: Some("invoice.paid".to_string()),
        }
    );
    assert_eq!(
        error.to_string(),
        "The event cannot be read: $.data.object.lines.data[2].id must be a Stripe id."
    );
}

#[test]
fn what_is_not_about_credits_is_not_looked_at() {
    for (name, expected) in [
        ("payment_intent.succeeded", Fact::Ignored),
        ("invoice.payment_succeeded", Fact::Ignored),
        ("invoice.marked_uncollectible", Fact::Ignored),
        ("invoice.voided", Fact::Ignored),
        (
            "customer.subscription.pending_update_applied",
            Fact::Ignored,
        ),
        (
            "customer.subscription.pending_update_expired",
            Fact::Ignored,
        ),
        ("something.new_in_2030", Fact::Ignored),
        ("customer.subscription.trial_will_end", Fact::Noted),
        ("invoice.payment_failed", Fact::Noted),
        ("invoice.payment_action_required", Fact::Noted),
        ("checkout.session.expired", Fact::Noted),
        ("checkout.session.async_payment_failed", Fact::Noted),
    ] {
        for data in [json!(null), json!([7]), json!({"object": 1})] {
            let event = json!({
                "id": "evt_1", "object": "event", "type": name,
                "created": START, "livemode": true, "data": data,
            });
            assert_eq!(fact_of(&event), expected, "{name}");
        }
    }
}

#[test]
fn the_object_names_its_user_before_its_subscription_does() {
    for shape in [UNTIL_ACACIA, SINCE_BASIL] {
        let event = example(shape, "invoice_paid");
        for (named, expected) in [("user-2", "user-2"), ("no user", "user-1")] {
            let event = with(event.clone(), "metadata", json!({"user_id": named}));
            let invoice = invoice_of(&event);
            assert_eq!(invoice.parties, parties_of(Some(expected), Some("sub_1")));
        }
    }
}

#[test]
fn where_both_places_are_filled_the_newer_one_counts() {
    let event = example(SINCE_BASIL, "invoice_paid");
    let expected = fact_of(&event);
    for (place, value) in [
        ("lines.data.0.type", json!("of_2030")),
        ("lines.data.0.price", json!({"id": "price_old"})),
        ("lines.data.0.proration", json!(true)),
        ("lines.data.2.type", json!("subscription")),
        ("subscription", json!("sub_old")),
        ("lines.data.0.subscription", json!("sub_old")),
        (
            "lines.data.1.proration_details",
            json!({"credited_items": {"invoice": "in_old", "invoice_line_items": ["il_old"]}}),
        ),
    ] {
        assert_eq!(
            fact_of(&with(event.clone(), place, value)),
            expected,
            "{place}"
        );
    }
    let event = example(SINCE_BASIL, "subscription_ended");
    let both = with(event.clone(), "current_period_end", json!(START));
    assert_eq!(fact_of(&both), fact_of(&event));
}

#[test]
fn a_note_of_both_shapes_has_its_refunds_by_the_newer_one() {
    let event = example(SINCE_BASIL, "credit_note");
    let both = with(event.clone(), "refund", json!("re_old"));
    assert_eq!(fact_of(&both), fact_of(&event));
}

#[test]
fn counters_know_the_types_that_mean_something_and_no_others() {
    for (_, event) in examples(SINCE_BASIL) {
        let name = event["type"].as_str().unwrap();
        assert_eq!(counted_type(name), name);
    }
    assert_eq!(
        counted_type("invoice.payment_failed"),
        "invoice.payment_failed"
    );
    assert_eq!(counted_type("payment_intent.succeeded"), "other");
    assert!(known_types().is_sorted());
}

#[test]
fn the_types_that_an_endpoint_must_deliver_are_those_that_operators_are_told_to_register() {
    let guide = include_str!("../../../docs/deploy.md");
    let (_, table) = guide.split_once("| about | types |\n|---|---|\n").unwrap();
    let mut told = BTreeSet::new();
    for row in table.lines().take_while(|line| line.starts_with('|')) {
        let mut object = "";
        // `.updated` stands for the type of the same object.
        for name in row.split('`').skip(1).step_by(2) {
            if let Some((before, _)) = name.rsplit_once('.').filter(|(it, _)| !it.is_empty()) {
                object = before;
                told.insert(name.to_string());
            } else {
                told.insert(format!("{object}{name}"));
            }
        }
    }
    let wanted: Vec<_> = wanted_types().collect();
    assert_eq!(told.into_iter().collect::<Vec<_>>(), wanted);
    // Each is read for what it says.
    assert!(wanted.iter().all(|name| counted_type(name) == *name));
}

//! Records and park reasons as they are written, and what each reason requires.

use super::super::fixtures::{id, pack, plan};
use super::*;
use crate::billing::OperatorAct;
use crate::fixtures::at;

/// A reason's text, its written form, and whether a catalogue may resolve it.
#[track_caller]
fn check(reason: &ParkReason, text: &str, written: &str, of_catalogue: bool) {
    assert_eq!(reason.to_string(), text);
    assert_eq!(text.split(':').next(), Some(reason.kind()));
    assert_eq!(crate::written::written(&reason), written);
    let read: ParkReason = crate::written::read_back(written);
    assert_eq!(read, *reason);
    assert_eq!(reason.is_of_catalogue(), of_catalogue, "{reason}");
    let by_events = ["customer", "subscription", "invoice", "lines", "payment"];
    let needs_person = !by_events.contains(&reason.kind());
    assert_eq!(reason.needs_operator(), needs_person, "{reason}");
}

#[test]
fn a_reason_names_what_it_waits_for() {
    check(
        &ParkReason::Customer(id("cus_1")),
        "customer:cus_1",
        r#"{"customer":"cus_1"}"#,
        false,
    );
    check(
        &ParkReason::Price(id("price_1")),
        "price:price_1",
        r#"{"price":"price_1"}"#,
        true,
    );
    check(
        &ParkReason::PaymentLink(id("plink_1")),
        "payment_link:plink_1",
        r#"{"payment_link":"plink_1"}"#,
        true,
    );
    check(
        &ParkReason::Mismatch(id("price_1")),
        "mismatch:price_1",
        r#"{"mismatch":"price_1"}"#,
        true,
    );
    check(
        &ParkReason::Review(id("in_1")),
        "review:in_1",
        r#"{"review":"in_1"}"#,
        false,
    );
    check(
        &ParkReason::Subscription(id("sub_1")),
        "subscription:sub_1",
        r#"{"subscription":"sub_1"}"#,
        false,
    );
    check(
        &ParkReason::Invoice(id("in_1")),
        "invoice:in_1",
        r#"{"invoice":"in_1"}"#,
        false,
    );
    check(
        &ParkReason::Lines(id("sub_1")),
        "lines:sub_1",
        r#"{"lines":"sub_1"}"#,
        false,
    );
    check(
        &ParkReason::Payment(id("in_1")),
        "payment:in_1",
        r#"{"payment":"in_1"}"#,
        false,
    );
    check(
        &ParkReason::Operator(id("evt_1")),
        "operator:evt_1",
        r#"{"operator":"evt_1"}"#,
        false,
    );
}

#[track_caller]
fn check_of_price(price: &Price, expected: &[&str]) {
    let reasons = ParkReason::of_price(price);
    assert!(reasons.iter().all(ParkReason::is_of_catalogue));
    let texts: Vec<String> = reasons.iter().map(ParkReason::to_string).collect();
    assert_eq!(texts, expected);
}

#[test]
fn a_price_ends_the_waiting_for_its_id_its_fit_and_its_payment_link() {
    check_of_price(
        &plan("pro", 1, 1, "1"),
        &["price:price_pro", "mismatch:price_pro"],
    );
    check_of_price(
        &pack(),
        &[
            "price:price_pack",
            "mismatch:price_pack",
            "payment_link:plink_1",
        ],
    );
    let unnamed = Price {
        price_id: "no id".to_string(),
        payment_link: Some("no link".to_string()),
        ..pack()
    };
    check_of_price(&unnamed, &[]);
}

#[test]
fn a_record_is_read_back_as_it_was_written() {
    let least = EventRecord {
        event_type: "invoice.paid".to_string(),
        created: None,
        outcome: EventOutcome::Ignored,
        reason: None,
        waits_for: None,
        event: None,
        user_id: None,
        settled_at: at("2025-11-06T14:30:00Z"),
        operator: None,
    };
    assert_eq!(
        crate::written::written(&least),
        r#"{"event_type":"invoice.paid","outcome":"ignored","settled_at":"2025-11-06T14:30:00Z"}"#
    );
    let most = EventRecord {
        created: Some(at("2025-11-06")),
        outcome: EventOutcome::Parked,
        reason: Some("customer:cus_1".to_string()),
        waits_for: Some(ParkReason::Customer(id("cus_1"))),
        user_id: Some("user-1".parse().unwrap()),
        operator: Some(OperatorNote {
            act: OperatorAct::Replayed,
            actor: "ada".to_string(),
            reason: "the customer asked".to_string(),
            at: at("2025-11-06"),
        }),
        ..least.clone()
    };
    for record in [least, most] {
        let written = crate::written::written(&record);
        let read: EventRecord = crate::written::read_back(&written);
        assert_eq!(read, record);
    }
}

#[test]
fn an_outcome_is_called_what_is_written() {
    for outcome in [
        EventOutcome::Applied,
        EventOutcome::Ignored,
        EventOutcome::Parked,
        EventOutcome::Refused,
        EventOutcome::NeedsOperator,
        EventOutcome::Dismissed,
    ] {
        let name = format!("\"{}\"", outcome.as_str());
        assert_eq!(crate::written::written(&outcome), name);
    }
}

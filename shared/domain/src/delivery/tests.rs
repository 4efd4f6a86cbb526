//! Suite: attempts, pauses, and endpoints that fail.

use super::super::fixtures::at;
use super::*;

const NOW: &str = "2025-11-06T14:30:00Z";

fn endpoint() -> Endpoint {
    let id = "ep_1".parse().unwrap();
    Endpoint::new(
        id,
        "https://a.example/hook".into(),
        "whsec_one".into(),
        at(NOW),
    )
}

fn delivery() -> Delivery {
    let told = Told {
        notice_id: "0".repeat(32),
        user_id: Some("user-1".parse().unwrap()),
        event: "credits.low".to_string(),
        at: at(NOW),
        seq: 7,
        payload: "{}".to_string(),
    };
    Delivery::new(told, Recipient::Mail, at(NOW))
}

fn failure() -> Attempt {
    Attempt {
        succeeded: false,
        status: Some(500),
        problem: Some("500".to_string()),
    }
}

#[test]
fn attempts_are_made_for_three_days_with_growing_pauses_and_then_it_has_failed() {
    let (mut delivery, mut now) = (delivery(), at(NOW));
    let mut pauses = Vec::new();
    while let Some(pause) = delivery.note(failure(), now) {
        assert_eq!(delivery.outcome, DeliveryOutcome::Pending);
        pauses.push(pause);
        now = now.plus_seconds(pause);
    }
    assert_eq!(delivery.outcome, DeliveryOutcome::Failed);
    assert!(pauses.is_sorted());
    assert_eq!(pauses.iter().sum::<i64>(), now.seconds_since(at(NOW)));
    assert!((60 * HOUR..=72 * HOUR).contains(&now.seconds_since(at(NOW))));
    assert_eq!(usize::try_from(delivery.attempts), Ok(pauses.len() + 1));
}

#[test]
fn a_delivery_that_has_failed_may_be_asked_for_again_from_the_beginning() {
    let mut delivery = delivery();
    let late = at(NOW).plus_seconds(4 * DAY);
    assert_eq!(delivery.note(failure(), late), None);
    assert!(delivery.may_be_asked_again(late) && !delivery.asked);
    delivery.ask_again(late);
    assert!(delivery.asked);
    assert_eq!(delivery.note(failure(), late), Some(5));
    let success = Attempt {
        succeeded: true,
        status: Some(200),
        problem: None,
    };
    assert_eq!(delivery.note(success, late), None);
    assert_eq!(delivery.outcome, DeliveryOutcome::Delivered);
    assert!(!delivery.may_be_asked_again(late));
}

#[test]
fn a_delivery_that_waits_may_be_asked_for_again_when_its_message_must_be_lost() {
    let mut delivery = delivery();
    assert!(
        delivery.may_be_asked_again(at(NOW)),
        "it may be lost before the queue"
    );
    assert_eq!(delivery.note(failure(), at(NOW)), Some(5));
    assert!(!delivery.may_be_asked_again(at(NOW).plus_seconds(5 + HOUR)));
    assert!(delivery.may_be_asked_again(at(NOW).plus_seconds(5 + HOUR + 1)));
}

#[test]
fn an_endpoint_that_has_failed_for_a_day_is_disabled_and_one_success_before_saves_it() {
    let mut endpoint = endpoint();
    assert!(endpoint.failed(at(NOW)));
    assert!(!endpoint.failed(at(NOW).plus_seconds(DAY - 1)));
    assert!(endpoint.is_enabled());
    assert!(endpoint.succeeded() && !endpoint.succeeded());
    assert!(endpoint.failed(at(NOW).plus_seconds(DAY)));
    assert!(endpoint.is_enabled());
    assert!(endpoint.failed(at(NOW).plus_seconds(2 * DAY)));
    assert!(!endpoint.is_enabled());
    assert!(!endpoint.failed(at(NOW).plus_seconds(3 * DAY)));
    assert_eq!(endpoint.disabled_at, Some(at(NOW).plus_seconds(2 * DAY)));
    endpoint.set_enabled(true, at(NOW));
    assert!(endpoint.is_enabled() && endpoint.failing_since.is_none());
}

#[test]
fn a_rolled_secret_signs_beside_the_new_one_for_a_day() {
    let mut endpoint = endpoint();
    let signing = |endpoint: &Endpoint, later: i64| {
        let now = at(NOW).plus_seconds(later);
        endpoint
            .signing(now)
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    endpoint.roll("whsec_two".into(), at(NOW));
    assert_eq!(signing(&endpoint, 0), ["whsec_two", "whsec_one"]);
    assert_eq!(signing(&endpoint, DAY - 1), ["whsec_two", "whsec_one"]);
    assert_eq!(signing(&endpoint, DAY), ["whsec_two"]);
    // Rolling again does not lengthen the life of the oldest, and forgets dead ones.
    endpoint.roll("whsec_three".into(), at(NOW).plus_seconds(HOUR));
    assert_eq!(signing(&endpoint, DAY), ["whsec_three", "whsec_two"]);
    endpoint.roll("whsec_four".into(), at(NOW).plus_seconds(DAY));
    assert_eq!(endpoint.secrets.len(), 3);
}

#[test]
fn recipients_are_read_back_and_neither_url_nor_payload_is_shown() {
    for text in ["mail", "ep_1"] {
        assert_eq!(text.parse::<Recipient>().unwrap().to_string(), text);
    }
    let shown = format!("{:?} {:?}", endpoint(), delivery());
    for secret in ["a.example", "whsec", "{}"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

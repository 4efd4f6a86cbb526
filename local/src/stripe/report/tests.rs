//! Tests the printed line of a delivery and the summary.

use serde_json::json;

use super::*;

fn numbers(free: &str, pro: &str, plan: &str) -> Numbers {
    Numbers {
        free: free.to_string(),
        pro: pro.to_string(),
        plan: plan.to_string(),
        is_known: true,
    }
}

fn printed(status: u16, text: &str) -> String {
    let event = StoryEvent {
        id: "evt_a1_subscribe_3".to_string(),
        event_type: "invoice.paid".to_string(),
        body: json!({}),
    };
    let line = Line {
        event: &event,
        answer: &Answer {
            status,
            text: text.to_string(),
        },
        before: &numbers("1500", "0", "free"),
        after: &numbers("1500", "10000", "pro"),
    };
    line.to_string()
}

#[test]
fn a_delivery_shows_what_it_changed() {
    let line = printed(200, "{}");
    assert!(line.starts_with("200  invoice.paid "), "{line}");
    assert!(line.contains("evt_a1_subscribe_3 "), "{line}");
    let change = "free 1500; pro 0 -> 10000; plan free -> pro";
    assert!(line.ends_with(change), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
}

#[test]
fn a_refusal_shows_what_was_answered() {
    let line = printed(400, "{\"error\":\n  \"bad_signature\"}");
    assert_eq!(line.lines().count(), 2, "{line}");
    assert!(line.ends_with("{\"error\": \"bad_signature\"}"), "{line}");
}

#[test]
fn the_summary_counts_answers_and_deliveries() {
    let outcome = |status, attempts| Outcome { status, attempts };
    let outcomes = [outcome(200, 1), outcome(200, 3), outcome(404, 1)];
    assert_eq!(
        summary(&outcomes),
        "3 events in 5 deliveries: 2 answered 200, 1 answered 404"
    );
}

//! Properties of every story: the same ids and times in all versions, separate
//! ids per cast, bodies that match the list.

use std::collections::BTreeSet;

use super::*;

/// Ids and times, without events that acacia lacks.
fn outline(events: &[StoryEvent]) -> Vec<(String, String, Timestamp)> {
    let known = events
        .iter()
        .filter(|event| event.event_type != "invoice_payment.paid");
    known
        .map(|event| (event.id.clone(), event.event_type.clone(), event.created()))
        .collect()
}

#[test]
fn every_story_reports_the_same_events_in_every_version() {
    for &scenario in Scenario::ALL {
        let expected = outline(&reported(scenario, ApiVersion::Acacia));
        for version in ApiVersion::ALL {
            let events = reported(scenario, version);
            assert_eq!(outline(&events), expected, "{scenario} {version}");
            for event in &events {
                let body = &event.body;
                assert_eq!(body["id"], event.id.as_str());
                assert_eq!(body["type"], event.event_type.as_str());
                assert_eq!(body["api_version"], version.api_version());
                assert_eq!(body["object"], "event");
                assert_eq!(body["livemode"], false);
                assert_eq!(body["request"]["id"], Value::Null);
                assert!(body["data"]["object"]["id"].is_string());
            }
        }
    }
}

#[test]
fn newer_versions_report_the_payment_of_each_invoice_that_took_money() {
    for &scenario in Scenario::ALL {
        for version in ApiVersion::ALL {
            let events = reported(scenario, version);
            let paid = events.iter().filter(|event| {
                let amount = event.body["data"]["object"]["amount_paid"].as_i64();
                event.event_type == "invoice.paid" && amount > Some(0)
            });
            let payments = events
                .iter()
                .filter(|event| event.event_type == "invoice_payment.paid");
            let expected = match version {
                ApiVersion::Acacia => 0,
                _ => paid.count(),
            };
            assert_eq!(payments.count(), expected, "{scenario} {version}");
        }
    }
}

#[test]
fn events_are_in_the_order_of_time_and_bear_ids_of_their_own() {
    for &scenario in Scenario::ALL {
        let events = reported(scenario, ApiVersion::Dahlia);
        assert!(events.is_sorted_by_key(StoryEvent::created), "{scenario}");
        let ids: BTreeSet<&str> = events.iter().map(|event| event.id.as_str()).collect();
        assert_eq!(ids.len(), events.len(), "{scenario}");
        assert!((1..=9).contains(&events.len()), "{scenario}");
    }
}

/// All texts of a body that look like Stripe ids.
fn ids(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.contains('_') => {
            found.insert(text.clone());
        }
        Value::Array(values) => values.iter().for_each(|value| ids(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| ids(value, found)),
        _ => {}
    }
}

#[test]
fn two_casts_share_no_id_and_one_cast_always_has_the_same() {
    let own = [
        "evt_", "cus_", "sub_", "si_", "in_", "il_", "ii_", "inpay_", "pi_", "ch_", "re_", "dp_",
        "du_", "cs_", "di_",
    ];
    let mut seen = BTreeSet::new();
    for &scenario in Scenario::ALL {
        let mut of_cast = Vec::new();
        for suffix in ["a1", "b2"] {
            let cast = Cast::new("free-user", suffix, start());
            let events = Story::render(scenario, &cast, ApiVersion::Dahlia);
            assert_eq!(Story::render(scenario, &cast, ApiVersion::Dahlia), events);
            let mut found = BTreeSet::new();
            events.iter().for_each(|event| ids(&event.body, &mut found));
            found.retain(|id| own.iter().any(|prefix| id.starts_with(prefix)));
            // One of Stripe's keywords may begin like an id.
            found.retain(|id| id != "charge_automatically");
            assert!(found.iter().all(|id| id.contains(suffix)), "{found:?}");
            seen.extend(
                found
                    .iter()
                    .map(|id| id.split('_').next().unwrap().to_string()),
            );
            of_cast.push(found);
        }
        assert!(of_cast[0].is_disjoint(&of_cast[1]), "{scenario}");
    }
    let expected: BTreeSet<String> = own
        .iter()
        .map(|id| id.trim_end_matches('_').into())
        .collect();
    // In dahlia prorations are not invoice items.
    let missing: Vec<&String> = expected.difference(&seen).collect();
    assert_eq!(missing, ["ii"]);
}

#[test]
fn every_story_names_its_user_and_no_address_or_name() {
    for &scenario in Scenario::ALL {
        for version in ApiVersion::ALL {
            let events = reported(scenario, version);
            let payloads: String = events.iter().map(StoryEvent::payload).collect();
            assert!(payloads.contains("\"free-user\""), "{scenario}");
            assert!(!payloads.contains('@'), "{scenario}");
        }
    }
}

#[test]
fn some_subscriptions_are_known_by_their_checkout_alone() {
    let events = reported(Scenario::Subscribe, ApiVersion::Dahlia);
    let naming = |event: &&StoryEvent| event.payload().contains("free-user");
    let naming: Vec<&str> = events
        .iter()
        .filter(naming)
        .map(|event| event.event_type.as_str())
        .collect();
    assert_eq!(naming, ["checkout.session.completed"]);

    let events = reported(Scenario::Renew, ApiVersion::Dahlia);
    let subscription = &events[1].body["data"]["object"];
    assert_eq!(subscription["metadata"]["user_id"], "free-user");
}

#[test]
fn an_update_says_what_it_changed_and_nothing_else_does() {
    for &scenario in Scenario::ALL {
        for version in ApiVersion::ALL {
            for event in reported(scenario, version) {
                let previous = event.body["data"].get("previous_attributes");
                let is_update = event.event_type.ends_with(".updated");
                assert_eq!(previous.is_some(), is_update, "{scenario} {}", event.id);
                let Some(previous) = previous else { continue };
                let object = &event.body["data"]["object"];
                for (name, old) in previous.as_object().unwrap() {
                    assert_ne!(&object[name], old, "{scenario} {version} {name}");
                }
                assert_ne!(previous, &serde_json::json!({}), "{scenario}");
            }
        }
    }
}

/// The types of a story's events.
fn types(scenario: Scenario) -> Vec<String> {
    let events = reported(scenario, ApiVersion::Acacia);
    events.into_iter().map(|event| event.event_type).collect()
}

#[test]
fn the_list_describes_what_is_reported() {
    let renewal = ["customer.subscription.updated", "invoice.paid"];
    let begun = [
        "checkout.session.completed",
        "customer.subscription.created",
        "invoice.paid",
    ];
    assert_eq!(types(Scenario::Subscribe), begun);
    assert_eq!(types(Scenario::Renew), [&begun[..], &renewal].concat());
    assert_eq!(
        types(Scenario::PaymentFailed)[2..],
        [
            "customer.subscription.updated",
            "invoice.payment_failed",
            "customer.subscription.updated",
            "invoice.paid",
            "customer.subscription.updated",
        ]
    );
    assert_eq!(
        types(Scenario::RefundFailed)[1..],
        [
            "refund.created",
            "charge.refunded",
            "refund.updated",
            "refund.failed"
        ]
    );
    assert_eq!(
        types(Scenario::DisputeWonAfterPack),
        [
            "checkout.session.completed",
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn",
            "checkout.session.completed",
            "charge.dispute.closed",
            "charge.dispute.funds_reinstated",
        ]
    );
    for scenario in Scenario::ALL {
        assert!(scenario.events().len() < 100, "{scenario}");
        assert!(scenario.effect().len() < 100, "{scenario}");
    }
}

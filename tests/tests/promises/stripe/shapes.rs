//! Four API versions report the same things in four shapes: what is read from
//! them is equal, and so is what it comes to.

use std::collections::{BTreeMap, BTreeSet};

use local::stripe::{ApiVersion, Scenario};
use serde_json::Value;
use shared::domain::StripeId;
use shared::domain::billing::{BillingEvent, Fact};

use super::lattice::differences;
use super::stage::Stage;
use super::{end_of, story};

/// Which payment paid which invoice.
type Paid = BTreeSet<(StripeId, StripeId)>;

/// A story's events by their ids, without the three things in which the versions
/// differ. Before basil an invoice and a charge name each other's payment and
/// invoice, since then `invoice_payment.paid` does; what either says of it
/// comes back beside them. And since basil a change of price or period is reported
/// with the whole item as it was, so that what did not change is reported as well; of
/// an end with the period some tell the flag and some only the moment.
fn without_payments(
    version: ApiVersion,
    events: Vec<BillingEvent>,
) -> (BTreeMap<StripeId, BillingEvent>, Paid) {
    let is_acacia = version == ApiVersion::Acacia;
    let (mut rest, mut paid) = (BTreeMap::new(), Paid::new());
    for mut event in events {
        match &mut event.fact {
            Fact::InvoicePayment(payment) => {
                assert!(!is_acacia, "acacia has no {}", event.event_type);
                let intent = payment.payment.clone().expect("a payment intent");
                paid.insert((payment.invoice.clone(), intent));
                continue;
            }
            Fact::InvoicePaid(invoice) => {
                let payment = invoice.payment.take();
                assert!(is_acacia || payment.is_none(), "{version}: {payment:?}");
                paid.extend(payment.map(|payment| (invoice.id.clone(), payment)));
            }
            Fact::ChargeRefunded(charge) => {
                let invoice = charge.invoice.take();
                assert!(is_acacia || invoice.is_none(), "{version}: {invoice:?}");
                paid.extend(invoice.map(|invoice| (invoice, charge.payment.clone())));
            }
            Fact::Subscription(snapshot) => {
                let (now, before) = (&snapshot.state, &mut snapshot.previous);
                before.prices.take_if(|prices| *prices == now.prices());
                before
                    .period_start
                    .take_if(|start| *start == now.period_start());
                before.period_end.take_if(|end| *end == now.period_end());
                // Either field says that it ends with its period.
                let state = &mut snapshot.state;
                state.cancel_at_period_end = state.is_ending();
            }
            _ => {}
        }
        rest.insert(event.id.clone(), event);
    }
    (rest, paid)
}

#[test]
fn every_version_of_a_story_is_read_as_the_same_events() {
    let mut compared = 0;
    for &scenario in Scenario::ALL {
        let [first, others @ ..] = ApiVersion::ALL;
        let (expected, paid) = without_payments(first, story(scenario, first));
        for version in others {
            let (read, paid_here) = without_payments(version, story(scenario, version));
            let ids = |events: &BTreeMap<StripeId, BillingEvent>| {
                events.keys().cloned().collect::<Vec<_>>()
            };
            assert_eq!(ids(&read), ids(&expected), "{scenario} {version}");
            for (id, event) in &read {
                assert_eq!(event, &expected[id], "{scenario} {version}");
                compared += 1;
            }
            assert_eq!(paid_here, paid, "{scenario} {version}");
        }
    }
    assert!(Scenario::ALL.len() >= 14);
    println!(
        "compared {compared} events of {} stories",
        Scenario::ALL.len()
    );
}

/// How a story ends in a version, without the records of the events that only
/// some versions have, and without the snapshots of subscriptions as they were
/// reported.
async fn end(stage: &mut Stage, scenario: Scenario, version: ApiVersion) -> String {
    let events = story(scenario, version);
    for event in &events {
        stage.deliver(event).await;
    }
    let only_here = |line: &str| {
        let mut payments = events
            .iter()
            .filter(|event| event.event_type == "invoice_payment.paid");
        payments.any(|event| line.starts_with(&format!("billing EVENT#{}/", event.id)))
    };
    let state = stage.scene().await.state();
    let lines = state.lines().filter(|line| !only_here(line));
    lines.map(without_snapshots).collect::<Vec<_>>().join("\n")
}

fn without_snapshots(line: &str) -> String {
    let Some((place, item)) = line
        .split_once(" {")
        .filter(|_| line.contains("/SUBSCRIPTION#"))
    else {
        return line.to_string();
    };
    let mut item: Value = serde_json::from_str(&format!("{{{item}")).unwrap();
    let history = item.as_object_mut().unwrap().remove("history");
    assert!(history.is_some(), "{line}");
    format!("{place} {item}")
}

#[tokio::test]
async fn every_version_of_a_story_ends_in_the_same_state() {
    for &scenario in Scenario::ALL {
        let now = end_of(&story(scenario, ApiVersion::Dahlia));
        let mut stage = Stage::at(now).await;
        let beginning = stage.scene().await.snapshot;
        let mut ends = Vec::new();
        let mut reported: Vec<Vec<BillingEvent>> = Vec::new();
        for version in ApiVersion::ALL {
            let events = story(scenario, version);
            // What is read as the very same events ends in the very same state.
            if reported.contains(&events) {
                continue;
            }
            reported.push(events);
            stage.restore(&beginning);
            ends.push((version, end(&mut stage, scenario, version).await));
        }
        for (version, end) in &ends[1..] {
            let (first, expected) = &ends[0];
            let differ = differences(expected, end);
            assert!(
                differ.is_empty(),
                "{scenario}: {first} (-) {version} (+)\n{differ}"
            );
        }
    }
}

//! `--fetch`: the object, or the event, is read from Stripe's API and settled as one
//! from a file is.

use local::stripe::ApiVersion;
use serde_json::{Value, json};
use shared::domain::billing::EventOutcome;
use stripe_client::API_VERSION;
use tests::{Operator, STRIPE_KEY, StripeApi, dump};

use super::super::ground::{Ground, LATER};
use super::{WHY, id, long_invoice, story, the};

/// A ground whose operator has a key of Stripe's, and that Stripe.
async fn with_stripe() -> (Ground, StripeApi) {
    let mut ground = Ground::seeded().await;
    ground.operator = ground.operator.with_variable("STRIPE_API_KEY", STRIPE_KEY);
    (ground, StripeApi::start().await)
}

/// Stripe has the long invoice.
fn has(stripe: &StripeApi, event: &Value, whole: &Value) {
    let invoice = whole["id"].as_str().unwrap();
    stripe.has(
        &format!("invoices/{invoice}"),
        event["data"]["object"].clone(),
    );
    let page = json!({"data": whole["lines"]["data"], "has_more": false});
    stripe.has(&format!("invoices/{invoice}/lines"), page);
}

#[tokio::test]
async fn a_parked_event_is_settled_with_the_object_that_stripe_has() {
    let (ground, stripe) = with_stripe().await;
    let (event, whole) = long_invoice();
    assert_eq!(ground.deliver(&event).await, EventOutcome::Parked);
    let said = ground.reported(&["parked", "show", id(&event)], 0).await;
    let way_out = format!("parked settle {} --fetch", id(&event));
    assert!(said.contains(&way_out), "{said}");
    let at = ["--fetch", "--stripe-url", stripe.url()];
    let settle = [&["parked", "settle", id(&event)][..], &at, &WHY].concat();

    // Stripe knows it not, or does not answer: nothing is written.
    let before = dump(&ground.world.dynamodb.client()).await;
    ground.reported(&settle, 2).await;
    stripe.says("invoices/in_L_1", 500, json!({}));
    ground.reported(&settle, 2).await;
    assert_eq!(dump(&ground.world.dynamodb.client()).await, before);

    has(&stripe, &event, &whole);
    let said = ground.on_trial(&settle, 0).await;
    assert!(said.contains("would be applied"), "{said}");
    let said = ground.reported(&settle, 0).await;
    assert!(said.contains("is applied"), "{said}");
    assert_eq!(ground.pro().await, 120_000);
    let shown = ground.shown(&event).await;
    assert_eq!(shown["operator"]["act"], "supplied");
    ground.reported(&settle, 1).await;
    assert_eq!(ground.pro().await, 120_000);
    ground.verify().await;
}

#[tokio::test]
async fn an_event_that_never_arrived_is_fetched_and_settled() {
    let (ground, stripe) = with_stripe().await;
    for event in story("F") {
        stripe.has(&format!("events/{}", id(&event)), event.clone());
    }
    let checkout = the("checkout.session.completed", &story("F"));
    let paid = the("invoice.paid", &story("F"));
    for event in [&checkout, &paid] {
        let at = ["--fetch", "--stripe-url", stripe.url()];
        let replay = [&["event", "replay", id(event)][..], &at].concat();
        ground.on_trial(&replay, 0).await;
        for _ in 0..2 {
            let said = ground.reported(&replay, 0).await;
            assert!(said.contains("applied"), "{said}");
        }
    }
    assert_eq!(ground.pro().await, 10_000);
    // Stripe gives another event than the one it was asked for.
    stripe.has("events/evt_other", paid);
    let at = ["--fetch", "--stripe-url", stripe.url()];
    let other = [&["event", "replay", "evt_other"][..], &at].concat();
    ground.reported(&other, 2).await;
    ground.verify().await;
}

#[tokio::test]
async fn without_a_key_or_with_two_sources_nothing_is_fetched() {
    let (ground, stripe) = with_stripe().await;
    let (event, _) = long_invoice();
    ground.deliver(&event).await;
    let fetch = ["parked", "settle", id(&event), "--fetch"];
    let at = ["--stripe-url", stripe.url()];
    let keyless = Operator::at(ground.operator.url(), LATER);
    for (operator, code) in [
        (keyless.clone(), 2),
        (
            keyless.with_variable("STRIPE_API_KEY", "pk_test_0123456789ab"),
            2,
        ),
    ] {
        let words = [&fetch[..], &at, &WHY].concat();
        assert_eq!(operator.run(&words).await.code, code);
    }
    for more in [
        &["--object", "invoice.json"][..],
        &["--stripe-url", "https://example.com"],
    ] {
        ground.reported(&[&fetch[..], more, &WHY].concat(), 2).await;
    }
    let neither = [&["parked", "settle", id(&event)][..], &WHY].concat();
    ground.reported(&neither, 2).await;
    assert_eq!(stripe.asked(), Vec::<String>::new());
}

#[test]
fn the_version_that_is_asked_for_is_one_that_the_reader_is_tested_with() {
    let mut versions = ApiVersion::ALL.iter().map(|known| known.api_version());
    assert!(versions.any(|known| known == API_VERSION), "{API_VERSION}");
}

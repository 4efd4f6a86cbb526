//! Events of Stripe's that this release cannot read: each leaves a record that
//! says where it could not, and is settled once it comes in a readable form.

use local::stripe::{Scenario, StoryEvent};
use serde_json::{Value, json};
use tests::dump;

use super::super::SOMEBODY;
use super::super::ground::{Ground, prices};
use super::super::holds_true::Scene;
use super::super::post::Endpoint;
use super::{one, sent};

/// The same event with something else at a place of it.
fn damaged(event: &StoryEvent, place: &str, value: Value) -> StoryEvent {
    let mut event = event.clone();
    *event.body.pointer_mut(place).unwrap() = value;
    event
}

/// An event is damaged at a place: it is answered 400 with the path, recorded,
/// counted, and in the end applied as if nothing had happened.
async fn check(event: &StoryEvent, place: &str, value: Value, path: &str) {
    let ground = Ground::with(&prices()).await;
    let endpoint = Endpoint::on(&ground.connection());
    let before = dump(&ground.connection().client()).await;
    let damaged = damaged(event, place, value);
    for _ in 0..2 {
        let answer = endpoint.deliver(&damaged).await;
        assert_eq!(answer.status(), 400, "{path}: {answer:?}");
        assert!(answer.text().contains(path), "{path}: {answer:?}");
        let counted = format!("Events {} unreadable", event.event_type);
        let alarm = "NeedsOperator - unreadable".to_string();
        assert_eq!(endpoint.counted(), [counted, alarm]);
        let mut tables = dump(&ground.connection().client()).await;
        let record = tables
            .0
            .remove(&format!("billing EVENT#{}/EVENT", event.id));
        let record = record.unwrap();
        assert!(
            record.contains("\"refused\"") && record.contains(path),
            "{record}"
        );
        assert_eq!(tables, before, "{path}");
    }
    assert_eq!(endpoint.deliver(event).await.status(), 200);
    let scene = Scene::of(&ground).await;
    assert_eq!(scene.records[&event.id], "applied", "{path}");
    assert_eq!(ground.shown(SOMEBODY).await.pro.remaining, 1_000, "{path}");

    // A release that cannot read it does not undo what another settled.
    assert_eq!(endpoint.deliver(&damaged).await.status(), 400);
    let after = Scene::of(&ground).await;
    assert_eq!(after.tables, scene.tables, "{path}");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_read_is_recorded_with_the_place_and_settled_later() {
    let pack = one("checkout.session.completed", &sent(Scenario::BuyPack));
    for (place, value, path) in [
        (
            "/data/object/amount_total",
            json!("500"),
            "$.data.object.amount_total",
        ),
        (
            "/data/object/amount_subtotal",
            json!(-1),
            "$.data.object.amount_subtotal",
        ),
        (
            "/data/object/currency",
            json!("dollars"),
            "$.data.object.currency",
        ),
        ("/data/object/mode", json!(7), "$.data.object.mode"),
        ("/data/object/customer", json!([]), "$.data.object.customer"),
        ("/data/object", json!(null), "$.data.object"),
        ("/created", json!("yesterday"), "$.created"),
        ("/livemode", json!("no"), "$.livemode"),
    ] {
        check(&pack, place, value, path).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_even_be_named_leaves_no_record() {
    let ground = Ground::with(&prices()).await;
    let connection = ground.connection();
    let endpoint = Endpoint::on(&connection);
    let pack = one("checkout.session.completed", &sent(Scenario::BuyPack));
    for (place, value) in [
        ("/id", json!("evt 1")),
        ("/id", json!(null)),
        ("/id", json!("x".repeat(300))),
        ("/type", json!("Checkout Session")),
        ("/type", json!(1)),
    ] {
        let answer = endpoint.deliver(&damaged(&pack, place, value)).await;
        assert_eq!(answer.status(), 400, "{place}: {answer:?}");
    }
    assert_eq!(connection.meter().snapshot().total.requests, 0);
}

#[tokio::test(start_paused = true)]
async fn a_line_without_a_period_calls_an_operator_and_the_whole_invoice_may_come_again() {
    let ground = Ground::with(&prices()).await;
    let endpoint = Endpoint::on(&ground.connection());
    let story = sent(Scenario::Upgrade);
    let is_upgrade = |event: &&StoryEvent| {
        let lines = event.body.pointer("/data/object/lines/data");
        lines
            .and_then(Value::as_array)
            .is_some_and(|lines| lines.len() == 2)
    };
    let at = story.iter().position(|event| is_upgrade(&event)).unwrap();
    for event in &story[..at] {
        assert_eq!(endpoint.deliver(event).await.status(), 200);
    }
    let invoice = &story[at];
    endpoint.counted();
    let place = "/data/object/lines/data/1/period/end";
    let answer = endpoint
        .deliver(&damaged(invoice, place, json!(null)))
        .await;
    assert_eq!(answer.status(), 200);
    let alarm = "NeedsOperator - needs_operator".to_string();
    assert!(endpoint.counted().contains(&alarm));
    // Half of the first month is clawed back, what was paid more is not given yet.
    assert_eq!(ground.shown(SOMEBODY).await.pro.remaining, 5_000);
    assert_eq!(endpoint.deliver(invoice).await.status(), 200);
    assert_eq!(ground.shown(SOMEBODY).await.pro.remaining, 20_000);
}

#[tokio::test(start_paused = true)]
async fn events_of_unknown_types_are_recorded_and_counted_as_other() {
    let ground = Ground::with(&prices()).await;
    let endpoint = Endpoint::on(&ground.connection());
    let before = dump(&ground.connection().client()).await;
    let mut event = one("checkout.session.completed", &sent(Scenario::BuyPack));
    event.body["type"] = json!("terminal.reader.action_failed");
    event.body["data"] = json!({"object": {"anything": ["at", "all"]}});
    for outcome in ["ignored", "repeated"] {
        assert_eq!(endpoint.deliver(&event).await.status(), 200);
        assert_eq!(endpoint.counted(), [format!("Events other {outcome}")]);
    }
    let mut after = dump(&ground.connection().client()).await;
    let record = after.0.remove(&format!("billing EVENT#{}/EVENT", event.id));
    assert!(record.unwrap().contains("terminal.reader.action_failed"));
    assert_eq!(after, before);
}

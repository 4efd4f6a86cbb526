//! An event whose waiting item was damaged: it goes on waiting, an operator is
//! called whenever it is met, and it holds up none of its customer's others.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use local::stripe::Scenario;
use shared::domain::billing::{BillingEvent, EventOutcome};

use super::super::bad_input::{one, sent};
use super::super::ground::{Ground, prices, remembered};
use super::super::holds_true::Scene;
use super::super::post::Endpoint;
use super::super::{SOMEBODY, the, varied};
use super::{CREATED, LINK, PAID, UPDATED, apply, nameless, park, waiting};

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_string())
}

/// Changes the record of an event that waits.
fn change(ground: &Ground, id: &str, expression: &str) -> UpdateItemFluentBuilder {
    let client = ground.connection().client();
    let update = client.update_item().table_name("billing");
    update
        .key("pk", text(&format!("EVENT#{id}")))
        .key("sk", text("EVENT"))
        .update_expression(expression)
        .condition_expression("attribute_exists(event)")
}

/// Writes something else as the text of an event that waits.
async fn write(ground: &Ground, id: &str, event: &str) {
    let update = change(ground, id, "SET event = :event");
    let update = update.expression_attribute_values(":event", text(event));
    update.send().await.unwrap();
}

/// A payment and a subscription that wait; the item of the first is damaged.
async fn with_a_damaged_payment(ground: &Ground) -> BillingEvent {
    let story = nameless();
    let paid = the(PAID, &story);
    park(ground, &paid).await;
    park(ground, &the(CREATED, &story)).await;
    write(ground, paid.id.as_str(), "{\"id\":\"half an ev").await;
    paid
}

#[tokio::test(start_paused = true)]
async fn a_damaged_parked_event_blocks_no_other_and_is_settled_once_repaired() {
    let ground = Ground::new(&remembered().await);
    let paid = with_a_damaged_payment(&ground).await;
    let linked = apply(&ground, &the(LINK, &nameless())).await;
    let [left, settled] = linked.drained.as_slice() else {
        panic!("{:?}", linked.drained);
    };
    // In the order of their ids, whichever that is.
    let (left, settled) = if left.id == paid.id {
        (left, settled)
    } else {
        (settled, left)
    };
    assert_eq!(settled.outcome, EventOutcome::Applied, "{settled:?}");
    assert_eq!(left.id, paid.id);
    assert_eq!(left.outcome, EventOutcome::Parked, "{left:?}");
    assert!(left.needs_operator, "{left:?}");
    assert_eq!(waiting(&ground).await, 1);

    // What comes later is applied, and reports it again.
    let update = the(UPDATED, &nameless());
    let later = varied(&update, "evt_of_later", |_| {});
    let reported_again = apply(&ground, &later).await.drained;
    assert_eq!(reported_again.as_slice(), std::slice::from_ref(left));
    assert_eq!(ground.shown(SOMEBODY).await.pro.remaining, 0);

    let mended = serde_json::to_string(&paid).unwrap();
    write(&ground, paid.id.as_str(), &mended).await;
    let last = varied(&update, "evt_of_the_end", |_| {});
    let drained = apply(&ground, &last).await.drained;
    assert_eq!(drained.len(), 1, "{drained:?}");
    let scene = Scene::of(&ground).await;
    assert!(scene.waiting.is_empty(), "{:?}", scene.waiting);
    assert_eq!(scene.records[paid.id.as_str()], "applied");
    assert_eq!(ground.shown(SOMEBODY).await.pro.remaining, 10_000);
}

#[tokio::test(start_paused = true)]
async fn a_damaged_event_that_waits_calls_an_operator_and_quotes_nothing_of_itself() {
    let ground = Ground::with(&prices()).await;
    let paid = with_a_damaged_payment(&ground).await;
    let endpoint = Endpoint::on(&ground.connection());
    let link = one(LINK, &sent(Scenario::CancelThenResume));
    assert_eq!(endpoint.deliver(&link).await.status(), 200);
    let lines = endpoint.lines();
    let of_it = |line: &&String| line.contains(&format!("\"event_id\":\"{}\"", paid.id));
    let reported: Vec<_> = lines.iter().filter(of_it).collect();
    let [line] = reported.as_slice() else {
        panic!("{lines:?}");
    };
    for part in ["\"NeedsOperator\":1", "\"Outcome\":\"parked\"", "EVENT#"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!line.contains("half an ev"), "{line}");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_waits_and_says_nothing_goes_on_waiting_for_an_operator() {
    let ground = Ground::new(&remembered().await);
    let paid = the(PAID, &nameless());
    park(&ground, &paid).await;
    let emptied = change(&ground, paid.id.as_str(), "REMOVE event");
    emptied.send().await.unwrap();
    let linked = apply(&ground, &the(LINK, &nameless())).await;
    let [left] = linked.drained.as_slice() else {
        panic!("{:?}", linked.drained);
    };
    assert_eq!((&left.id, left.outcome), (&paid.id, EventOutcome::Parked));
    assert!(left.needs_operator, "{left:?}");
    assert_eq!(waiting(&ground).await, 1);
}

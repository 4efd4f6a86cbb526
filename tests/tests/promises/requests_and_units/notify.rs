//! What notices cost: one delivery per recipient is begun from the stream, read and
//! recorded when it is sent. Charges themselves cost what they did.

use serde_json::json;
use shared::domain::{Delivery, Recipient, Told};
use shared::host::clock::Clock;

use super::{AccessesByFunction, Cost, check};
use crate::notices::{Ground, USER};

/// The endpoints are read once a batch; two deliveries are begun, each with its place in
/// the index.
const BEGIN: &[Cost] = &[("PutItem", 2, 0, 8), ("Query", 1, 2, 0)];
/// A message: its delivery and its endpoint are read, and the outcome is recorded in
/// table and index. An e-mail: its delivery, the person, and whether mail to the address
/// bounces, and the keys of links; the day's claim and two states of the delivery are
/// recorded. The first e-mail of all makes the first key.
const SEND: &[Cost] = &[
    ("GetItem", 5, 8, 0),
    ("PutItem", 5, 0, 16),
    ("Query", 1, 2, 0),
];

pub(super) async fn check_all() -> AccessesByFunction {
    let ground = Ground::new().await;
    ground.add_endpoint("one").await;
    let sender = &ground.world.notices;
    sender.app().await.unwrap();
    let (meter, accesses) = (sender.dynamodb().meter(), sender.dynamodb().accesses());
    accesses.start();

    ground.charge("100").await;
    let entries = sender.take_records(local::notices::Source::Entries);
    meter.reset();
    sender.hand_over(entries).await.unwrap();
    check("notices are begun", &meter.snapshot(), BEGIN);

    let deliveries = sender.take_records(local::notices::Source::Deliveries);
    sender.hand_over(deliveries).await.unwrap();
    meter.reset();
    sender.poll().await.unwrap();
    check("notices are sent", &meter.snapshot(), SEND);
    assert_eq!(ground.receiver.got().len(), 1);
    assert_eq!(ground.deliveries(USER).await.len(), 2);

    // What happens seldom: a test, an endpoint that begins to fail, an address that bounces.
    ground.receiver.answer("one", 500);
    let told = Told {
        notice_id: "1".repeat(32),
        user_id: None,
        event: notices::TEST_EVENT.to_string(),
        at: ground.world.clock.now(),
        seq: 0,
        payload: "{}".to_string(),
    };
    let recipient = Recipient::Endpoint("ep_one".parse().unwrap());
    let test = Delivery::new(told, recipient, ground.world.clock.now());
    assert!(ground.world.store.begin_delivery(&test).await.unwrap());
    ground.pump().await;
    let report = json!({"bounce": {
        "bounceType": "Permanent",
        "bouncedRecipients": [{"emailAddress": "gone@example.com"}],
    }});
    let sns = json!({"EventSource": "aws:sns", "Sns": {"Message": report.to_string()}});
    let app = sender.app().await.unwrap();
    app.handle(json!({"Records": [sns]}), "i".to_string()).await;

    let mut all = AccessesByFunction::default();
    all.add_of("notify", accesses.stop());
    all
}

#[tokio::test]
async fn notices_cost_what_the_table_says() {
    check_all().await;
}

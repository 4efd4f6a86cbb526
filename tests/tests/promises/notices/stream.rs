//! The streams: what passes, in any order, repeated, lost and found again.

use local::notices::Source;
use serde_json::json;
use shared::store::Table;

use super::ground::{Ground, USER};

#[tokio::test]
async fn a_crossing_arrives_at_every_endpoint_signed_and_says_what_happened() {
    let ground = Ground::new().await;
    let one = ground.add_endpoint("one").await;
    ground.add_endpoint("two").await;
    // 1900 of 2000 are used: 75 and 90 % were crossed before.
    let entry = ground.charge("100").await;
    ground.pump().await;
    let got = ground.receiver.got();
    assert_eq!(got.len(), 2, "{got:?}");
    for received in &got {
        let body = received.json();
        assert_eq!(body["type"], "credits.exhausted");
        assert_eq!(body["id"], received.id);
        assert_eq!(body["version"], 1);
        assert_eq!(body["timestamp"], json!(ground.now()));
        let data = &body["data"];
        assert_eq!(data["userId"], USER);
        assert_eq!(data["seq"], entry.seq);
        assert_eq!(data["creditType"], "free");
        assert_eq!(data["totalAvailable"], 0);
    }
    assert_eq!(got[0].id, got[1].id);
    let to_one = got.iter().find(|it| it.path == "one").unwrap();
    let signed = notices::sign(
        one.signing(ground.now()),
        &to_one.id,
        ground.now().unix_seconds(),
        &to_one.body,
    );
    assert_eq!(to_one.signature, signed.unwrap());
    assert_ne!(got[0].signature, got[1].signature);
}

#[tokio::test]
async fn an_ordinary_charge_does_not_reach_the_function() {
    let ground = Ground::new().await;
    ground.add_endpoint("one").await;
    for _ in 0..3 {
        ground.charge("1").await;
    }
    assert!(
        ground
            .world
            .notices
            .take_records(Source::Entries)
            .is_empty()
    );
    ground.charge("97").await;
    assert_eq!(ground.world.notices.take_records(Source::Entries).len(), 1);
}

#[tokio::test]
async fn a_repeat_of_a_stream_sends_nothing_twice() {
    let ground = Ground::new().await;
    ground.add_endpoint("one").await;
    ground.charge("100").await;
    let notices = &ground.world.notices;
    let entries = notices.take_records(Source::Entries);
    for _ in 0..3 {
        assert!(notices.hand_over(entries.clone()).await.unwrap().is_empty());
        ground.pump().await;
    }
    let deliveries = notices.take_records(Source::Deliveries);
    assert!(notices.hand_over(deliveries).await.unwrap().is_empty());
    ground.pump().await;
    assert_eq!(ground.receiver.events("one"), ["credits.exhausted"]);
    assert_eq!(ground.subjects().len(), 1);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_stops_no_other() {
    let ground = Ground::new().await;
    ground.add_endpoint("one").await;
    ground.charge("100").await;
    let notices = &ground.world.notices;
    let entries = notices.take_records(Source::Entries);
    let mut newer = entries[0].clone();
    newer["dynamodb"]["NewImage"]["schema_version"] = json!({"N": "9"});
    let mut torn = entries[0].clone();
    torn["dynamodb"]["NewImage"]["seq"] = json!({"N": "77"});
    let mut nonsense = entries[0].clone();
    nonsense["dynamodb"]["NewImage"] = json!({"pk": 1});
    let records = vec![newer, torn, nonsense, entries[0].clone()];
    assert!(notices.hand_over(records).await.unwrap().is_empty());
    ground.pump().await;
    // A sequence number that was changed is the same entry by its hash only if it is whole.
    let lines = ground.world.log.take().join("\n");
    assert!(lines.contains("\"UnreadableRecords\":"), "{lines}");
    assert!(
        ground
            .receiver
            .events("one")
            .contains(&"credits.exhausted".to_string())
    );
}

#[tokio::test]
async fn a_store_that_fails_makes_the_record_come_again_and_none_before_it() {
    let ground = Ground::new().await;
    ground.add_endpoint("one").await;
    ground.charge("100").await;
    let notices = &ground.world.notices;
    let entries = notices.take_records(Source::Entries);
    // More faults than one request is tried again for.
    let faults = (0..6).map(|_| ("PutItem", local::dynamodb::Fault::ServerError));
    for (operation, fault) in faults {
        notices.dynamodb().faults().push(operation, fault);
    }
    assert!(notices.hand_over(entries).await.unwrap().is_empty());
    ground.pump().await;
    assert_eq!(ground.receiver.events("one"), ["credits.exhausted"]);
}

#[tokio::test]
async fn an_endpoint_is_told_nothing_from_before_its_time() {
    let ground = Ground::new().await;
    ground.charge("100").await;
    ground.advance(1);
    ground.add_endpoint("late").await;
    ground.pump().await;
    assert_eq!(ground.receiver.events("late"), Vec::<String>::new());
    let notices = ground.world.dynamodb.database().unwrap();
    assert!(notices.list_tables(Default::default()).is_ok());
    assert_eq!(Table::Notices.variable(), "NOTICES_TABLE");
}

//! Events whose records cannot be read, or are gone, while they wait: each ends
//! where it waits, by its JSON or by being dismissed. So does one whose place is gone.

use aws_sdk_dynamodb::types::AttributeValue::{self, S};

use super::*;

/// What may become of a record.
#[derive(Clone, Copy, Debug)]
enum Damage {
    HalfOfWhatItSays,
    Outcome,
    /// Neither its outcome nor what it waits for can be read.
    WhatItWaitsFor,
    Entity,
    Version,
    Gone,
}

const ALL: [Damage; 6] = [
    Damage::HalfOfWhatItSays,
    Damage::Outcome,
    Damage::WhatItWaitsFor,
    Damage::Entity,
    Damage::Version,
    Damage::Gone,
];

async fn harm(ground: &Ground, event: &Value, damage: Damage) {
    let text = |text: &str| S(text.to_string());
    let client = ground.world.dynamodb.client();
    let (pk, sk) = (text(&format!("EVENT#{}", id(event))), text("EVENT"));
    let write: &[(&str, AttributeValue)] = match damage {
        Damage::HalfOfWhatItSays => &[("event", text("{\"id\":\"half"))],
        Damage::Outcome => &[("outcome", text("forgotten"))],
        Damage::WhatItWaitsFor => &[("outcome", text("?")), ("waits_for", text("?"))],
        Damage::Entity => &[("entity", text("Something"))],
        Damage::Version => &[("version", text("one"))],
        Damage::Gone => {
            let delete = client.delete_item().table_name("billing");
            let delete = delete.key("pk", pk).key("sk", sk);
            delete.send().await.unwrap();
            return;
        }
    };
    for (name, value) in write {
        let update = client.update_item().table_name("billing");
        let update = update.key("pk", pk.clone()).key("sk", sk.clone());
        let update = update.update_expression("SET #name = :value");
        let update = update.expression_attribute_names("#name", *name);
        let update = update.expression_attribute_values(":value", value.clone());
        update.send().await.unwrap();
    }
}

/// The place where an event waits is deleted.
async fn lose_place(ground: &Ground, event: &Value) {
    let client = ground.world.dynamodb.client();
    let scan = client.scan().table_name("billing");
    let scan = scan
        .filter_expression("sk = :sk AND attribute_exists(parked)")
        .consistent_read(true);
    let sk = S(format!("EVENT#{}", id(event)));
    let scan = scan.expression_attribute_values(":sk", sk.clone());
    let found = scan.send().await.unwrap();
    let [place] = found.items() else {
        panic!("{} waits at {:?}", id(event), found.items());
    };
    let delete = client.delete_item().table_name("billing");
    let delete = delete.key("pk", place["pk"].clone()).key("sk", sk);
    delete.send().await.unwrap();
}

/// Events that wait for a customer, a price and a person, and each as it can be
/// settled.
fn waiting() -> [(Value, Value); 3] {
    let unnamed = the("invoice.paid", &story("N"));
    let mut named = unnamed.clone();
    named["data"]["object"]["metadata"] = json!({"user_id": USER});
    let mut unpriced = named.clone();
    unpriced["data"]["object"]["lines"]["data"][0]["pricing"]["price_details"]["price"] =
        json!("price_new");
    let (long, whole) = long_invoice();
    let mut supplied = long.clone();
    supplied["data"]["object"] = whole;
    [
        (unnamed, named.clone()),
        (unpriced, named),
        (long, supplied),
    ]
}

/// It is reported that the record is lost, and what to do; what needs it writes nothing.
async fn check_reported(ground: &Ground, event: &Value, what: &str) {
    let before = dump(&ground.world.dynamodb.client()).await;
    let said = ground.reported(&["parked", "list", "--all"], 3).await;
    assert!(said.contains(id(event)), "{what}: {said}");
    let said = ground.reported(&["parked", "show", id(event)], 3).await;
    for way_out in ["event replay", "--file FILE", "parked dismiss"] {
        assert!(said.contains(way_out), "{what}: {said}");
    }
    ground.reported(&["event", "show", id(event)], 1).await;
    ground.reported(&["event", "replay", id(event)], 1).await;
    let settle = ["parked", "settle", id(event), "--object", "/nowhere.json"];
    ground.reported(&[&settle[..], &WHY].concat(), 1).await;
    ground.reported(&["verify", "--all"], 3).await;
    assert_eq!(
        dump(&ground.world.dynamodb.client()).await,
        before,
        "{what}"
    );
}

#[tokio::test]
async fn a_lost_record_is_recreated_by_replaying_the_events_json() {
    for (damage, (event, whole)) in ALL.into_iter().zip(waiting().into_iter().cycle()) {
        let ground = Ground::seeded().await;
        assert_eq!(ground.deliver(&event).await, EventOutcome::Parked);
        harm(&ground, &event, damage).await;
        let what = format!("{damage:?} of {}", id(&event));
        if !matches!(damage, Damage::Version) {
            check_reported(&ground, &event, &what).await;
        }
        let same = Paper::with("lost-same", &event);
        let replay = |file: &Paper| {
            let words = ["event", "replay", id(&event), "--file", file.path()];
            [&words[..], &WHY]
                .concat()
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        // As it was, it waits on where it did.
        let words = replay(&same);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        ground.reported(&words, 3).await;
        assert_eq!(ground.listed(&["--all"]).await.len(), 1, "{what}");
        ground.verify().await;
        harm(&ground, &event, damage).await;
        let mended = Paper::with("lost-mended", &whole);
        let words = replay(&mended);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let said = ground.on_trial(&words, 0).await;
        assert!(said.contains("would be applied"), "{what}: {said}");
        assert!(said.contains("writes billing PARKED#"), "{what}: {said}");
        ground.reported(&words, 0).await;
        let pro = ground.pro().await;
        assert!([10_000, 120_000].contains(&pro), "{what}: {pro}");
        assert_eq!(ground.listed(&["--all"]).await, [] as [Value; 0], "{what}");
        let note = &ground.shown(&event).await["operator"];
        assert_eq!(
            (&note["act"], &note["actor"]),
            (&json!("replayed"), &json!("ada"))
        );
        assert_eq!(ground.deliver(&event).await, EventOutcome::Applied);
        assert_eq!(ground.pro().await, pro, "{what}");
        ground.verify().await;
    }
}

#[tokio::test]
async fn an_event_whose_record_is_lost_is_dismissed_where_it_waits() {
    for (damage, (event, _)) in ALL.into_iter().zip(waiting().into_iter().rev().cycle()) {
        let ground = Ground::seeded().await;
        assert_eq!(ground.deliver(&event).await, EventOutcome::Parked);
        harm(&ground, &event, damage).await;
        let what = format!("{damage:?} of {}", id(&event));
        let dismiss = [&["parked", "dismiss", id(&event)][..], &WHY].concat();
        let said = ground.on_trial(&dismiss, 0).await;
        assert!(said.contains("would be dismissed"), "{what}: {said}");
        ground.reported(&dismiss, 0).await;
        assert_eq!(ground.listed(&["--all"]).await, [] as [Value; 0], "{what}");
        let shown = ground.shown(&event).await;
        assert_eq!(shown["outcome"], "dismissed", "{what}");
        assert_eq!(shown["operator"]["reason"], "ticket 512", "{what}");
        assert_eq!(ground.deliver(&event).await, EventOutcome::Dismissed);
        assert_eq!(ground.pro().await, 0, "{what}");
        ground.verify().await;
    }
}

#[tokio::test]
async fn an_event_whose_place_is_lost_ends_like_any_other() {
    for (event, whole) in waiting() {
        for ends in ["delivered", "replayed", "dismissed"] {
            let ground = Ground::seeded().await;
            assert_eq!(ground.deliver(&event).await, EventOutcome::Parked);
            lose_place(&ground, &event).await;
            let what = format!("{} is {ends}", id(&event));
            let said = ground.reported(&["verify", "--all"], 3).await;
            assert!(said.contains("has no place there"), "{what}: {said}");
            let file = Paper::with("placeless", &whole);
            match ends {
                "delivered" => {
                    assert_eq!(
                        ground.deliver(&whole).await,
                        EventOutcome::Applied,
                        "{what}"
                    );
                }
                "replayed" => {
                    let replay = ["event", "replay", id(&event), "--file", file.path()];
                    ground.on_trial(&replay, 0).await;
                    ground.reported(&replay, 0).await;
                }
                _ => {
                    let dismiss = [&["parked", "dismiss", id(&event)][..], &WHY].concat();
                    ground.on_trial(&dismiss, 0).await;
                    ground.reported(&dismiss, 0).await;
                }
            }
            let pro = ground.pro().await;
            assert_eq!(pro > 0, ends != "dismissed", "{what}: {pro}");
            ground.deliver(&whole).await;
            assert_eq!(ground.pro().await, pro, "{what}");
            ground.verify().await;
        }
    }
}

#[tokio::test]
async fn to_replay_what_was_applied_gives_nothing_again_even_if_its_record_is_lost() {
    for damage in [Damage::Outcome, Damage::Gone] {
        let ground = Ground::seeded().await;
        let [(_, paid), ..] = waiting();
        assert_eq!(ground.deliver(&paid).await, EventOutcome::Applied);
        harm(&ground, &paid, damage).await;
        let file = Paper::with("lost-applied", &paid);
        let replay = ["event", "replay", id(&paid), "--file", file.path()];
        ground.reported(&replay, 0).await;
        assert_eq!(ground.pro().await, 10_000, "{damage:?}");
        ground.verify().await;
    }
}

#[tokio::test]
async fn a_customer_is_assigned_though_one_that_waits_has_lost_its_record() {
    let ground = Ground::seeded().await;
    let events = story("C");
    let paid = the("invoice.paid", &events);
    let created = the("customer.subscription.created", &events);
    ground.deliver(&paid).await;
    ground.deliver(&created).await;
    harm(&ground, &created, Damage::HalfOfWhatItSays).await;
    let assign = [&["parked", "assign", "cus_C", USER][..], &WHY].concat();
    let said = ground.on_trial(&assign, 3).await;
    assert!(said.contains("would be applied"), "{said}");
    assert!(said.contains("event replay"), "{said}");
    ground.reported(&assign, 3).await;
    assert_eq!(ground.pro().await, 10_000);
    let file = Paper::with("lost-assigned", &created);
    let replay = ["event", "replay", id(&created), "--file", file.path()];
    ground.reported(&replay, 0).await;
    ground.verify().await;
}

#[tokio::test]
async fn a_record_of_a_newer_release_does_not_count_as_lost() {
    let ground = Ground::seeded().await;
    let [(event, named), ..] = waiting();
    ground.deliver(&event).await;
    let client = ground.world.dynamodb.client();
    let update = client.update_item().table_name("billing");
    let update = update.key("pk", S(format!("EVENT#{}", id(&event))));
    let update = update.key("sk", S("EVENT".into()));
    let update = update.update_expression("SET schema_version = :newer");
    let newer = AttributeValue::N("2".into());
    let update = update.expression_attribute_values(":newer", newer);
    update.send().await.unwrap();
    let before = dump(&client).await;
    let file = Paper::with("lost-newer", &named);
    let replay = ["event", "replay", id(&event), "--file", file.path()];
    ground.reported(&replay, 1).await;
    let dismiss = [&["parked", "dismiss", id(&event)][..], &WHY].concat();
    ground.reported(&dismiss, 1).await;
    assert_eq!(dump(&client).await, before);
}

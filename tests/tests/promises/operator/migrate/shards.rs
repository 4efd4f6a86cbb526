//! Events that an older release parked get their place in the index, and lose it again.

use aws_sdk_dynamodb::types::AttributeValue::S;
use shared::host::clock::Deadline;
use shared::store::{MIGRATIONS, Segment, Table, Wanted};
use tests::dump;

use super::super::ground::Ground;
use super::super::version_0::{Items, all, restore};
use super::{deliveries, run, undo};

pub(super) const ID: &str = "20261128110000_shard_parked_events";
const SHARD: &str = "parked_shard";

/// A world whose parked events an older release has parked.
async fn older_world() -> (Ground, Items) {
    let ground = Ground::rich().await;
    let client = ground.world.dynamodb.client();
    let mut items = all(&client).await;
    let places = items.values_mut().filter_map(|item| item.remove(SHARD));
    assert!(places.count() > 0, "something is parked");
    restore(&client, &items).await;
    (ground, items)
}

/// How many parked events an operator sees.
async fn listed(ground: &Ground) -> usize {
    let words = ["parked", "list", "--all", "--json"];
    run(ground, &words, 0).await.json().len()
}

#[tokio::test]
async fn what_an_older_release_parked_is_listed_once_it_is_migrated() {
    let (ground, before) = older_world().await;
    let client = ground.world.dynamodb.client();
    let parked = before.values().filter(|it| it.contains_key("parked"));
    let parked = parked.count();
    assert_eq!(listed(&ground).await, 0);
    let said = run(&ground, &["verify", "--all"], 3).await;
    let advice = "the index does not list it: run `creditsctl migrate up`";
    assert_eq!(said.text.matches(advice).count(), parked, "{}", said.text);

    let said = run(&ground, &["migrate", "up"], 0).await;
    let line = format!("{ID}: {parked} items migrated up\n");
    assert!(said.text.contains(&line), "{}", said.text);
    assert_eq!(listed(&ground).await, parked);
    run(&ground, &["verify", "--all"], 0).await;
    let up = dump(&client).await;

    undo(&ground, deliveries::ID).await;
    undo(&ground, ID).await;
    let down = all(&client).await;
    assert!(down.values().all(|item| !item.contains_key(SHARD)));
    assert_eq!(listed(&ground).await, 0);
    run(&ground, &["migrate", "up"], 0).await;
    assert_eq!(dump(&client).await, up);
}

#[tokio::test]
async fn it_runs_again_for_what_an_older_release_did_meanwhile() {
    let (ground, _) = older_world().await;
    let client = ground.world.dynamodb.client();
    run(&ground, &["migrate", "up"], 0).await;
    let up = all(&client).await;
    let (place, _) = up
        .iter()
        .find(|(_, item)| item.contains_key(SHARD))
        .unwrap();
    // One that knows the old index alone settles an event, and parks another.
    let (table, pk, sk) = place;
    let settle = client.update_item().table_name(table);
    let settle = settle.key("pk", S(pk.clone())).key("sk", S(sk.clone()));
    let settle = settle.update_expression("REMOVE parked");
    settle.send().await.unwrap();
    let mut parked = up[place].clone();
    parked.remove(SHARD);
    parked.insert("sk".into(), S("EVENT#evt_older".into()));
    let put = client.put_item().table_name(table);
    put.set_item(Some(parked)).send().await.unwrap();

    let said = run(&ground, &["migrate", "up"], 0).await;
    let line = format!("{ID}: 2 items migrated up\n");
    assert!(said.text.contains(&line), "{}", said.text);
    let after = all(&client).await;
    assert!(!after[place].contains_key(SHARD));
    let older = (table.clone(), pk.clone(), "EVENT#evt_older".to_string());
    assert!(after[&older].contains_key(SHARD));
}

#[tokio::test]
async fn an_event_that_is_settled_meanwhile_is_not_listed_again() {
    let (ground, before) = older_world().await;
    let client = ground.world.dynamodb.client();
    let store = &ground.world.store;
    let whole = Segment { number: 0, of: 1 };
    let wanted = Wanted::OneWithoutOther(["parked", SHARD]);
    let page = store.scan_page(Table::Billing, whole, wanted, 1_000, None);
    let seen = page.await.unwrap().items;
    let count = u64::try_from(seen.len()).unwrap();
    let mut settled = before;
    for item in settled.values_mut() {
        item.remove("parked");
    }
    restore(&client, &settled).await;
    let deadline = Deadline::after(std::time::Duration::from_secs(60));
    let passed = store.take_up(MIGRATIONS[1], Table::Billing, seen, deadline);
    let passed = passed.await.unwrap();
    assert_eq!((passed.changed, passed.moved), (0, count));
    assert_eq!(all(&client).await, settled);
}

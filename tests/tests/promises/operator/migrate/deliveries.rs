//! Deliveries that an older release began get their place in the index, and lose it again.

use shared::host::clock::Deadline;
use shared::store::{MIGRATIONS, Segment, Table, Wanted};
use tests::dump;

use super::super::ground::Ground;
use super::super::version_0::{Item, Items, all, restore};
use super::{run, undo};

pub(super) const ID: &str = "20261128170000_shard_deliveries";
const SHARD: &str = "recipient_shard";

/// A world whose notices an older release has sent: e-mails, and a test of an endpoint.
async fn older_world() -> (Ground, Items) {
    let ground = Ground::rich().await;
    let added = run(&ground, &["endpoint", "add", "http://127.0.0.1:1/x"], 0).await;
    let id = added.text.split("  ").next().unwrap();
    run(&ground, &["endpoint", "test", id], 0).await;
    ground.world.notices.pump().await.unwrap();
    let client = ground.world.dynamodb.client();
    let mut items = all(&client).await;
    for item in items.values_mut() {
        item.remove(SHARD);
    }
    assert!(deliveries(&items).len() > 1, "something was sent");
    restore(&client, &items).await;
    (ground, items)
}

fn deliveries(items: &Items) -> Vec<&Item> {
    let items = items.values();
    items.filter(|it| it.contains_key("recipient")).collect()
}

/// How many deliveries an operator sees, to all recipients.
async fn listed(ground: &Ground, items: &Items) -> usize {
    let recipients = deliveries(items).into_iter();
    let recipients = recipients.map(|item| item["recipient"].as_s().unwrap());
    let recipients: std::collections::BTreeSet<_> = recipients.collect();
    assert!(recipients.len() > 1, "{recipients:?}");
    let mut listed = 0;
    for recipient in recipients {
        let words = ["notify", "deliveries", "--to", recipient, "--json"];
        listed += run(ground, &words, 0).await.json().len();
    }
    listed
}

#[tokio::test]
async fn what_an_older_release_sent_is_listed_once_it_is_migrated() {
    let (ground, before) = older_world().await;
    let client = ground.world.dynamodb.client();
    let count = deliveries(&before).len();
    assert_eq!(listed(&ground, &before).await, 0);
    let said = run(&ground, &["verify", "--all"], 3).await;
    let advice = "the index does not list it: run `creditsctl migrate up`";
    assert_eq!(said.text.matches(advice).count(), count, "{}", said.text);

    let said = run(&ground, &["migrate", "up"], 0).await;
    let line = format!("{ID}: {count} items migrated up\n");
    assert!(said.text.ends_with(&line), "{}", said.text);
    assert_eq!(listed(&ground, &before).await, count);
    run(&ground, &["verify", "--all"], 0).await;
    let up = dump(&client).await;

    undo(&ground, ID).await;
    let down = all(&client).await;
    assert!(down.values().all(|item| !item.contains_key(SHARD)));
    assert_eq!(listed(&ground, &before).await, 0);
    run(&ground, &["migrate", "up"], 0).await;
    assert_eq!(dump(&client).await, up);
}

#[tokio::test]
async fn a_delivery_that_an_older_release_changes_is_left_to_the_next_run() {
    let (ground, mut changed) = older_world().await;
    let client = ground.world.dynamodb.client();
    let store = &ground.world.store;
    let whole = Segment { number: 0, of: 1 };
    let wanted = Wanted::OneWithoutOther(["recipient", SHARD]);
    let page = store.scan_page(Table::Notices, whole, wanted, 1_000, None);
    let seen = page.await.unwrap().items;
    let count = u64::try_from(seen.len()).unwrap();
    // It puts an item as a whole, of the next version and without what it does not know.
    let mut items = changed.values_mut();
    let item = items.find(|item| item.contains_key("recipient")).unwrap();
    let version: u64 = item["version"].as_n().unwrap().parse().unwrap();
    let next = aws_sdk_dynamodb::types::AttributeValue::N((version + 1).to_string());
    item.insert("version".into(), next);
    restore(&client, &changed).await;

    let deadline = Deadline::after(std::time::Duration::from_secs(60));
    let passed = store.take_up(MIGRATIONS[2], Table::Notices, seen, deadline);
    let passed = passed.await.unwrap();
    assert_eq!((passed.changed, passed.moved), (count - 1, 1));
    let said = run(&ground, &["migrate", "up"], 0).await;
    let line = format!("{ID}: 1 items migrated up\n");
    assert!(said.text.ends_with(&line), "{}", said.text);
    run(&ground, &["verify", "--all"], 0).await;
}

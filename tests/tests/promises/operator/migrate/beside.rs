//! Live traffic goes on while the tables go up: nothing that anybody did is lost.

use aws_sdk_dynamodb::types::AttributeValue::{L, N};
use shared::domain::{Action, PreferencesChange, Usage};
use shared::host::clock::Deadline;
use shared::store::{MIGRATIONS, Segment, Table, Wanted};
use tests::{at, credits, user};

use super::super::ground::{Ground, RICH};
use super::super::version_0::{all, restore};
use super::{old_world, run};

const USERS: [&str; 5] = [RICH, "annual-user", "trial-user", "roll-user", "late-user"];

/// Charges and choices of several users, one after the other.
async fn traffic(ground: &Ground) {
    for number in 0..12_i64 {
        for who in USERS {
            let now = at("2026-03-20T00:00:00Z").plus_seconds(number * 60);
            let charge = Action::Charge {
                amount: credits("0.5"),
                usage: Usage::default(),
            };
            let key = format!("api#inference-service#live-{number}");
            ground.command(who, &key, now, charge).await;
            let choice = PreferencesChange {
                max_tokens: Some(1_000 + u32::try_from(number).unwrap()),
                ..PreferencesChange::default()
            };
            let deadline = Deadline::after(std::time::Duration::from_secs(60));
            let store = &ground.world.store;
            store
                .change_preferences(&user(who), &choice, now, deadline)
                .await
                .unwrap();
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn charges_and_choices_beside_it_are_all_there_afterwards() {
    let (ground, _) = old_world().await;
    let words = ["migrate", "up", "--segments", "3"];
    let (said, ()) = tokio::join!(ground.operator.run(&words), traffic(&ground));
    assert_eq!(said.code, 0, "{}", said.text);
    run(&ground, &["verify", "--all"], 0).await;
    let items = all(&ground.world.dynamodb.client()).await;
    for who in USERS {
        let entries = items.keys().filter(|(table, pk, sk)| {
            let is_live = sk.starts_with("ENTRY#api#inference-service#live-");
            table == "credits" && *pk == format!("USER#{who}") && is_live
        });
        assert_eq!(entries.count(), 12, "{who}");
        let chosen = ("users".into(), format!("USER#{who}"), "PREFERENCES".into());
        assert_eq!(
            items[&chosen]["max_tokens"].as_n().unwrap(),
            "1011",
            "{who}"
        );
    }
}

#[tokio::test]
async fn functions_of_today_read_what_version_0_left() {
    let (ground, before) = old_world().await;
    let store = &ground.world.store;
    for who in USERS {
        let account = store
            .load_account(&user(who), shared::store::Consistency::Strong)
            .await;
        let old = before.get(&("credits".into(), format!("USER#{who}"), "ACCOUNT".into()));
        assert_eq!(account.unwrap().version > 0, old.is_some(), "{who}");
        store.load_person(&user(who)).await.unwrap();
    }
    run(&ground, &["migrate", "up"], 0).await;
}

#[tokio::test]
async fn a_write_of_an_older_function_is_not_undone() {
    let (ground, mut now) = old_world().await;
    let client = ground.world.dynamodb.client();
    let store = &ground.world.store;
    let whole = Segment { number: 0, of: 1 };
    let page = store.scan_page(Table::Credits, whole, Wanted::OldItems, 1_000, None);
    let seen = page.await.unwrap().items;
    assert!(seen.len() > 20, "{}", seen.len());
    // An account is written once more as version 0, and an entry is gone.
    let account = (
        "credits".to_string(),
        format!("USER#{RICH}"),
        "ACCOUNT".to_string(),
    );
    let item = now.get_mut(&account).unwrap();
    let version: u64 = item["version"].as_n().unwrap().parse().unwrap();
    item.insert("version".into(), N((version + 1).to_string()));
    item.insert("lots".into(), L(Vec::new()));
    let sk = "ENTRY#api#inference-service#charge-1".to_string();
    now.remove(&("credits".into(), format!("USER#{RICH}"), sk))
        .unwrap();
    restore(&client, &now).await;

    let count = u64::try_from(seen.len()).unwrap();
    let deadline = Deadline::after(std::time::Duration::from_secs(60));
    let passed = store
        .take_up(MIGRATIONS[0], Table::Credits, seen, deadline)
        .await
        .unwrap();
    assert_eq!(
        (passed.changed, passed.moved),
        (count - 2, 2),
        "{:?}",
        passed.findings
    );
    let after = all(&client).await;
    assert_eq!(after[&account], now[&account]);
    assert_eq!(after.len(), now.len(), "what is gone stays gone");
}

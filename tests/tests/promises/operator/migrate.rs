//! `creditsctl migrate`: tables of version 0 become what this release writes,
//! and the other way round become what they were, to the last attribute.

mod beside;
mod cut;
mod deliveries;
mod killed;
mod shards;

use aws_sdk_dynamodb::types::AttributeValue::{Bool, S};
use tests::{Said, dump};

use super::ground::Ground;
use super::version_0::{Item, Items, all, from_json, of_version_0, restore};

const ID: &str = "20251106171518_add_enhanced_credits_user_fields";
const FIXTURE: &str = include_str!("../../../fixtures/version-0.json");

/// A bit of everything, as version 0 had it.
async fn old_world() -> (Ground, Items) {
    let ground = Ground::rich().await;
    let client = ground.world.dynamodb.client();
    let before = of_version_0(&all(&client).await);
    restore(&client, &before).await;
    (ground, before)
}

async fn run(ground: &Ground, words: &[&str], code: u8) -> Said {
    let said = ground.operator.run(words).await;
    assert_eq!(said.code, code, "{words:?}: {}", said.text);
    said
}

/// Undoes the newest migrations, so that the next one down is that of version 0.
async fn undo_the_newest(ground: &Ground) {
    undo(ground, deliveries::ID).await;
    undo(ground, shards::ID).await;
}

/// Undoes this migration, which is the newest that is done.
async fn undo(ground: &Ground, id: &str) {
    let said = run(ground, &["migrate", "down"], 0).await;
    assert!(said.text.starts_with(id), "{}", said.text);
}

/// The state of the migration from version 0.
async fn state(ground: &Ground) -> String {
    let said = run(ground, &["migrate", "status", "--json"], 0).await;
    let line = &said.json()[0]["migration"];
    assert_eq!(line["id"], ID);
    line["state"].as_str().unwrap().to_string()
}

#[tokio::test]
async fn a_world_of_version_0_goes_up_to_what_verifies_and_down_to_what_it_was() {
    let (ground, before) = old_world().await;
    let client = ground.world.dynamodb.client();
    assert_eq!(state(&ground).await, "pending");
    let plan = run(&ground, &["migrate", "plan", "--json"], 0).await;
    let said = run(&ground, &["migrate", "up", "--json"], 0).await;
    let (planned, done) = (&plan.json()[0]["migrated"], &said.json()[0]["migrated"]);
    assert_eq!(planned["changed"], done["changed"]);
    let old = before
        .iter()
        .filter(|(key, item)| key.0 != "billing" && !item.contains_key("schema_version"));
    assert_eq!(done["changed"], old.count());
    assert_eq!(state(&ground).await, "up");
    run(&ground, &["verify", "--all"], 0).await;
    let up = dump(&client).await;
    let again = run(&ground, &["migrate", "up"], 0).await;
    let done = format!("{ID}: is done\n");
    assert!(again.text.starts_with(&done), "{}", again.text);
    assert_eq!(dump(&client).await, up);

    undo_the_newest(&ground).await;
    run(&ground, &["migrate", "down"], 0).await;
    assert_eq!(all(&client).await, before);
    assert_eq!(state(&ground).await, "pending");
    run(&ground, &["migrate", "up"], 0).await;
    assert_eq!(dump(&client).await, up);
}

const PAST: &str = "CREDIT#free#2025-11-01T00:00:00Z#free:2025-10-01";

/// What the items of the old user get: table, sort key, path and value.
const DEFAULTS: [(&str, &str, &[&str], &str); 10] = [
    (
        "users",
        "PREFERENCES",
        &["email_notifications"],
        r#"{"BOOL":true}"#,
    ),
    (
        "users",
        "PREFERENCES",
        &["usage_alerts"],
        r#"{"BOOL":true}"#,
    ),
    (
        "users",
        "SUBSCRIPTION#sub_old",
        &["cancel_at_period_end"],
        r#"{"BOOL":false}"#,
    ),
    (
        "credits",
        "ACCOUNT",
        &["monthly_allocation_milli"],
        r#"{"N":"2000000"}"#,
    ),
    (
        "credits",
        "ACCOUNT",
        &["reset_day_of_month"],
        r#"{"N":"1"}"#,
    ),
    (
        "credits",
        "ACCOUNT",
        &["lots", "0", "kind"],
        r#"{"S":"free"}"#,
    ),
    ("credits", PAST, &["credit_type"], r#"{"S":"free"}"#),
    ("credits", PAST, &["lot", "kind"], r#"{"S":"free"}"#),
    (
        "credits",
        PAST,
        &["lot", "monthly_allocation_milli"],
        r#"{"N":"2000000"}"#,
    ),
    (
        "credits",
        PAST,
        &["lot", "reset_day_of_month"],
        r#"{"N":"1"}"#,
    ),
];

/// What lies at a path of an item, as JSON.
fn at_path(item: &Item, path: &[&str]) -> String {
    let (first, rest) = path.split_first().unwrap();
    let mut value = item[*first].clone();
    for name in rest {
        value = match name.parse::<usize>() {
            Ok(place) => value.as_l().unwrap()[place].clone(),
            Err(_) => value.as_m().unwrap()[*name].clone(),
        };
    }
    tests::plain(&value).to_string()
}

#[tokio::test]
async fn the_fixture_of_version_0_gets_the_defaults_and_gives_them_back() {
    let ground = Ground::seeded().await;
    let client = ground.world.dynamodb.client();
    let before = from_json(FIXTURE);
    restore(&client, &before).await;
    let verified = ground.operator.run(&["verify", "--all"]).await;
    assert_eq!(verified.code, 3, "version 0 is not yet as it must be");
    run(&ground, &["migrate", "up"], 0).await;
    let after = all(&client).await;
    let value = |table: &str, pk: &str, sk: &str, path: &[&str]| {
        let item = &after[&(table.to_string(), pk.to_string(), sk.to_string())];
        at_path(item, path)
    };
    let user = "USER#old-user";
    for (table, sk, path, expected) in DEFAULTS {
        assert_eq!(value(table, user, sk, path), expected, "{sk} {path:?}");
    }
    for claim in ["STRIPE_CUSTOMER#cus_old", "STRIPE_SUBSCRIPTION#sub_old"] {
        assert_eq!(
            value("users", claim, "CLAIM", &["user_id"]),
            r#"{"S":"old-user"}"#
        );
    }
    for ((table, pk, sk), item) in &after {
        let version = item["schema_version"].as_n().unwrap();
        assert_eq!(version, "1", "{table} {pk}/{sk}");
    }
    run(&ground, &["verify", "--all"], 0).await;
    undo_the_newest(&ground).await;
    run(&ground, &["migrate", "down"], 0).await;
    assert_eq!(all(&client).await, before);
}

#[tokio::test]
async fn a_duplicate_is_reported_with_both_owners_and_nothing_of_it_is_lost() {
    let (ground, mut before) = old_world().await;
    let client = ground.world.dynamodb.client();
    let place = |who: &str| {
        let sk = "SUBSCRIPTION#sub_a".to_string();
        ("users".to_string(), format!("USER#{who}"), sk)
    };
    let mut other = before[&place("rich-user")].clone();
    other.insert("pk".into(), S("USER#other-user".into()));
    other.insert("user_id".into(), S("other-user".into()));
    before.insert(place("other-user"), other);
    restore(&client, &before).await;

    let plan = ground.operator.run(&["migrate", "plan"]).await;
    let said = ground.operator.run(&["migrate", "up"]).await;
    for said in [&plan, &said] {
        assert_eq!(said.code, 3, "{}", said.text);
        for owner in ["rich-user", "other-user"] {
            let named = said.text.lines().next().unwrap().contains(owner);
            assert!(named, "{owner}: {}", said.text);
        }
    }
    assert_eq!(state(&ground).await, "going_up");
    let after = all(&client).await;
    let kept = |who: &str| after[&place(who)] == before[&place(who)];
    assert!(
        kept("rich-user") != kept("other-user"),
        "one of the two was taken up"
    );
    let (loser, winner) = if kept("rich-user") {
        ("rich-user", "other-user")
    } else {
        ("other-user", "rich-user")
    };
    let same = ground.operator.run(&["migrate", "up"]).await;
    assert_eq!(same.code, 3, "{}", same.text);
    assert_eq!(
        all(&client).await,
        after,
        "it is told again and nothing else"
    );

    // An operator decides: that one was never the loser's.
    let (table, pk, sk) = place(loser);
    let delete = client.delete_item().table_name(table);
    delete
        .key("pk", S(pk))
        .key("sk", S(sk))
        .send()
        .await
        .unwrap();
    run(&ground, &["migrate", "up"], 0).await;
    assert_eq!(state(&ground).await, "up");
    let claim = (
        "users".to_string(),
        "STRIPE_CUSTOMER#cus_a".to_string(),
        "CLAIM".to_string(),
    );
    assert_eq!(all(&client).await[&claim]["user_id"], S(winner.into()));
}

#[tokio::test]
async fn a_dry_run_writes_nothing_up_or_down() {
    let (ground, before) = old_world().await;
    let client = ground.world.dynamodb.client();
    for words in [&["migrate", "plan"][..], &["migrate", "up", "--dry-run"]] {
        let said = run(&ground, words, 0).await;
        assert!(
            said.text.contains("items would be migrated up"),
            "{}",
            said.text
        );
        assert_eq!(all(&client).await, before, "{words:?}");
    }
    run(&ground, &["migrate", "up"], 0).await;
    let up = dump(&client).await;
    let said = run(&ground, &["migrate", "down", "--dry-run"], 0).await;
    assert!(
        said.text.contains("items would be migrated down"),
        "{}",
        said.text
    );
    assert_eq!(dump(&client).await, up);
}

#[tokio::test]
async fn migrating_down_keeps_what_a_user_has_set_since() {
    let (ground, before) = old_world().await;
    let client = ground.world.dynamodb.client();
    run(&ground, &["migrate", "up"], 0).await;
    let choose = client.update_item().table_name("users");
    let choose = choose
        .key("pk", S("USER#free-user".into()))
        .key("sk", S("PREFERENCES".into()));
    let choose = choose.update_expression("SET usage_alerts = :no");
    let choose = choose.expression_attribute_values(":no", Bool(false));
    choose.send().await.unwrap();
    undo_the_newest(&ground).await;
    let said = ground.operator.run(&["migrate", "down"]).await;
    assert_eq!(said.code, 3, "{}", said.text);
    let line = "users USER#free-user/PREFERENCES: its usage_alerts was set since";
    assert!(said.text.starts_with(line), "{}", said.text);
    let mut after = all(&client).await;
    let key = (
        "users".into(),
        "USER#free-user".into(),
        "PREFERENCES".into(),
    );
    assert_eq!(after[&key]["usage_alerts"], Bool(false));
    after.insert(key.clone(), before[&key].clone());
    assert_eq!(after, before, "all else is what it was");
}

//! Seeding: what is missing is made, what is there is left as it is, and the
//! report says of each record what was found. Cut short or run twice at once,
//! it ends in the same tables.

mod waiting;

use std::collections::HashMap;

use ::seeds::{Finding, Report, apply};
use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use local::World;
use shared::domain::{CreditAccount, EntryKey};
use shared::host::clock::Clock;
use tests::{Tables, account, dump, user, world};

const TOTALS: &str = "1 OAuth client, 3 models, 3 rate cards, 2 users, 2 subscriptions, 3 credit records, \
                      2 preferences, 6 prices";

async fn apply_again(world: &World) -> Report {
    apply(
        &world.store,
        &world.seeds,
        world.clock.now(),
        world.entropy.as_ref(),
    )
    .await
    .unwrap()
}

async fn delete(world: &World, table: &str, pk: &str, sk: &str) {
    let request = world.dynamodb.client().delete_item().table_name(table);
    let request = request.key("pk", S(pk.into())).key("sk", S(sk.into()));
    request.send().await.unwrap();
}

/// Findings that are not "unchanged", as `kind name: finding`.
fn remarkable(report: &Report) -> Vec<String> {
    let lines = report.lines.iter();
    lines
        .filter(|line| line.finding != Finding::Unchanged)
        .map(|line| format!("{} {}: {}", line.kind, line.name, line.finding))
        .collect()
}

/// The tables without what every application draws anew: salts, and with them
/// digests and the chain.
fn without_salts(tables: Tables) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, item) in tables.0 {
        let mut item: serde_json::Value = serde_json::from_str(&item).unwrap();
        let fields = item["M"].as_object_mut().unwrap();
        for name in ["actor_salt", "actor_digest", "hash", "head_hash"] {
            fields.remove(name);
        }
        lines.push(format!("{key} {item}"));
    }
    lines
}

#[tokio::test]
async fn a_new_world_is_seeded_and_says_with_what() {
    let world = world().await;
    let report = &world.seed_report;
    assert!(
        report
            .lines
            .iter()
            .all(|line| line.finding == Finding::Created)
    );
    assert_eq!(report.totals(), TOTALS);
    let shown = report.to_string();
    let (lines, totals) = shown.rsplit_once('\n').unwrap();
    assert_eq!(totals, TOTALS);
    assert_eq!(lines.lines().count(), 21);
    assert!(
        lines.contains("credits       pro@example.com               created"),
        "{lines}"
    );
}

#[tokio::test]
async fn seeding_twice_changes_nothing_even_a_year_later() {
    let world = world().await;
    let before = dump(&world.dynamodb.client()).await;
    for advance in ["PT0S", "P1Y"] {
        world.clock.advance(advance).unwrap();
        let report = apply_again(&world).await;
        assert_eq!(remarkable(&report), Vec::<String>::new(), "{advance}");
        assert_eq!(report.totals(), TOTALS);
        assert_eq!(dump(&world.dynamodb.client()).await, before, "{advance}");
    }
}

#[tokio::test]
async fn whatever_record_is_missing_is_made_again() {
    let world = world().await;
    let whole = dump(&world.dynamodb.client()).await;
    for key in whole.0.keys() {
        let (table, key) = key.split_once(' ').unwrap();
        let (pk, sk) = key.split_once('/').unwrap();
        // An account and its ledger are one.
        if table == "credits" {
            continue;
        }
        delete(&world, table, pk, sk).await;
        let report = apply_again(&world).await;
        let remarkable = remarkable(&report);
        assert_eq!(remarkable.len(), 1, "{key}: {remarkable:?}");
        assert!(
            remarkable[0].ends_with(": created"),
            "{key}: {remarkable:?}"
        );
        assert_eq!(dump(&world.dynamodb.client()).await, whole, "{key}");
    }
}

#[tokio::test]
async fn an_account_missing_beside_its_ledger_is_reported_and_not_invented() {
    let world = world().await;
    delete(&world, "credits", "USER#free-user", "ACCOUNT").await;
    let before = dump(&world.dynamodb.client()).await;
    let expected = "credits free@example.com: differs: the account is behind its opening entry";
    assert_eq!(remarkable(&apply_again(&world).await), [expected]);
    assert_eq!(dump(&world.dynamodb.client()).await, before);
}

#[tokio::test]
async fn a_run_that_was_cut_short_anywhere_is_completed_by_the_next() {
    let world = world().await;
    let whole = without_salts(dump(&world.dynamodb.client()).await);
    let records = world.seed_report.lines.len();
    for applied in 0..records {
        for (key, _) in dump(&world.dynamodb.client()).await.0 {
            let (table, key) = key.split_once(' ').unwrap();
            let (pk, sk) = key.split_once('/').unwrap();
            delete(&world, table, pk, sk).await;
        }
        // The network fails for good at the record after those.
        let faults = world.dynamodb.faults();
        let held: Vec<_> = (0..applied)
            .map(|_| faults.hold("TransactWriteItems"))
            .collect();
        let last = faults.hold("TransactWriteItems");
        let running = tokio::spawn({
            let world = world.clone();
            async move { apply_again(&world).await }
        });
        for request in held {
            assert!(request.reached().await);
            request.release();
        }
        assert!(last.reached().await);
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        drop(last);

        let report = apply_again(&world).await;
        let made = remarkable(&report);
        assert_eq!(made.len(), records - applied, "after {applied}: {made:?}");
        assert!(
            made.iter().all(|line| line.ends_with(": created")),
            "{made:?}"
        );
        assert_eq!(
            without_salts(dump(&world.dynamodb.client()).await),
            whole,
            "after {applied}"
        );
    }
}

/// Changes one attribute of a record and seeds again.
async fn check(pk: &str, sk: &str, name: &str, value: AttributeValue, expected: &str) {
    let world = world().await;
    let client = world.dynamodb.client();
    let change = client.update_item().table_name("users");
    let change = change
        .key("pk", S(pk.into()))
        .key("sk", S(sk.into()))
        .update_expression("SET #name = :value")
        .expression_attribute_names("#name", name)
        .expression_attribute_values(":value", value);
    change.send().await.unwrap();
    let before = dump(&client).await;
    let report = apply_again(&world).await;
    assert_eq!(remarkable(&report), [expected]);
    assert_eq!(dump(&client).await, before, "{sk} was not left as it is");
    assert_eq!(report.totals(), TOTALS);
}

#[tokio::test]
async fn a_record_that_was_changed_is_reported_and_left_as_it_is() {
    for (pk, sk, name, value, expected) in [
        (
            "MODELS",
            "MODEL#gpt-5",
            "context_length",
            N("64000".into()),
            "model gpt-5: differs: context_length is 64000, seeded 128000",
        ),
        (
            "USER#pro-user",
            "PROFILE",
            "display_name",
            S("Somebody".into()),
            "user pro@example.com: differs: display_name is \"Somebody\", seeded \"Pro User\"",
        ),
        (
            "USER#free-user",
            "PREFERENCES",
            "usage_alerts",
            AttributeValue::Bool(false),
            "preferences free@example.com: differs: usage_alerts is false, seeded true",
        ),
        (
            "USER#free-user",
            "SUBSCRIPTION#free",
            "tier",
            S("pro".into()),
            "subscription free@example.com: differs: tier is \"pro\", seeded \"free\"",
        ),
        (
            "CATALOGUE",
            "PRICE#price_test_pro",
            "trial_credits_milli",
            N("0".into()),
            "price price_test_pro: differs: trial_credits_milli is 0, seeded 1000000",
        ),
        (
            "OAUTH_CLIENT#textassistant-desktop",
            "CLIENT",
            "active",
            AttributeValue::Bool(false),
            "client textassistant-desktop: differs: active is false, seeded true",
        ),
    ] {
        check(pk, sk, name, value, expected).await;
    }
}

#[tokio::test]
async fn an_address_that_belongs_to_another_is_reported_and_left_to_them() {
    let world = world().await;
    delete(&world, "users", "USER#free-user", "PROFILE").await;
    let claim = HashMap::from([
        ("pk".to_string(), S("EMAIL#free@example.com".into())),
        ("sk".to_string(), S("CLAIM".into())),
        ("entity".to_string(), S("Claim".into())),
        ("schema_version".to_string(), N("1".into())),
        ("user_id".to_string(), S("another".into())),
    ]);
    let client = world.dynamodb.client();
    let put = client.put_item().table_name("users").set_item(Some(claim));
    put.send().await.unwrap();
    let before = dump(&client).await;
    let expected =
        "user free@example.com: differs: users EMAIL#free@example.com/CLAIM belongs to another";
    assert_eq!(remarkable(&apply_again(&world).await), [expected]);
    assert_eq!(dump(&client).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_seed_at_once_leave_what_one_would() {
    let world = world().await;
    let whole = without_salts(dump(&world.dynamodb.client()).await);
    for (key, _) in dump(&world.dynamodb.client()).await.0 {
        let (table, key) = key.split_once(' ').unwrap();
        let (pk, sk) = key.split_once('/').unwrap();
        delete(&world, table, pk, sk).await;
    }
    let run = || {
        let world = world.clone();
        tokio::spawn(async move { apply_again(&world).await })
    };
    let (one, other) = (run(), run());
    let (one, other) = (one.await.unwrap(), other.await.unwrap());
    for (mine, theirs) in one.lines.iter().zip(&other.lines) {
        let created = |line: &::seeds::Line| line.finding == Finding::Created;
        assert!(created(mine) != created(theirs), "{mine:?} and {theirs:?}");
    }
    assert_eq!(without_salts(dump(&world.dynamodb.client()).await), whole);
}

#[tokio::test]
async fn the_ledger_of_a_seeded_account_folds_to_the_account() {
    let world = world().await;
    for id in ["free-user", "pro-user"] {
        let key: EntryKey = "cause#seed:opening".parse().unwrap();
        let entry = world
            .store
            .load_entry(&user(id), &key)
            .await
            .unwrap()
            .unwrap();
        assert!(entry.is_authentic());
        let mut folded = CreditAccount::unopened(user(id));
        for posting in &entry.postings {
            folded.apply(posting).unwrap();
        }
        folded.record(entry.seq, entry.at, entry.hash);
        assert_eq!(account(&world, id).await.unwrap(), folded, "{id}");
    }
}

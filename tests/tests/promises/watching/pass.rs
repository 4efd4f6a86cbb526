//! The check of every account.

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use serde_json::Value;
use tests::{at, dump};

use super::Watching;
use crate::operator::ground::{Ground, RICH};

/// Calls until a pass has ended; how many it took, and the accounts they verified.
async fn to_the_end(watching: &Watching<'_>) -> (u32, u64) {
    let (mut calls, mut accounts) = (0, 0);
    loop {
        let said = watching.call().await;
        assert!(said.get("ServerErrors").is_none(), "{said}");
        calls += 1;
        accounts += said["AccountsVerified"].as_u64().unwrap_or(0);
        let pass = watching.world.store.load_verify_pass().await.unwrap();
        if pass.unwrap().finished_at.is_some() {
            return (calls, accounts);
        }
        assert!(calls < 1_000, "the pass does not end");
    }
}

async fn accounts(ground: &Ground) -> u64 {
    let tables = dump(&ground.world.dynamodb.client()).await;
    let is_account = |key: &&String| key.starts_with("credits ") && key.ends_with("/ACCOUNT");
    tables.0.keys().filter(is_account).count() as u64
}

#[tokio::test]
async fn every_account_is_verified_however_short_the_calls_are() {
    let ground = Ground::rich().await;
    ground.world.clock.set(at("2026-03-20T08:00:00Z"));
    let watching = Watching::over(&ground.world);
    let (calls, verified) = to_the_end(&watching).await;
    assert!(calls == 1 && verified >= 9, "{calls} calls, {verified}");

    // The next pass looks at what was written since and at a thirtieth.
    ground.world.clock.advance("P1DT1M").unwrap();
    let (_, again) = to_the_end(&watching).await;
    assert!(again < verified, "{again} of {verified}");

    let ground = Ground::rich().await;
    ground.world.clock.set(at("2026-03-20T08:00:00Z"));
    let watching = Watching::over(&ground.world).hurried();
    let (calls, hurried) = to_the_end(&watching).await;
    assert!(calls > 1, "each call had time for a few accounts");
    assert_eq!(hurried, verified);
}

#[tokio::test]
async fn what_contradicts_itself_is_counted_for_the_alarm_and_named_by_kind_alone() {
    let ground = Ground::rich().await;
    ground.world.clock.set(at("2026-03-20T08:00:00Z"));
    let watching = Watching::over(&ground.world);
    let clean = watching.call().await;
    assert!(clean.get("LedgerMismatches").is_none(), "{clean}");

    let client = ground.world.dynamodb.client();
    let update = client.update_item().table_name("credits");
    let update = update
        .key("pk", S(format!("USER#{RICH}")))
        .key("sk", S("ACCOUNT".into()))
        .update_expression("SET as_of = :later, version = version + :one")
        .expression_attribute_values(":later", S("2026-03-21T07:00:00Z".into()))
        .expression_attribute_values(":one", N("1".into()));
    update.send().await.unwrap();
    ground.world.clock.set(at("2026-03-21T09:00:00Z"));
    let lines = watching.lines().await;
    let told = lines.iter().filter(|line| line.get("item").is_some());
    let told: Vec<&Value> = told.map(|line| &line["item"]).collect();
    assert!(
        told.contains(&&"credits USER#…/ACCOUNT".into()),
        "{lines:?}"
    );
    let last = lines.last().unwrap();
    assert!(last["LedgerMismatches"].as_u64() >= Some(1), "{last}");
    for line in &lines {
        assert!(!line.to_string().contains(RICH), "{line}");
    }
}

#[tokio::test]
async fn an_event_that_waits_too_long_is_no_mismatch() {
    let ground = Ground::rich().await;
    ground.world.clock.set(at("2026-05-20T08:00:00Z"));
    let found = ground.operator.run(&["verify", "--all"]).await;
    let said = Watching::over(&ground.world).call().await;
    assert!(
        said.get("LedgerMismatches").is_none(),
        "{said} {}",
        found.text
    );
}

#[tokio::test]
async fn of_two_calls_at_once_one_goes_on() {
    let ground = Ground::rich().await;
    let (one, other) = (
        Watching::over(&ground.world).hurried(),
        Watching::over(&ground.world).hurried(),
    );
    tokio::join!(one.call(), other.call());
    let pass = ground
        .world
        .store
        .load_verify_pass()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(pass.version, 1, "both would have saved: {pass:?}");
    let (_, verified) = to_the_end(&one).await;
    assert!(verified > 0 && verified < accounts(&ground).await);
}

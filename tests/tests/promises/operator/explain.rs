//! `creditsctl explain`: from the ledger alone, the balance that the user was shown
//! at a past moment, and each step on the way.

mod life;

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use serde_json::Value;
use tests::dump;

use super::ground::{Ground, RICH};
use life::Life;

#[tokio::test]
async fn explain_at_a_past_moment_gives_the_balance_shown_then() {
    let ground = Ground::seeded().await;
    let mut looks = 0;
    for number in 0..20 {
        let who = format!("life-{number}");
        let mut life = Life::begin(&ground, &who, number);
        let mut seen = Vec::new();
        while seen.len() < 50 {
            life.go_on().await;
            let look = life.look().await;
            if seen.last() != Some(&look) {
                seen.push(look);
            }
        }
        for (moment, shown) in seen {
            let words = ["explain", "--user", &who, "--at", &moment, "--json"];
            let said = ground.operator.run(&words).await;
            assert_eq!(said.code, 0, "{words:?}: {}", said.text);
            let lines = said.json();
            assert_eq!(lines.last().unwrap()["shown"], shown, "{words:?}");
            looks += 1;
        }
        println!(
            "{who}: {} entries, {}",
            life.entries().await,
            life.reported()
        );
    }
    assert_eq!(looks, 1_000);
}

#[tokio::test]
async fn each_posting_is_explained_in_one_line() {
    let ground = Ground::rich().await;
    let before = dump(&ground.world.dynamodb.client()).await;
    let words = ["explain", "--user", RICH, "--at", "2026-01-25T00:00:00Z"];
    let said = ground.operator.run(&words).await;
    assert_eq!(said.code, 0, "{}", said.text);
    for line in [
        "    free:2026-01-01: +120.5 used, a charge; 1879.5 left",
        "    buy:pi_b_1: new purchase lot from 2025-11-08T09:00:00Z, no end; 0 left",
        "Shown at 2026-01-25T00:00:00Z, after",
        "    free:2025-11-01: moved to the past credits",
    ] {
        assert!(said.text.contains(line), "{line}\n{}", said.text);
    }
    let later = ["explain", "--user", RICH, "--at", "2026-03-15T00:00:00Z"];
    let later = ground.operator.run(&later).await;
    for line in [
        "    promo:spring: end moved to 2026-03-04T00:00:00Z",
        "    sub:late: 300 in monthly lots from 2025-12-10T00:00:00Z until 2026-03-10T00:00:00Z, months over by 2026-02-05T00:00:00Z can be spent until 2026-02-09T00:00:00Z",
        "    sub:late: clawback of each future month: 40 from month 2, 60 from month 3",
    ] {
        assert!(later.text.contains(line), "{line}\n{}", later.text);
    }
    let charge =
        "charge of 120.5 by inference-service (api#inference-service#charge-1): 1879.5 free and";
    assert!(said.text.contains(charge), "{}", said.text);
    assert!(!said.text.contains("charge-4"), "it is of a later time");
    let later = ground.operator.run(&["explain", "--user", RICH]).await;
    assert!(
        later.text.contains("charge-4") && later.code == 0,
        "{}",
        later.text
    );
    assert_eq!(dump(&ground.world.dynamodb.client()).await, before);
}

#[tokio::test]
async fn who_does_not_exist_is_an_error_and_shows_nothing() {
    let ground = Ground::seeded().await;
    for words in [
        &["explain", "--user", "nobody-at-all"][..],
        &["explain", "--user", "nobody-at-all", "--json"],
    ] {
        let said = ground.operator.run(words).await;
        assert_eq!((said.code, said.text.as_str()), (2, ""), "{words:?}");
    }
}

#[tokio::test]
async fn who_signed_up_and_has_no_entry_is_shown_what_everybody_has() {
    let ground = Ground::seeded().await;
    let client = ground.world.dynamodb.client();
    let tables = dump(&client).await;
    for sk in tables.keys_under("credits USER#free-user/") {
        let delete = client.delete_item().table_name("credits");
        let delete = delete.key("pk", S("USER#free-user".into()));
        delete.key("sk", S(sk)).send().await.unwrap();
    }
    let said = ground
        .operator
        .run(&["explain", "--user", "free-user", "--json"])
        .await;
    let shown: &Value = &said.json()[0]["shown"];
    assert_eq!(
        (&shown["totalAvailable"], &shown["version"]),
        (&2000.into(), &0.into())
    );
    assert_eq!(said.code, 0);
}

#[tokio::test]
async fn a_damaged_ledger_is_shown_as_stored_and_reported() {
    let ground = Ground::rich().await;
    let key = "ENTRY#api#inference-service#charge-1";
    let client = ground.world.dynamodb.client();
    let update = client.update_item().table_name("credits");
    let update = update
        .key("pk", S(format!("USER#{RICH}")))
        .key("sk", S(key.into()));
    let update = update.update_expression("SET amount_milli = :more");
    let update = update.expression_attribute_values(":more", N("1".into()));
    update.send().await.unwrap();
    let said = ground.operator.run(&["explain", "--user", RICH]).await;
    assert_eq!(said.code, 3, "{}", said.text);
    let line = format!("  ! credits USER#{RICH}/{key}: it was changed after it was written");
    assert!(said.text.contains(&line), "{}", said.text);
}

//! `creditsctl stats`: the totals are the sums of what each account says, whatever the
//! number of segments.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::domain::{CreditAccount, LotKind, roll_forward};
use tests::{at, dump};

use super::super::ground::{Ground, LATER, RICH};

/// The ids of everybody who has an item under this sort key.
async fn everybody(ground: &Ground, table: &str, sk: &str) -> Vec<String> {
    let tables = dump(&ground.world.dynamodb.client()).await;
    let keys = tables.keys_under(&format!("{table} USER#"));
    let ids = keys.iter().filter_map(|key| key.strip_suffix(sk));
    ids.map(str::to_string).collect()
}

fn rolled(account: &CreditAccount) -> CreditAccount {
    roll_forward(account, at(LATER)).unwrap().account
}

#[tokio::test]
async fn totals_are_the_sums_of_what_each_user_has() {
    let ground = Ground::rich().await;
    let hold = shared::domain::Action::Hold {
        hold: "inference-service#open".parse().unwrap(),
        amount: tests::credits("1.5"),
        ttl_seconds: 7_200,
        on_expiry: shared::domain::OnExpiry::Release,
    };
    let now = at("2026-03-20T07:59:00Z");
    ground
        .command(RICH, "api#inference-service#open", now, hold)
        .await;
    ground.does(&["user", "deactivate", "free-user"]).await;

    let told = ground.tells(&["stats"], 0).await["stats"].clone();
    let ids = everybody(&ground, "credits", "/ACCOUNT").await;
    let mut left: BTreeMap<LotKind, i64> = BTreeMap::new();
    let mut held = 0;
    for id in &ids {
        let account = rolled(&ground.account(id).await);
        for lot in &account.lots {
            held += lot.held.milli();
            let surplus = lot.surplus().unwrap().milli();
            if surplus > 0 {
                *left.entry(lot.terms.kind).or_default() += surplus;
            }
        }
    }
    let left: BTreeMap<&str, i64> = left.iter().map(|(it, sum)| (it.as_str(), *sum)).collect();
    assert_eq!(told["outstanding_milli"], json!(left));
    assert_eq!(told["held_milli"], held);
    assert_eq!(told["accounts"], ids.len());
    assert_eq!(told["inactive_accounts"], 1);
    let profiles = everybody(&ground, "users", "/PROFILE").await;
    assert_eq!(told["users"], profiles.len());
    assert_eq!(told["active_users"], profiles.len() - 1);
    assert_eq!(told["open_holds"], 1);
    assert_eq!(told["unreadable"], 0);
    let parked = ground.operator.run(&["parked", "list", "--all"]).await.text;
    let parked = parked.lines().count() - 1;
    assert_eq!(told["parked"]["events"], parked);
    assert!(parked > 0);
    assert!(told["plans"]["pro"].as_u64().unwrap() > 0, "{told}");

    let said = ground.leaves_all(&["stats", "--segments", "3"], 0).await;
    assert!(said.contains("credits outstanding"), "{said}");
    let told_in_parts = ground.tells(&["stats", "--segments", "3"], 0).await;
    assert_eq!(told_in_parts["stats"], told);
}

/// What lapsed by the ledger: the last word of every lot, open or past.
fn lapsed(explained: &[Value]) -> i64 {
    let mut sum = 0;
    for step in explained {
        for posting in step["entry"]["postings"].as_array().into_iter().flatten() {
            let what = posting["what"].as_str().unwrap();
            let Some((before, _)) = what.split_once(" lapsed, ") else {
                continue;
            };
            let figure = before.rsplit(' ').next().unwrap();
            let (sign, digits) = match figure.strip_prefix('-') {
                Some(digits) => (-1, digits),
                None => (1, figure.trim_start_matches('+')),
            };
            let credits: shared::domain::Credits = digits.parse().unwrap();
            sum += sign * credits.milli();
        }
    }
    sum
}

#[tokio::test]
async fn what_lapsed_is_what_the_ledgers_say_lapsed() {
    let ground = Ground::rich().await;
    let ids = everybody(&ground, "credits", "/ACCOUNT").await;
    // Everybody is written at this moment, so that no month is left to roll.
    for id in &ids {
        ground.does(&["adjust", id, "--give", "1"]).await;
    }
    let mut sum = 0;
    for id in &ids {
        let words = ["explain", "--user", id, "--json"];
        let explained = ground.operator.run(&words).await;
        assert_eq!(explained.code, 0, "{id}");
        sum += lapsed(&explained.json());
    }
    let told = ground.tells(&["stats"], 0).await;
    let kinds = told["stats"]["lapsed_milli"].as_object().unwrap();
    let total: i64 = kinds.values().map(|sum| sum.as_i64().unwrap()).sum();
    assert_eq!(total, sum);
    assert!(total > 0);
}

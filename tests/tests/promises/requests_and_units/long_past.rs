//! The whole price list, held for a user who has just begun and for one with a
//! long past: ten thousand past credits and three thousand ledger rows change
//! no price but that of a page that is full of them.

use std::collections::HashMap;

use dynoxide::types::AttributeValue;
use local::World;
use tests::{at, world};

use super::price_list::{CHARGES, HOLDS, READS};
use super::rows::Row;
use super::watched::{Measured, measured, promised};
use super::{AccessesByFunction, COMMIT, STRONG_READ, check, commit, opening, webhook};

pub(super) type Item = HashMap<String, AttributeValue>;

/// Every row of the list.
pub(super) fn price_list() -> impl Iterator<Item = &'static Row> {
    READS.iter().chain(&CHARGES).chain(&HOLDS)
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn import(world: &World, items: Vec<Item>) {
    let database = world.dynamodb.database().unwrap();
    let imported = database.import_items("credits", items, Default::default());
    imported.unwrap();
}

/// Ten thousand lots that a user once had, straight into the table.
fn import_past_credits(world: &World, user: &str) {
    let items = (0..10_000_i64).map(|number| {
        let ended_at = at("2000-01-01T00:00:00Z").plus_seconds(number * 86_400);
        let sk = format!("CREDIT#pro#{ended_at}#buy:{number}");
        HashMap::from([
            ("pk".to_string(), text(format!("USER#{user}"))),
            ("sk".to_string(), text(sk)),
            ("entity".to_string(), text("PastCredit")),
            ("is_current".to_string(), AttributeValue::BOOL(false)),
        ])
    });
    import(world, items.collect());
}

/// Charges of the past, one every `apart` seconds until `until`, as rows of the ledger.
pub(crate) fn import_ledger(
    world: &World,
    user: &str,
    (rows, apart): (i64, i64),
    until: &str,
    label: &str,
) {
    let items = (1..=rows).map(|number| {
        let charged_at = at(until).plus_seconds((number - rows) * apart);
        let n = |number: i64| AttributeValue::N(number.to_string());
        HashMap::from([
            ("pk".to_string(), text(format!("USER#{user}"))),
            (
                "sk".to_string(),
                text(format!("ENTRY#api#inference-service#old-{number}")),
            ),
            ("entity".to_string(), text("Entry")),
            ("user_id".to_string(), text(user)),
            ("seq".to_string(), n(number)),
            (
                "at_seq".to_string(),
                text(format!("{charged_at}#{number:012}")),
            ),
            ("kind".to_string(), text("charge")),
            ("amount_milli".to_string(), n(1000)),
            ("total_available".to_string(), n(10)),
            ("at".to_string(), text(charged_at.to_string())),
            ("label".to_string(), text(label)),
        ])
    });
    import(world, items.collect());
}

/// The account item as it is now, to be put back before every row.
pub(super) fn account(world: &World) -> Item {
    let key = serde_json::json!({"pk": {"S": "USER#free-user"}, "sk": {"S": "ACCOUNT"}});
    let request = serde_json::json!({"TableName": "credits", "Key": key});
    let request = serde_json::from_value(request).unwrap();
    let answer = world.dynamodb.database().unwrap().get_item(request);
    answer.unwrap().item.unwrap()
}

/// A page of the history is as dear as it is full.
fn costs_by_size(row: &Row) -> bool {
    row.step.0 == "get-history"
}

/// Three thousand charges in the three years before this autumn.
fn import_three_years(world: &World, user: &str) {
    import_ledger(world, user, (3_000, 30_000), "2025-08-01T00:00:00Z", "old");
}

/// Plays every row for a user with that past; what each function asked.
pub(super) async fn check_all(world: &World, past: &str) -> AccessesByFunction {
    let mut accesses = AccessesByFunction::default();
    let account = account(world);
    for (number, row) in price_list().enumerate() {
        import(world, vec![account.clone()]);
        let asked = row.play(world, number).await;
        let measured = measured(&asked.costs);
        let expected: Vec<_> = row.costs.iter().map(promised).collect();
        let what = format!("{} with {past}", row.what());
        if past != "no past" && costs_by_size(row) {
            let requests = |costs: &[Measured]| costs.iter().map(|cost| cost.1).sum::<u64>();
            assert_eq!(requests(&measured), requests(&expected), "{what}");
        } else {
            assert_eq!(measured, expected, "{what}");
        }
        accesses.add(world, &row.route(), asked.accesses);
    }
    import(world, vec![account]);
    accesses.extend(webhook::check_all(world, past).await);
    accesses
}

#[tokio::test]
async fn every_answer_costs_what_the_price_list_says() {
    check_all(&world().await, "no past").await;
}

#[tokio::test]
async fn ten_thousand_past_credits_change_no_price() {
    let world = world().await;
    import_past_credits(&world, "free-user");
    check_all(&world, "ten thousand past credits").await;
}

#[tokio::test]
async fn three_thousand_ledger_rows_change_no_price() {
    let world = world().await;
    import_three_years(&world, "free-user");
    check_all(&world, "three thousand ledger rows").await;
}

#[tokio::test]
async fn an_opening_costs_the_same_with_a_long_past() {
    let world = world().await;
    import_past_credits(&world, "somebody");
    let (_, measured) = commit(&world, "somebody", &opening("k", 1)).await;
    let costs = [STRONG_READ, COMMIT];
    check("an opening with a long past", &measured, &costs);
}

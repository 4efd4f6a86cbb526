//! Items that are not what their keys say: they are named to the operator,
//! never to the caller, and never guessed at. Items of older releases read.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue::{self, B, Bool, L, M, N, S};
use local::World;
use serde_json::Value;
use shared::store::StoreError;
use tests::{NOW, account, user, world};

use crate::routes::{credits_function, recorded, respond};

type Item = HashMap<String, AttributeValue>;

/// A change to an item: an attribute and its new value, or none to drop it.
type Change = (&'static str, Option<AttributeValue>);

const ACCOUNT: &str = "ACCOUNT";
const ENTRY: &str = "ENTRY#cause#seed:opening";

async fn seeded(world: &World, sk: &str) -> Item {
    let request = world.dynamodb.client().get_item().table_name("credits");
    let request = request
        .key("pk", S("USER#free-user".into()))
        .key("sk", S(sk.into()));
    request.send().await.unwrap().item.unwrap()
}

async fn put(world: &World, item: Item) {
    let request = world.dynamodb.client().put_item().table_name("credits");
    request.set_item(Some(item)).send().await.unwrap();
}

fn apply(item: &mut Item, (name, value): Change) {
    match value {
        Some(value) => item.insert(name.into(), value),
        None => item.remove(name),
    };
}

async fn load(world: &World, sk: &str) -> Result<(), StoreError> {
    if sk == ACCOUNT {
        account(world, "free-user").await.map(|_| ())
    } else {
        let key = "cause#seed:opening".parse().unwrap();
        world
            .store
            .load_entry(&user("free-user"), &key)
            .await
            .map(|_| ())
    }
}

/// Each change makes the item one that is refused, with its key and the problem.
async fn check(sk: &str, cases: Vec<(Change, &str)>) {
    let world = world().await;
    let app = credits_function(&world, &[("RATE_LIMIT_CREDITS_PER_MINUTE", "0")]);
    let good = seeded(&world, sk).await;
    for (change, problem) in cases {
        let what = format!("{sk}: {change:?}");
        let mut item = good.clone();
        apply(&mut item, change);
        put(&world, item).await;
        let damaged = match load(&world, sk).await {
            Err(StoreError::Damaged(damaged)) => damaged,
            other => panic!("{what}: {other:?}"),
        };
        assert_eq!(
            damaged.key(),
            format!("credits USER#free-user/{sk}"),
            "{what}"
        );
        assert!(
            damaged.problem().contains(problem),
            "{what}: {}",
            damaged.problem()
        );
        if sk == ACCOUNT {
            let response = respond(&app, &recorded("get-credits.json")).await;
            assert_eq!(response["statusCode"], 500, "{what}");
            let text = response["body"].as_str().unwrap();
            let body: Value = serde_json::from_str(text).unwrap();
            assert_eq!(body["error"], "internal", "{what}");
            assert!(
                !text.contains("free-user") && !text.contains("USER#"),
                "{what}: {text}"
            );
        }
    }
    put(&world, good).await;
    load(&world, sk).await.unwrap();
}

fn number(text: &str) -> Option<AttributeValue> {
    Some(N(text.into()))
}

fn text(text: &str) -> Option<AttributeValue> {
    Some(S(text.into()))
}

fn bytes(length: usize) -> Option<AttributeValue> {
    Some(B(Blob::new(vec![7; length])))
}

/// A list of lots that are good but for the given attributes.
fn lots<const N: usize>(
    changes: [(&'static str, Option<AttributeValue>); N],
) -> Option<AttributeValue> {
    let lot = |(name, value): Change| {
        let mut lot = Item::from([
            ("id".to_string(), S("buy:1".into())),
            ("kind".to_string(), S("purchase".into())),
            ("starts_at".to_string(), S(NOW.into())),
            (
                "granted_milli".to_string(),
                AttributeValue::N("1000".into()),
            ),
        ]);
        apply(&mut lot, (name, value));
        M(lot)
    };
    Some(L(changes.map(lot).into()))
}

#[tokio::test]
async fn an_account_item_of_another_kind_or_release_is_refused() {
    check(
        ACCOUNT,
        vec![
            (("entity", None), "it has no entity"),
            (("entity", number("1")), "it has no entity"),
            (
                ("entity", text("Entry")),
                "it is a \"Entry\", not a \"Account\"",
            ),
            (("entity", text("Wallet")), "it is a \"Wallet\""),
            (("schema_version", number("2")), "deploy the newer release"),
            (
                ("schema_version", number("99999999999")),
                "not a whole number",
            ),
            (("schema_version", number("-1")), "not a whole number"),
            (("schema_version", text("1")), "not a whole number"),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_account_item_with_missing_or_wrong_attributes_is_refused() {
    check(
        ACCOUNT,
        vec![
            (("version", None), "version"),
            (("version", text("1")), ""),
            (("version", number("0")), "its version is 0"),
            (("version", number("-1")), "-1"),
            (("version", number("1.5")), "1.5"),
            (("as_of", None), "as_of"),
            (("as_of", number("1762439400")), ""),
            (("as_of", text("yesterday")), "RFC 3339"),
            (("active", text("yes")), ""),
            (
                ("monthly_allocation_milli", None),
                "monthly_allocation_milli",
            ),
            (("monthly_allocation_milli", number("-1")), "negative"),
            (("monthly_allocation_milli", number("1e30")), ""),
            (("reset_day_of_month", None), "reset_day_of_month"),
            (("reset_day_of_month", number("0")), "between 1 and 31"),
            (("reset_day_of_month", number("32")), "between 1 and 31"),
            (("archived_pro_used_milli", number("-1")), "negative"),
            (("lots", text("none")), ""),
            (("lots", Some(Bool(true))), ""),
            (("head_hash", None), "head_hash"),
            (("head_hash", text("00")), ""),
            (("head_hash", bytes(31)), "head_hash is not 32 bytes long"),
            (("head_hash", bytes(33)), "head_hash is not 32 bytes long"),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_account_item_with_lots_that_no_posting_leads_to_is_refused() {
    let mut cases = vec![
        (("lots", lots([("id", None)])), "id"),
        (("lots", lots([("id", text("a#b"))])), "a lot id must be"),
        (("lots", lots([("kind", text("gift"))])), "gift"),
        (("lots", lots([("starts_at", None)])), "starts_at"),
        (("lots", lots([("expires_at", text("never"))])), "RFC 3339"),
        (
            ("lots", lots([("reset_day_of_month", number("0"))])),
            "between 1 and 31",
        ),
        (("lots", lots([("granted_milli", text("1000"))])), ""),
        (
            (
                "lots",
                lots([("used_milli", number("0")), ("used_milli", number("1"))]),
            ),
            "there twice",
        ),
        (
            (
                "lots",
                lots([("granted_milli", number("1000000000000001"))]),
            ),
            "above 10^12",
        ),
    ];
    for amount in [
        "granted_milli",
        "clawed_milli",
        "used_milli",
        "held_milli",
        "lapsed_milli",
        "monthly_allocation_milli",
    ] {
        cases.push((
            ("lots", lots([(amount, number("-1"))])),
            "a negative amount",
        ));
    }
    check(ACCOUNT, cases).await;
}

#[tokio::test]
async fn an_entry_item_that_is_damaged_is_refused() {
    check(
        ENTRY,
        vec![
            (("entity", None), "it has no entity"),
            (
                ("entity", text("Account")),
                "it is a \"Account\", not a \"Entry\"",
            ),
            (("schema_version", number("2")), "deploy the newer release"),
            (("seq", None), "seq"),
            (("seq", number("-1")), "-1"),
            (("user_id", text("a#b")), "a user id must be"),
            (("kind", text("gift")), "gift"),
            (("at", text("yesterday")), "RFC 3339"),
            (("postings", None), "postings"),
            (("postings", Some(L(vec![M(Item::new())]))), "posting"),
            (
                (
                    "postings",
                    Some(L(vec![M(Item::from([(
                        "posting".into(),
                        S("stolen".into()),
                    )]))])),
                ),
                "stolen",
            ),
            (("free_available_milli", text("1")), ""),
            (("hash", bytes(31)), "hash is not 32 bytes long"),
            (("prev", None), "prev"),
            (("prev", bytes(0)), "prev is not 32 bytes long"),
            (
                ("request_hash", bytes(31)),
                "request_hash is not 32 bytes long",
            ),
            (("user_id", text("pro-user")), "it is of another user"),
            (
                ("at_seq", text("2025-11-06T14:30:00Z#1")),
                "at_seq does not follow",
            ),
            (("at_seq", None), "at_seq"),
            (("used_milli", number("1")), "used_milli does not follow"),
            (
                ("hold", text("inference-service#h")),
                "a part of its hold is missing",
            ),
            (("hold", text("nobody")), "an idempotency key must be"),
            (
                ("hold_status", text("open")),
                "a part of its hold is missing",
            ),
            (("hold_status", text("lost")), "lost"),
            (
                ("hold_expires_at", text(NOW)),
                "a part of its hold is missing",
            ),
            (("input_tokens", number("4294967296")), ""),
            (("operation", text("gift")), "gift"),
            (("alerts", Some(L(vec![S("free_50".into())]))), "free_50"),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_entry_whose_actor_or_label_is_half_there_is_refused() {
    let actor = "actor is neither a text with its salt nor a digest";
    let label = "label is neither a text with its salt nor a digest";
    check(
        ENTRY,
        vec![
            (("actor_salt", bytes(15)), "actor is not 16 bytes long"),
            (("actor_salt", None), actor),
            (("actor", None), actor),
            (("actor_digest", bytes(32)), actor),
            (("label", text("only a text")), label),
            (("label_salt", bytes(16)), label),
            (("label_digest", bytes(16)), "label is not 32 bytes long"),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_account_item_of_the_first_release_reads_with_what_was_then_implied() {
    let world = world().await;
    let mut item = seeded(&world, ACCOUNT).await;
    for name in [
        "schema_version",
        "active",
        "lots",
        "archived_pro_used_milli",
    ] {
        item.remove(name);
    }
    item.insert(
        "added_later".into(),
        S("by a newer release of the same schema".into()),
    );
    put(&world, item.clone()).await;
    let read = account(&world, "free-user").await.unwrap();
    assert!(read.active && read.lots.is_empty() && read.archived_pro_used.is_zero());
    item.insert("schema_version".into(), AttributeValue::N("0".into()));
    put(&world, item).await;
    assert_eq!(account(&world, "free-user").await.unwrap(), read);
    let app = credits_function(&world, &[]);
    let response = respond(&app, &recorded("get-credits.json")).await;
    assert_eq!(response["statusCode"], 200, "{response}");
    let body: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["totalAvailable"], 2000);
}

//! Changes planted behind the seeds' back, one at a time: each is named with
//! its record and what is wrong, and no other record is.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue::{self, Bool, N, S};
use local::World;
use tests::world;

use super::{differences, verified};

type Item = HashMap<String, AttributeValue>;

/// What is done to an item behind the seeds' back; none = it is deleted.
pub(super) type Change = Option<fn(&mut Item)>;

fn key_of(key: &str) -> (&str, [AttributeValue; 2]) {
    let (table, key) = key.split_once(' ').unwrap();
    let (pk, sk) = key.split_once('/').unwrap();
    (table, [S(pk.into()), S(sk.into())])
}

async fn put(world: &World, key: &str, item: Item) {
    let request = world.dynamodb.client().put_item().table_name(key_of(key).0);
    request.set_item(Some(item)).send().await.unwrap();
}

/// Changes the item under `table pk/sk`, and gives back what it was.
pub(super) async fn plant(world: &World, key: &str, change: Change) -> Item {
    let client = world.dynamodb.client();
    let (table, [pk, sk]) = key_of(key);
    let request = client.get_item().table_name(table);
    let request = request.key("pk", pk.clone()).key("sk", sk.clone());
    let found = request.send().await.unwrap().item;
    let good = found.unwrap_or_else(|| panic!("there is no {key}"));
    if let Some(change) = change {
        let mut item = good.clone();
        change(&mut item);
        put(world, key, item).await;
    } else {
        let request = client.delete_item().table_name(table);
        request.key("pk", pk).key("sk", sk).send().await.unwrap();
    }
    good
}

/// Plants one change and expects exactly one record to be named, with words
/// that say what is wrong; then takes the change back.
async fn check(world: &World, key: &str, change: Change, record: &str, problem: &str) {
    let good = plant(world, key, change).await;
    let found = verified(world).await;
    let differences = differences(&found);
    assert_eq!(differences.len(), 1, "{key}: {differences:?}");
    let line = &differences[0];
    assert!(line.starts_with(record), "{key}: {line}");
    assert!(line.contains(problem), "{key}: {line}");
    let shown = found.to_string();
    assert!(shown.contains(line.as_str()), "{key}: {shown}");
    let verdict = "1 record differs from the seeds; `seeds apply` creates missing records";
    assert!(shown.ends_with(verdict), "{key}: {shown}");
    put(world, key, good).await;
}

fn set(item: &mut Item, name: &str, value: AttributeValue) {
    item.insert(name.into(), value);
}

pub(super) const DELETED: Change = None;

#[tokio::test]
async fn a_planted_change_of_reference_data_is_named() {
    let world = world().await;
    for (key, change, record, problem) in [
        (
            "users MODELS/MODEL#gpt-5",
            Some((|item| set(item, "context_length", N("64000".into()))) as fn(&mut Item)),
            "model gpt-5",
            "context_length is 64000, seeded 128000",
        ),
        (
            "users MODELS/CARD#gpt-5@2025-01-01",
            Some(|item| set(item, "per_request_milli", N("5".into()))),
            "rate card gpt-5@2025-01-01",
            "per_request_milli is 5, seeded absent",
        ),
        (
            "users MODELS/CARD#gemini-2.0-pro@2025-01-01",
            DELETED,
            "rate card gemini-2.0-pro@2025-01-01",
            "missing",
        ),
        (
            "users OAUTH_CLIENT#textassistant-desktop/CLIENT",
            Some(|item| {
                let elsewhere = S("https://evil.example/callback".into());
                set(item, "redirect_uris", AttributeValue::L(vec![elsewhere]));
            }),
            "client textassistant-desktop",
            "redirect_uris is [\"https://evil.example/callback\"]",
        ),
        (
            "users CATALOGUE/PRICE#price_test_pro",
            DELETED,
            "price price_test_pro",
            "missing",
        ),
        (
            "users CATALOGUE/PRICE#price_test_pack_1000",
            Some(|item| set(item, "credits_milli", N("1000001".into()))),
            "price price_test_pack_1000",
            "credits_milli is",
        ),
        (
            "users CATALOGUE/LINK#plink_test_pack_1000",
            DELETED,
            "price price_test_pack_1000",
            "users CATALOGUE/LINK#plink_test_pack_1000 is missing",
        ),
        (
            "users MODELS/MODEL#gemini-2.0-pro",
            Some(|item| set(item, "context_length", S("many".into()))),
            "model gemini-2.0-pro",
            "users MODELS/MODEL#gemini-2.0-pro cannot be read",
        ),
        (
            "users MODELS/MODEL#gemini-2.0-pro",
            Some(|item| set(item, "schema_version", N("2".into()))),
            "model gemini-2.0-pro",
            "deploy the newer release",
        ),
    ] {
        check(&world, key, change, record, problem).await;
    }
}

#[tokio::test]
async fn a_planted_change_of_a_person_is_named() {
    let world = world().await;
    for (key, change, record, problem) in [
        (
            "users USER#pro-user/PROFILE",
            Some((|item| set(item, "display_name", S("Somebody".into()))) as fn(&mut Item)),
            "user pro@example.com",
            "display_name is \"Somebody\", seeded \"Pro User\"",
        ),
        (
            "users USER#free-user/PROFILE",
            DELETED,
            "user free@example.com",
            "missing",
        ),
        (
            "users EMAIL#free@example.com/CLAIM",
            DELETED,
            "user free@example.com",
            "users EMAIL#free@example.com/CLAIM is missing",
        ),
        (
            "users EMAIL#free@example.com/CLAIM",
            Some(|item| set(item, "user_id", S("another".into()))),
            "user free@example.com",
            "belongs to another, seeded for free-user",
        ),
        (
            "users USER#pro-user/SUBSCRIPTION#sub_test_pro_user",
            Some(|item| set(item, "status", S("cancelled".into()))),
            "subscription pro@example.com",
            "status is \"cancelled\", seeded \"active\"",
        ),
        (
            "users STRIPE_CUSTOMER#cus_test_pro_user/CLAIM",
            DELETED,
            "subscription pro@example.com",
            "STRIPE_CUSTOMER#cus_test_pro_user/CLAIM is missing",
        ),
        (
            "users STRIPE_SUBSCRIPTION#sub_test_pro_user/CLAIM",
            Some(|item| set(item, "user_id", S("free-user".into()))),
            "subscription pro@example.com",
            "belongs to free-user, seeded for pro-user",
        ),
        (
            "users USER#free-user/PREFERENCES",
            Some(|item| set(item, "default_model", S("gemini-2.0-pro".into()))),
            "preferences free@example.com",
            "default_model is \"gemini-2.0-pro\", seeded \"gpt-5\"",
        ),
        (
            "users USER#free-user/PREFERENCES",
            Some(|item| set(item, "usage_alerts", Bool(false))),
            "preferences free@example.com",
            "usage_alerts is false, seeded true",
        ),
    ] {
        check(&world, key, change, record, problem).await;
    }
}

/// The first amount that the opening moved is another one.
fn change_a_posting(item: &mut Item) {
    let Some(AttributeValue::L(postings)) = item.get_mut("postings") else {
        panic!("{item:?}");
    };
    let moved = postings.iter_mut().find_map(|posting| match posting {
        AttributeValue::M(posting) if posting.contains_key("delta_milli") => Some(posting),
        _ => None,
    });
    set(moved.unwrap(), "delta_milli", N("9000000".into()));
}

/// Somebody gave themselves some credits in the account alone.
fn change_an_amount(item: &mut Item) {
    let Some(AttributeValue::L(lots)) = item.get_mut("lots") else {
        panic!("{item:?}");
    };
    let Some(AttributeValue::M(lot)) = lots.first_mut() else {
        panic!("{lots:?}");
    };
    set(lot, "granted_milli", N("9000000".into()));
}

#[tokio::test]
async fn a_planted_change_of_credits_is_named() {
    let world = world().await;
    const ACCOUNT: &str = "credits USER#pro-user/ACCOUNT";
    const OPENING: &str = "credits USER#pro-user/ENTRY#cause#seed:opening";
    for (key, change, problem) in [
        (
            OPENING,
            Some(change_a_posting as fn(&mut Item)),
            "cause#seed:opening was changed after it was written",
        ),
        (
            OPENING,
            Some(|item| set(item, "at", S("2025-11-05T14:30:00Z".into()))),
            "cause#seed:opening",
        ),
        (OPENING, DELETED, "missing"),
        (
            OPENING,
            Some(|item| set(item, "postings", S("none".into()))),
            "cannot be read",
        ),
        (
            ACCOUNT,
            Some(change_an_amount),
            "the account is not what its opening entry led to",
        ),
        (
            ACCOUNT,
            Some(|item| set(item, "active", Bool(false))),
            "the account is not what its opening entry led to",
        ),
        (ACCOUNT, DELETED, "the account is behind its opening entry"),
        (
            ACCOUNT,
            Some(|item| set(item, "version", S("one".into()))),
            "credits USER#pro-user/ACCOUNT cannot be read",
        ),
    ] {
        check(&world, key, change, "credits pro@example.com", problem).await;
    }
}

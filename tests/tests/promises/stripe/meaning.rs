//! What an item says, apart from what may depend on the order in which events
//! were heard of: versions, hashes, when something was written.
//!
//! Entries of the ledger say something only together; the books sum them up.

use dynoxide::{AttributeValue, Item};
use serde_json::{Value, json};

use super::stage::{Place, text_of};

/// What an item says; nothing if it is no part of the state that is compared.
pub(super) fn meaning_of(place: &Place, item: &Item) -> Option<String> {
    let Place { table, pk, sk } = place;
    let kind = pk.split('#').next().unwrap_or_default();
    let said = match (*table, kind, sk.split('#').next().unwrap_or_default()) {
        // Nothing here changes them.
        ("users", "CATALOGUE", _) => return None,
        ("users", "STRIPE_CUSTOMER" | "STRIPE_SUBSCRIPTION", "CLAIM") => plain(item),
        ("users", "USER", "SUBSCRIPTION") => without(item, &["version"]),
        ("credits", "USER", "ENTRY") => return None,
        ("credits", "USER", "CREDIT") => plain(item),
        ("credits", "USER", "ACCOUNT") => account(item),
        // Whom it was about is reported only if that was known when it came.
        ("billing", "EVENT", _) => json!([item_text(item, "outcome"), item_text(item, "reason")]),
        ("billing", "PAYMENT" | "INVOICE" | "BOOK", _) => without(item, &["version"]),
        ("billing", "TRIAL", _) => plain(item),
        // What was drained stays for a while and says nothing any more.
        ("billing", "PARKED", "EVENT") => {
            item.get("parked")?;
            json!("waits")
        }
        ("billing", "PARKED", "HEAD") => match waiting(item) {
            0 => return None,
            waiting => json!(waiting),
        },
        _ => panic!("what does {place:?} say?"),
    };
    Some(said.to_string())
}

/// How many events wait by a `HEAD`.
pub(super) fn waiting(head: &Item) -> i64 {
    let number = |name: &str| match head.get(name) {
        Some(AttributeValue::N(number)) => number.parse::<i64>().unwrap(),
        None => 0,
        other => panic!("{name} is {other:?}"),
    };
    number("parked_count") - number("drained_count")
}

fn item_text(item: &Item, name: &str) -> Option<String> {
    item.contains_key(name).then(|| text_of(item, name))
}

fn plain(item: &Item) -> Value {
    serde_json::to_value(item).unwrap()
}

fn without(item: &Item, names: &[&str]) -> Value {
    let mut value = plain(item);
    let fields = value.as_object_mut().unwrap();
    names.iter().for_each(|name| {
        fields.remove(*name);
    });
    value
}

/// The account, its lots in the order of their ids: they lie there in the order
/// in which they were opened.
fn account(item: &Item) -> Value {
    let mut value = without(item, &["version", "head_hash", "as_of"]);
    let lots = value["lots"]["L"].as_array_mut().unwrap();
    lots.sort_by_key(|lot| lot["M"]["id"]["S"].as_str().unwrap().to_string());
    value
}

/// The ids of the lots of an account.
pub(super) fn lots_of(account: &Item) -> Vec<String> {
    let Some(AttributeValue::L(lots)) = account.get("lots") else {
        panic!("an account without lots: {account:?}");
    };
    let id = |lot: &AttributeValue| match lot {
        AttributeValue::M(lot) => text_of(&lot.clone().into_iter().collect(), "id"),
        other => panic!("a lot is {other:?}"),
    };
    lots.iter().map(id).collect()
}

#[test]
fn an_account_says_the_same_whatever_the_order_of_its_lots() {
    let lot = |id: &str| {
        let id = AttributeValue::S(id.to_string());
        AttributeValue::M([("id".to_string(), id)].into())
    };
    let account = |version: &str, lots: [&str; 2]| {
        let place = Place {
            table: "credits",
            pk: "USER#u".into(),
            sk: "ACCOUNT".into(),
        };
        let item = Item::from([
            (
                "version".to_string(),
                AttributeValue::N(version.to_string()),
            ),
            (
                "lots".to_string(),
                AttributeValue::L(lots.map(lot).to_vec()),
            ),
        ]);
        meaning_of(&place, &item)
    };
    assert_eq!(account("2", ["a", "b"]), account("7", ["b", "a"]));
    assert_ne!(account("2", ["a", "b"]), account("2", ["a", "c"]));
}

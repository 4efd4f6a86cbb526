//! Tables as version 0 left them: made of those of today by taking away what
//! version 0 did not have, and read from a fixture.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue::{self, B, Bool, L, M, N, Null, S};
use serde_json::Value;

pub(super) type Item = HashMap<String, AttributeValue>;

/// All items by table and key.
pub(super) type Items = BTreeMap<(String, String, String), Item>;

const TABLES: [&str; 4] = ["users", "credits", "billing", "notices"];

/// Everything that the tables hold.
pub(super) async fn all(client: &Client) -> Items {
    let mut items = Items::new();
    for table in TABLES {
        let mut start = None;
        loop {
            let scan = client
                .scan()
                .table_name(table)
                .set_exclusive_start_key(start);
            let page = scan.send().await.unwrap();
            for item in page.items.unwrap_or_default() {
                let text = |name: &str| item[name].as_s().unwrap().clone();
                items.insert((table.to_string(), text("pk"), text("sk")), item);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
    }
    items
}

/// Makes the tables hold exactly this.
pub(super) async fn restore(client: &Client, wanted: &Items) {
    let held = all(client).await;
    for (key, _) in held.iter().filter(|(key, _)| !wanted.contains_key(*key)) {
        let (table, pk, sk) = key;
        let delete = client.delete_item().table_name(table);
        let delete = delete.key("pk", S(pk.clone())).key("sk", S(sk.clone()));
        delete.send().await.unwrap();
    }
    for (key, item) in wanted
        .iter()
        .filter(|(key, item)| held.get(*key) != Some(*item))
    {
        let put = client.put_item().table_name(&key.0);
        put.set_item(Some(item.clone())).send().await.unwrap();
    }
}

/// What version 0 had of these items.
pub(super) fn of_version_0(items: &Items) -> Items {
    let mut before = Items::new();
    for (key, item) in items {
        let mut item = item.clone();
        let (table, pk, sk) = key;
        let is_claim = ["STRIPE_CUSTOMER#", "STRIPE_SUBSCRIPTION#"]
            .iter()
            .any(|start| pk.starts_with(start));
        if is_claim {
            continue;
        }
        if matches!(table.as_str(), "users" | "credits") && !pk.starts_with("RATE#") {
            item.remove("schema_version");
            strip(sk, &mut item);
        }
        if pk.starts_with("PARKED#") {
            item.remove("parked_shard");
        }
        if sk.starts_with("DELIVERY#") {
            item.remove("recipient_shard");
        }
        before.insert(key.clone(), item);
    }
    before
}

fn strip(sk: &str, item: &mut Item) {
    let two_thousand = N("2000000".into());
    match sk.split('#').next().unwrap() {
        "PREFERENCES" => {
            remove_if(item, "email_notifications", &Bool(true));
            remove_if(item, "usage_alerts", &Bool(true));
        }
        "SUBSCRIPTION" => remove_if(item, "cancel_at_period_end", &Bool(false)),
        "ACCOUNT" => {
            remove_if(item, "monthly_allocation_milli", &two_thousand);
            remove_if(item, "reset_day_of_month", &N("1".into()));
            if let Some(L(lots)) = item.get_mut("lots") {
                lots.iter_mut().for_each(strip_lot);
            }
        }
        "CREDIT" => {
            remove_if(item, "credit_type", &S("free".into()));
            strip_lot(item.get_mut("lot").unwrap());
        }
        _ => {}
    }
}

/// Takes away what a lot of everybody's has and version 0 did not say.
fn strip_lot(lot: &mut AttributeValue) {
    let M(lot) = lot else {
        panic!("{lot:?} is no lot");
    };
    let usual = [
        ("monthly_allocation_milli", N("2000000".into())),
        ("reset_day_of_month", N("1".into())),
    ];
    let is_usual = usual
        .iter()
        .all(|(name, value)| lot.get(*name).is_none_or(|found| found == value));
    let granted = lot.get("granted_milli") == Some(&N("2000000".into()));
    if lot.get("kind") == Some(&S("free".into())) && is_usual && granted {
        for name in ["kind", "monthly_allocation_milli", "reset_day_of_month"] {
            lot.remove(name);
        }
    }
}

fn remove_if(item: &mut Item, name: &str, value: &AttributeValue) {
    if item.get(name) == Some(value) {
        item.remove(name);
    }
}

/// Items as they lie in a fixture: their table, and DynamoDB's JSON.
pub(super) fn from_json(text: &str) -> Items {
    let lines: Vec<Value> = serde_json::from_str(text).unwrap();
    let items = lines.iter().map(|line| {
        let M(item) = value_of(&line["item"]) else {
            panic!("{line} is no item");
        };
        let text = |name: &str| item[name].as_s().unwrap().clone();
        let table = line["table"].as_str().unwrap().to_string();
        ((table, text("pk"), text("sk")), item)
    });
    items.collect()
}

/// The other way of [`tests::plain`].
fn value_of(value: &Value) -> AttributeValue {
    let (kind, inner) = value.as_object().unwrap().iter().next().unwrap();
    let text = || inner.as_str().unwrap().to_string();
    match kind.as_str() {
        "S" => S(text()),
        "N" => N(text()),
        "BOOL" => Bool(inner.as_bool().unwrap()),
        "NULL" => Null(true),
        "L" => L(inner.as_array().unwrap().iter().map(value_of).collect()),
        "M" => {
            let fields = inner.as_object().unwrap().iter();
            M(fields
                .map(|(name, value)| (name.clone(), value_of(value)))
                .collect())
        }
        "B" => {
            let digits = text();
            let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
            B(Blob::new(
                (0..digits.len()).step_by(2).map(byte).collect::<Vec<_>>(),
            ))
        }
        other => panic!("the product writes no {other}"),
    }
}

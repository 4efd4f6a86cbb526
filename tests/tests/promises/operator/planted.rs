//! What is planted behind everybody's back is found, and its row named: edits,
//! drops, additions, swaps and forgeries, one at a time, in tables with a bit of
//! everything that were verified before.

mod accounts;
mod claims;
mod entries;
mod sales;
mod stripe;

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use serde_json::Value;
use tests::dump;

use super::ground::{Ground, RICH};

type Item = HashMap<String, AttributeValue>;

/// All items by `table pk/sk`.
struct Tables(BTreeMap<String, Item>);

/// Something planted: what is written or deleted, and the row that is to be named.
struct Planted {
    what: String,
    writes: Vec<(String, Option<Item>)>,
    named: String,
}

impl Tables {
    async fn of(ground: &Ground) -> Self {
        let client = ground.world.dynamodb.client();
        let mut items = BTreeMap::new();
        for table in ["users", "credits", "billing"] {
            let page = client.scan().table_name(table).send().await.unwrap();
            assert!(page.last_evaluated_key.is_none(), "{table} fills a page");
            for item in page.items.unwrap_or_default() {
                items.insert(key_of(table, &item), item);
            }
        }
        Tables(items)
    }

    #[track_caller]
    fn item(&self, key: &str) -> &Item {
        let item = self.0.get(key);
        item.unwrap_or_else(|| panic!("there is no {key} in {:#?}", self.0.keys()))
    }

    /// The keys that start so.
    fn under(&self, start: &str) -> Vec<String> {
        let keys = self.0.keys().filter(|key| key.starts_with(start));
        keys.cloned().collect()
    }

    /// An edit of one item, which is to be named.
    #[track_caller]
    fn edit(&self, key: &str, what: &str, change: impl FnOnce(&mut Item)) -> Planted {
        let mut item = self.item(key).clone();
        change(&mut item);
        assert_ne!(&item, self.item(key), "{key}: {what} changes nothing");
        Planted {
            what: format!("{key}: {what}"),
            writes: vec![(key.to_string(), Some(item))],
            named: key.to_string(),
        }
    }

    /// An item is deleted, and this row named.
    #[track_caller]
    fn lose(&self, key: &str, named: &str) -> Planted {
        self.item(key);
        Planted {
            what: format!("{key} is deleted"),
            writes: vec![(key.to_string(), None)],
            named: named.to_string(),
        }
    }

    /// A copy of an item under another key, which is to be named.
    #[track_caller]
    fn copy(&self, key: &str, to: &str, change: impl FnOnce(&mut Item)) -> Planted {
        let mut item = self.item(key).clone();
        let (_, pk, sk) = parts(to);
        set(&mut item, "pk", text(pk));
        set(&mut item, "sk", text(sk));
        change(&mut item);
        Planted {
            what: format!("{key} is copied to {to}"),
            writes: vec![(to.to_string(), Some(item))],
            named: to.to_string(),
        }
    }
}

impl Planted {
    /// The same, where another row is to be named.
    fn naming(mut self, key: &str) -> Self {
        self.named = key.to_string();
        self
    }
}

fn key_of(table: &str, item: &Item) -> String {
    let text = |name: &str| item[name].as_s().unwrap().clone();
    format!("{table} {}/{}", text("pk"), text("sk"))
}

fn parts(key: &str) -> (&str, &str, &str) {
    let (table, rest) = key.split_once(' ').unwrap();
    let (pk, sk) = rest.split_once('/').unwrap();
    (table, pk, sk)
}

fn text(text: &str) -> AttributeValue {
    S(text.into())
}

fn number(number: i64) -> AttributeValue {
    N(number.to_string())
}

fn set(item: &mut Item, name: &str, value: AttributeValue) {
    item.insert(name.into(), value);
}

/// An attribute that is a map, to be changed.
#[track_caller]
fn map(value: &mut AttributeValue) -> &mut Item {
    match value {
        AttributeValue::M(map) => map,
        other => panic!("{other:?} is no map"),
    }
}

/// An element of an attribute that is a list of maps, to be changed.
#[track_caller]
fn element<'a>(item: &'a mut Item, name: &str, at: usize) -> &'a mut Item {
    match item.get_mut(name) {
        Some(AttributeValue::L(list)) => map(&mut list[at]),
        other => panic!("{name} is {other:?}"),
    }
}

/// One more than a number says.
#[track_caller]
fn one_more(item: &mut Item, name: &str) {
    let old: i64 = item
        .get(name)
        .map_or(0, |value| value.as_n().unwrap().parse().unwrap());
    set(item, name, number(old + 1));
}

/// Another byte at the front of an attribute that is binary.
#[track_caller]
fn other_bytes(item: &mut Item, name: &str) {
    let mut bytes = item[name].as_b().unwrap().as_ref().to_vec();
    bytes[0] ^= 1;
    set(item, name, AttributeValue::B(bytes.into()));
}

async fn write(ground: &Ground, key: &str, item: Option<&Item>) {
    let client = ground.world.dynamodb.client();
    let (table, pk, sk) = parts(key);
    match item {
        Some(item) => {
            let put = client.put_item().table_name(table);
            put.set_item(Some(item.clone())).send().await.unwrap();
        }
        None => {
            let delete = client.delete_item().table_name(table);
            let delete = delete.key("pk", text(pk)).key("sk", text(sk));
            delete.send().await.unwrap();
        }
    }
}

/// Plants it, has it found, and takes it back.
async fn check(ground: &Ground, tables: &Tables, planted: &Planted) {
    let Planted {
        what,
        writes,
        named,
    } = planted;
    for (key, item) in writes {
        write(ground, key, item.as_ref()).await;
    }
    // All of one user takes a fraction of all there is.
    let (_, pk, _) = parts(named);
    let words: &[&str] = match pk.strip_prefix("USER#") {
        Some(user_id) if user_id == RICH => &["verify", "--json", "--user", RICH],
        _ => &["verify", "--json", "--all"],
    };
    let said = ground.operator.run(words).await;
    let findings: Vec<Value> = said.json();
    let findings = findings.iter().map(|line| &line["finding"]);
    let findings: Vec<_> = findings.filter(|finding| finding.is_object()).collect();
    // By its key or, if what is wrong shows in the row after it, in words.
    let (_, _, sk) = parts(named);
    let is_named = findings.iter().any(|finding| {
        finding["key"] == named.as_str() || finding["problem"].as_str().unwrap().contains(sk)
    });
    assert!(is_named, "{what}: {}", said.text);
    assert_eq!(said.code, 3, "{what}");
    // Whoever reads it is not sent to a dozen places for one fault.
    assert!(findings.len() <= 8, "{what}: {}", said.text);
    for (key, _) in writes {
        write(ground, key, tables.0.get(key)).await;
    }
}

#[tokio::test]
async fn each_of_a_hundred_planted_faults_is_found_and_its_row_named() {
    let ground = sales::ground().await;
    let clean = ground.operator.run(&["verify", "--all"]).await;
    assert_eq!(clean.code, 0, "{}", clean.text);
    let tables = Tables::of(&ground).await;
    let before = dump(&ground.world.dynamodb.client()).await;
    let faults = [
        entries::faults(&ground, &tables).await,
        accounts::faults(&tables),
        claims::faults(&tables),
        stripe::faults(&tables),
        sales::faults(&tables),
    ];
    let counts = faults.each_ref().map(Vec::len);
    for planted in faults.iter().flatten() {
        check(&ground, &tables, planted).await;
    }
    let after = dump(&ground.world.dynamodb.client()).await;
    assert_eq!(after, before, "something planted was left");
    let clean = ground.operator.run(&["verify", "--all"]).await;
    assert_eq!(clean.code, 0, "{}", clean.text);
    let all: usize = counts.iter().sum();
    println!("{all} of {all} planted faults were found: {counts:?} by kind");
    assert!(all >= 100, "{counts:?}");
}

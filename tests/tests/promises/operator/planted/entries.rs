//! Faults in ledgers: an entry is edited, dropped, added, moved or forged.

use aws_sdk_dynamodb::types::AttributeValue::{self, Bool, L};
use tests::user;

use super::super::ground::{Ground, RICH};
use super::{Item, Planted, Tables, element, map, number, one_more, other_bytes, set, text, write};

const CHARGE: &str = "credits USER#rich-user/ENTRY#api#inference-service#charge-2-labelled";
const HOLD: &str = "credits USER#rich-user/ENTRY#api#inference-service#hold-1";
const ACCOUNT: &str = "credits USER#rich-user/ACCOUNT";

pub(super) async fn faults(ground: &Ground, tables: &Tables) -> Vec<Planted> {
    let mut faults = fields(tables);
    faults.extend(postings(tables));
    faults.extend(hold_fields(tables));
    faults.extend(beside(tables));
    faults.extend(of_each_entry(tables));
    faults.extend(forged(ground, tables).await);
    faults.extend(swapped(tables));
    faults
}

/// Each field of one entry that its hash covers.
fn fields(tables: &Tables) -> Vec<Planted> {
    let edit = |what: &str, change: fn(&mut Item)| tables.edit(CHARGE, what, change);
    vec![
        edit("kind", |item| set(item, "kind", text("commit"))),
        edit("amount", |item| one_more(item, "amount_milli")),
        edit("free delta", |item| one_more(item, "free_delta_milli")),
        edit("pro delta", |item| one_more(item, "pro_delta_milli")),
        edit("model", |item| set(item, "model_id", text("gpt-4"))),
        edit("operation", |item| {
            set(item, "operation", text("embedding"))
        }),
        edit("input tokens", |item| one_more(item, "input_tokens")),
        edit("output tokens", |item| {
            item.remove("output_tokens");
        }),
        edit("free balance", |item| {
            one_more(item, "free_available_milli")
        }),
        edit("pro balance", |item| one_more(item, "pro_available_milli")),
        edit("held balance", |item| one_more(item, "held_milli")),
        edit("debt", |item| one_more(item, "debt_milli")),
        edit("shown total", |item| one_more(item, "total_available")),
        edit("shown held", |item| one_more(item, "held")),
        edit("shown debt", |item| one_more(item, "debt")),
        edit("actor", |item| set(item, "actor", text("somebody else"))),
        edit("actor's salt", |item| other_bytes(item, "actor_salt")),
        edit("label", |item| set(item, "label", text("another label"))),
        edit("label gone", |item| {
            item.remove("label");
            item.remove("label_salt");
        }),
        edit("request hash", |item| other_bytes(item, "request_hash")),
        edit("previous hash", |item| other_bytes(item, "prev")),
        edit("hash", |item| other_bytes(item, "hash")),
    ]
}

/// What an entry did, and when.
fn postings(tables: &Tables) -> Vec<Planted> {
    let edit = |what: &str, change: fn(&mut Item)| tables.edit(CHARGE, what, change);
    vec![
        edit("an alert", |item| {
            set(item, "alerts", L(vec![text("free_75")]))
        }),
        edit("a posting's delta", |item| {
            one_more(element(item, "postings", 0), "delta_milli");
            one_more(item, "used_milli");
        }),
        edit("a posting's lot", |item| {
            set(element(item, "postings", 0), "lot", text("free:2020-01-01"));
        }),
        edit("a posting's cause", |item| {
            set(element(item, "postings", 0), "cause", text("expiry"));
            item.remove("used_milli");
        }),
        edit("no posting", |item| {
            set(item, "postings", L(Vec::new()));
            item.remove("used_milli");
        }),
        edit("a posting of a kind that is not known", |item| {
            set(element(item, "postings", 0), "posting", text("gift"));
        }),
        edit("time", |item| {
            let seq = item["at_seq"]
                .as_s()
                .unwrap()
                .split_once('#')
                .unwrap()
                .1
                .to_string();
            set(item, "at", text("2026-01-20T01:06:41Z"));
            set(item, "at_seq", text(&format!("2026-01-20T01:06:41Z#{seq}")));
        }),
        edit("number", |item| {
            let at = item["at_seq"]
                .as_s()
                .unwrap()
                .split_once('#')
                .unwrap()
                .0
                .to_string();
            set(item, "seq", number(900));
            set(item, "at_seq", text(&format!("{at}#000000000900")));
        }),
    ]
}

fn hold_fields(tables: &Tables) -> Vec<Planted> {
    let edit = |what: &str, change: fn(&mut Item)| tables.edit(HOLD, what, change);
    vec![
        edit("hold", |item| {
            set(item, "hold", text("inference-service/other"))
        }),
        edit("hold's state", |item| {
            set(item, "hold_status", text("released"))
        }),
        edit("hold's end", |item| {
            set(item, "hold_expires_at", text("2027-01-01T00:00:00Z"));
        }),
    ]
}

/// What lies beside an entry for the index, and what nothing puts there.
fn beside(tables: &Tables) -> Vec<Planted> {
    let edit = |what: &str, change: fn(&mut Item)| tables.edit(CHARGE, what, change);
    vec![
        edit("at_seq", |item| {
            set(item, "at_seq", text("2020-01-01T00:00:00Z#000000000003"));
        }),
        edit("at_seq gone", |item| {
            item.remove("at_seq");
        }),
        edit("user", |item| set(item, "user_id", text("annual-user"))),
        edit("user gone", |item| {
            item.remove("user_id");
        }),
        edit("used", |item| one_more(item, "used_milli")),
        edit("entity", |item| set(item, "entity", text("Account"))),
        edit("schema version 0", |item| {
            set(item, "schema_version", number(0))
        }),
        edit("schema version 2", |item| {
            set(item, "schema_version", number(2))
        }),
        edit("an end", |item| {
            set(item, "expires_at", number(1_900_000_000))
        }),
        edit("something else", |item| set(item, "note", Bool(true))),
        edit("nothing but its key", |item| {
            item.retain(|name, _| name == "pk" || name == "sk")
        }),
        tables.copy(CHARGE, "credits USER#rich-user/ENTRY#ops#copied", |_| {}),
        tables.copy(CHARGE, "credits USER#rich-user/ENTRY#ops#last", |item| {
            set(item, "seq", number(901));
        }),
        tables.copy(
            CHARGE,
            "credits USER#annual-user/ENTRY#ops#copied",
            |item| {
                set(item, "user_id", text("annual-user"));
            },
        ),
        tables.copy(CHARGE, "credits USER#stranger/ENTRY#ops#copied", |_| {}),
        tables.copy(CHARGE, "credits USER#rich-user/ENTRY#unheard#of", |_| {}),
        tables.copy(CHARGE, "credits USER#rich-user/OTHER", |_| {}),
        tables.copy(CHARGE, "credits ELSEWHERE/OTHER", |_| {}),
    ]
}

/// The keys of a user's entries in the order of their numbers.
fn in_order(tables: &Tables, who: &str) -> Vec<String> {
    let mut keys = tables.under(&format!("credits USER#{who}/ENTRY#"));
    keys.sort_by_key(|key| {
        let seq = tables.item(key)["seq"].as_n().unwrap();
        seq.parse::<u64>().unwrap()
    });
    keys
}

/// Each entry of a long ledger is dropped; the row after it is named, or the
/// account that misses its last.
fn of_each_entry(tables: &Tables) -> Vec<Planted> {
    let keys = in_order(tables, RICH);
    let after = keys.iter().skip(1).map(String::as_str).chain([ACCOUNT]);
    keys.iter()
        .zip(after)
        .map(|(key, named)| tables.lose(key, named))
        .collect()
}

/// The first amount that an entry moves is another, and all that follows from
/// the entry, its hash too, is as it would be.
async fn forged(ground: &Ground, tables: &Tables) -> Vec<Planted> {
    let mut forged = Vec::new();
    for key in in_order(tables, RICH) {
        let mut item = tables.item(&key).clone();
        if !move_less(&mut item) {
            continue;
        }
        write(ground, &key, Some(&item)).await;
        let entry_key = key.split_once("ENTRY#").unwrap().1.parse().unwrap();
        let entry = ground.world.store.load_entry(&user(RICH), &entry_key).await;
        let hash = entry.unwrap().unwrap().compute_hash();
        write(ground, &key, tables.0.get(&key)).await;
        let hash = hash.as_bytes().to_vec();
        set(&mut item, "hash", AttributeValue::B(hash.into()));
        forged.push(tables.edit(&key, "forged", |old| *old = item));
    }
    forged
}

/// Takes a credit from the first amount that is moved; whether there is any.
fn move_less(item: &mut Item) -> bool {
    let Some(L(postings)) = item.get_mut("postings") else {
        panic!("an entry has postings");
    };
    let mut moves = postings.iter_mut().map(map);
    let Some(moved) = moves.find(|posting| posting["posting"] == text("moved")) else {
        return false;
    };
    let less = moved["delta_milli"].as_n().unwrap().parse::<i64>().unwrap() - 1_000;
    set(moved, "delta_milli", number(less));
    let counts = ["charge", "commit", "hold_expiry"].map(text);
    if moved["amount"] == text("used") && counts.contains(&moved["cause"]) {
        let used = item["used_milli"].as_n().unwrap().parse::<i64>().unwrap() - 1_000;
        set(item, "used_milli", number(used));
    }
    true
}

/// Two entries change places: under each other's keys, or in their numbers.
fn swapped(tables: &Tables) -> Vec<Planted> {
    let keys = in_order(tables, RICH);
    let swap = |one: usize, other: usize, names: &[&str]| {
        let (one, other) = (&keys[one], &keys[other]);
        let mut items = [tables.item(one).clone(), tables.item(other).clone()];
        let [first, second] = &mut items;
        for name in names {
            let (was, is) = (first.remove(*name), second.remove(*name));
            first.extend(is.map(|value| (name.to_string(), value)));
            second.extend(was.map(|value| (name.to_string(), value)));
        }
        let [first, second] = items;
        Planted {
            what: format!("{one} and {other} swap {names:?}"),
            writes: vec![(one.clone(), Some(first)), (other.clone(), Some(second))],
            named: other.clone(),
        }
    };
    vec![
        swap(3, 4, &["pk", "sk"]),
        swap(7, 12, &["pk", "sk"]),
        swap(5, 6, &["seq", "at_seq"]),
        swap(5, 6, &["seq", "at_seq", "at", "prev"]),
        swap(8, 9, &["postings", "used_milli"]),
    ]
}

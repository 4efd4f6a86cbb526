//! What must hold when all is over.

use std::collections::BTreeMap;

use local::dynamodb::serve;
use serde_json::json;
use shared::domain::{CreditAccount, Entry, EntryKey, LotAmount, Posting};
use shared::host::clock::Clock;
use shared::store::{Consistency, Store};
use tests::Operator;

use super::clients::Book;
use super::machines::{Fleet, Random};
use super::merchant::{Merchant, users};
use super::{KILLS, USERS};
use crate::engine::{Engine, embedded};

/// A user's account, and its entries in their order.
pub(super) struct Ledger {
    pub(super) account: CreditAccount,
    pub(super) entries: Vec<Entry>,
}

impl Ledger {
    pub(super) async fn of(store: &Store, user: &str) -> Self {
        let user = user.parse().unwrap();
        let account = store.load_account(&user, Consistency::Strong).await;
        let account = account.unwrap();
        let mut walk = store.walk_ledger(&user, account.version).await.unwrap();
        let mut entries = Vec::new();
        while let Some(row) = walk.next().await.unwrap() {
            entries.push(row.entry.unwrap());
        }
        Ledger { account, entries }
    }
}

/// How much has moved of all lots in one way, in thousandths.
fn moved(ledger: &Ledger, of: LotAmount) -> i64 {
    let postings = ledger.entries.iter().flat_map(|entry| &entry.postings);
    let moved = postings.map(|posting| match posting {
        Posting::Moved { amount, delta, .. } if *amount == of => delta.milli(),
        _ => 0,
    });
    moved.sum()
}

/// What was granted to paid lots and not taken back, in thousandths.
pub(super) fn standing(ledger: &Ledger) -> i64 {
    let postings = ledger.entries.iter().flat_map(|entry| &entry.postings);
    let moved = postings.map(|posting| match posting {
        Posting::Moved {
            lot, amount, delta, ..
        } if !lot.as_str().starts_with("free:") => match amount {
            LotAmount::Granted => delta.milli(),
            LotAmount::ClawedBack => -delta.milli(),
            LotAmount::Used | LotAmount::Held | LotAmount::Lapsed => 0,
        },
        _ => 0,
    });
    moved.sum()
}

pub(super) async fn holds(
    engine: &Engine,
    fleet: &Fleet,
    book: &Book,
    merchant: &Merchant,
    calm: &BTreeMap<String, i64>,
) {
    assert!(fleet.killed() >= KILLS, "{} were killed", fleet.killed());
    let store = &engine.world.store;
    for user in USERS {
        acknowledged_once(&Ledger::of(store, user).await, user, book);
    }
    repeated_alike(fleet, book).await;
    for user in users() {
        let ledger = Ledger::of(store, &user).await;
        assert_eq!(standing(&ledger), calm[&user], "{user}");
    }
    assert!(calm.values().any(|milli| *milli > 0), "{calm:?}");
    recorded(engine, merchant);
    verified(engine).await;
}

/// Every key that was answered as done has one entry, no other key has one, and what is
/// used is what the entries of these keys took.
fn acknowledged_once(ledger: &Ledger, user: &str, book: &Book) {
    let told = book.keys_of(user);
    let mut kept = BTreeMap::new();
    for entry in &ledger.entries {
        if let EntryKey::Api { key, .. } = &entry.key {
            let key = key.as_str();
            assert!(kept.insert(key, ()).is_none(), "{user} has {key} twice");
            assert!(told.contains_key(key), "{user} has {key}, unacknowledged");
        }
    }
    let lost = told.keys().find(|key| !kept.contains_key(*key));
    assert_eq!(lost, None, "{user}: acknowledged and not in the ledger");
    let taken: i64 = told.values().sum();
    let before = ledger.entries.iter().take_while(|entry| {
        // The seeds come first.
        !matches!(entry.key, EntryKey::Api { .. })
    });
    let seeded = Ledger {
        account: ledger.account.clone(),
        entries: before.cloned().collect(),
    };
    let used = moved(ledger, LotAmount::Used) - moved(&seeded, LotAmount::Used);
    assert_eq!(used, taken, "{user}: what was taken");
    assert!(ledger.account.holds.is_empty(), "{user}: an open hold");
}

/// A process that has seen nothing answers every key once more with the same bytes.
async fn repeated_alike(fleet: &Fleet, book: &Book) {
    let mut random = Random::of(1);
    for (asked, first) in book.all.iter().filter(|(_, it)| it.status < 300) {
        let again = asked.until_answered(fleet, &mut random).await;
        assert!(again.is_replayed, "{asked:?}");
        assert_eq!((again.status, &again.body), (first.status, &first.body));
    }
}

/// Every event of Stripe that was taken is on record.
fn recorded(engine: &Engine, merchant: &Merchant) {
    let database = embedded(&engine.world).unwrap();
    for id in merchant.ids() {
        let key = json!({"pk": {"S": format!("EVENT#{id}")}, "sk": {"S": "EVENT"}});
        let request = json!({"TableName": "billing", "Key": key});
        let got = database.get_item(serde_json::from_value(request).unwrap());
        assert!(got.unwrap().item.is_some(), "{id} is not on record");
    }
}

/// The operator's own check of all tables finds nothing.
async fn verified(engine: &Engine) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let database = embedded(&engine.world).unwrap().clone();
    tokio::spawn(serve(listener, database, std::future::pending()));
    let now = Clock::now(&engine.world.clock).to_string();
    let said = Operator::at(&url, &now).run(&["verify", "--all"]).await;
    assert_eq!(said.code, 0, "{}", said.text);
    assert!(said.text.starts_with("No findings"), "{}", said.text);
}

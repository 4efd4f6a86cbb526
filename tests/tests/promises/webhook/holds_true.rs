//! What holds whatever happened: every account is the fold of its ledger,
//! whose entries form a chain, and nothing shown is negative. And the essence
//! of the tables: what must be the same whichever way it came about.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::domain::{CreditAccount, Entry, EntryKey, Lot, view};
use tests::{Tables, dump, user};

use super::ground::{Ground, now};

/// All that can be seen of a ground.
pub(crate) struct Scene {
    /// Every item as it lies there.
    pub(crate) tables: Tables,
    /// What must not depend on the order of things, as lines of text.
    pub(crate) essence: BTreeMap<String, String>,
    /// The keys of what waits.
    pub(crate) waiting: Vec<String>,
    /// What became of each event, by its id.
    pub(crate) records: BTreeMap<String, String>,
    /// The entries of all ledgers, as `user key`.
    pub(crate) entries: BTreeSet<String>,
}

impl Scene {
    /// Looks at everything, and makes sure of what always holds.
    pub(crate) async fn of(ground: &Ground) -> Self {
        let tables = dump(&ground.connection().client()).await;
        let mut scene = Scene {
            essence: BTreeMap::new(),
            waiting: Vec::new(),
            records: BTreeMap::new(),
            entries: BTreeSet::new(),
            tables,
        };
        let mut users = BTreeSet::new();
        for (key, text) in scene.tables.0.clone() {
            if let Some(id) = key.strip_prefix("credits USER#") {
                users.insert(id.split('/').next().unwrap().to_string());
            }
            scene.note(&key, serde_json::from_str(&text).unwrap());
        }
        for id in users {
            let account = ground.account(&id).await;
            let entries = ledger(ground, &scene.tables, &id).await;
            check_ledger(&account, &entries);
            check_view(&account);
            scene.forget_recalled(&account);
            let text = essence_of(account);
            scene.essence.insert(format!("account of {id}"), text);
            let keys = entries.iter().map(|entry| format!("{id} {}", entry.key));
            scene.entries.extend(keys);
        }
        scene
    }

    fn note(&mut self, key: &str, item: Value) {
        let Value::Object(mut item) = item["M"].clone() else {
            panic!("{key}")
        };
        let texts = item.clone();
        let text = |name: &str| texts.get(name).and_then(|value| value["S"].as_str());
        if let Some(id) = key.strip_prefix("billing EVENT#") {
            let id = id.trim_end_matches("/EVENT").to_string();
            let outcome = text("outcome").unwrap().to_string();
            self.records.insert(id, outcome);
            // Whom a refund is about is only known once its purchase is.
            item.remove("user_id");
        }
        if key.starts_with("billing PARKED#") {
            if text("parked").is_some() {
                self.waiting.push(key.to_string());
            }
            if !key.ends_with("/HEAD") {
                return;
            }
            let count = |name: &str| item.get(name).map_or("0", |n| n["N"].as_str().unwrap());
            if count("parked_count") == count("drained_count") {
                return;
            }
        }
        if key.starts_with("credits USER#") && !key.contains("/CREDIT#") {
            return;
        }
        // How often something was written is a matter of the way.
        item.remove("version");
        self.essence
            .insert(key.to_string(), Value::Object(item).to_string());
    }

    /// A past lot that came back to its account stays under its key until it
    /// leaves again, and nobody reads it meanwhile.
    fn forget_recalled(&mut self, account: &CreditAccount) {
        for lot in &account.lots {
            let (id, lot) = (&account.user_id, &lot.terms.id);
            let (start, end) = (format!("credits USER#{id}/CREDIT#"), format!("#{lot}"));
            self.essence
                .retain(|key, _| !(key.starts_with(&start) && key.ends_with(&end)));
        }
    }

    /// What is not the same in another scene, for people.
    pub(crate) fn difference(&self, other: &Scene) -> String {
        let keys: BTreeSet<_> = self.essence.keys().chain(other.essence.keys()).collect();
        let differing = keys.into_iter().filter_map(|key| {
            let (mine, theirs) = (self.essence.get(key), other.essence.get(key));
            (mine != theirs).then(|| format!("{key}\n  {mine:?}\n  {theirs:?}\n"))
        });
        differing.collect()
    }

    /// How often a ledger was given something.
    pub(crate) fn entries_of(&self, id: &str, cause: &str) -> usize {
        let start = format!("{id} cause#{cause}");
        let entries = self.entries.iter();
        entries.filter(|entry| entry.starts_with(&start)).count()
    }
}

async fn ledger(ground: &Ground, tables: &Tables, id: &str) -> Vec<Entry> {
    let store = ground.store();
    let mut entries = Vec::new();
    for key in tables.keys_under(&format!("credits USER#{id}/ENTRY#")) {
        let key: EntryKey = key.parse().unwrap();
        let entry = store.load_entry(&user(id), &key).await;
        entries.push(entry.unwrap().unwrap());
    }
    entries.sort_by_key(|entry| entry.seq);
    entries
}

fn check_ledger(account: &CreditAccount, entries: &[Entry]) {
    let mut folded = CreditAccount::unopened(account.user_id.clone());
    for (number, entry) in (1..).zip(entries) {
        assert_eq!(entry.seq, number, "{}: a gap", entry.key);
        assert!(entry.is_authentic(), "{} was changed", entry.key);
        assert_eq!(entry.previous_hash, folded.head_hash, "{}", entry.key);
        for posting in &entry.postings {
            folded.apply(posting).unwrap();
        }
        folded.record(entry.seq, entry.at, entry.hash);
    }
    assert_eq!(
        folded, *account,
        "the account is not the fold of its ledger"
    );
}

fn check_view(account: &CreditAccount) {
    let shown = view(account, now().max(account.as_of)).unwrap();
    let numbers = [
        shown.free.remaining,
        shown.free.used,
        shown.pro.remaining,
        shown.pro.purchased_total,
        shown.pro.lifetime_used,
        shown.total_available,
        shown.debt,
    ];
    assert!(numbers.iter().all(|number| *number >= 0), "{shown:?}");
    assert!(shown.debt == 0 || shown.pro.remaining == 0, "{shown:?}");
}

/// An account without what depends on the order in which things were heard of.
fn essence_of(account: CreditAccount) -> String {
    let by_id = |one: &Lot, other: &Lot| one.terms.id.cmp(&other.terms.id);
    let mut lots = account.lots.clone();
    lots.sort_by(by_id);
    let plans = account.plans.clone();
    format!("{lots:?} {:?} {plans:?}", account.schedules)
}

//! The books: what must hold of account, ledger and what waits after every
//! single event, and what the ledger comes to whatever the order of its entries.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use shared::domain::{CreditAccount, Digest, Entry, Posting, Timestamp, UserId, view};
use shared::store::{Consistency, Store};

use super::meaning::waiting;
use super::stage::{Kept, Place, Snapshot};

/// An item and the entry that was read from it.
type Read = (Arc<Kept>, Arc<Entry>);

/// Entries that were read and found authentic, by the very item they lie in: an
/// entry never changes, so most are met in many scenes.
#[derive(Default)]
pub(super) struct Books {
    read: HashMap<String, Vec<Read>>,
    /// Accounts by where the item lies in memory that they were read from;
    /// snapshots share what did not change.
    accounts: HashMap<usize, (Arc<Kept>, CreditAccount)>,
}

impl Books {
    /// Holds all accounts against their ledgers. Gives back, for each lot, the
    /// sums of what was ever posted to its amounts.
    pub(super) async fn audit(
        &mut self,
        store: &Store,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> String {
        check_queues(snapshot);
        let mut ledger = String::new();
        for user_id in users(snapshot) {
            let entries = self.entries(store, snapshot, &user_id).await;
            let account = self.account(store, snapshot, &user_id).await;
            assert_eq!(fold(&user_id, &entries), account, "the fold of the ledger");
            check_shown(&account, now);
            ledger.push_str(&format!("ledger {user_id} {:?}\n", sums(&entries)));
        }
        ledger
    }

    async fn account(
        &mut self,
        store: &Store,
        snapshot: &Snapshot,
        user_id: &UserId,
    ) -> CreditAccount {
        let place = Place {
            table: "credits",
            pk: format!("USER#{user_id}"),
            sk: "ACCOUNT".into(),
        };
        let kept = &snapshot[&place];
        let at = Arc::as_ptr(kept).addr();
        if let Some((_, account)) = self.accounts.get(&at) {
            return account.clone();
        }
        let account = store.load_account(user_id, Consistency::Strong).await;
        let account = account.unwrap();
        self.accounts.insert(at, (kept.clone(), account.clone()));
        account
    }

    /// A user's entries in their order.
    async fn entries(
        &mut self,
        store: &Store,
        snapshot: &Snapshot,
        user_id: &UserId,
    ) -> Vec<Arc<Entry>> {
        let partition = format!("USER#{user_id}");
        let mut entries = Vec::new();
        for (place, kept) in snapshot {
            let key = place.sk.strip_prefix("ENTRY#");
            if let Some(key) = key.filter(|_| place.pk == partition) {
                entries.push(self.entry(store, user_id, key, kept).await);
            }
        }
        entries.sort_by_key(|entry| entry.seq);
        entries
    }

    async fn entry(
        &mut self,
        store: &Store,
        user_id: &UserId,
        key: &str,
        kept: &Arc<Kept>,
    ) -> Arc<Entry> {
        let known = self.read.entry(key.to_string()).or_default();
        let same = |(item, _): &&Read| item.item == kept.item;
        if let Some((_, entry)) = known.iter().find(same) {
            return entry.clone();
        }
        let key = key.parse().unwrap();
        let entry = store.load_entry(user_id, &key).await.unwrap();
        let entry = Arc::new(entry.expect("an entry that was just seen"));
        assert!(entry.is_authentic(), "{entry:?}");
        known.push((kept.clone(), entry.clone()));
        entry
    }
}

/// Whoever has an account or entries.
fn users(snapshot: &Snapshot) -> Vec<UserId> {
    let theirs = |place: &Place| {
        let id = place.pk.strip_prefix("USER#")?;
        (place.table == "credits").then(|| id.parse().unwrap())
    };
    let mut users: Vec<UserId> = snapshot.keys().filter_map(|place| theirs(place)).collect();
    users.dedup();
    users
}

/// What the entries make of an empty account, each upon the one before it.
fn fold(user_id: &UserId, entries: &[Arc<Entry>]) -> CreditAccount {
    let mut account = CreditAccount::unopened(user_id.clone());
    for (entry, seq) in entries.iter().zip(1..) {
        assert_eq!(entry.seq, seq, "a gap before {entry:?}");
        assert_eq!(entry.previous_hash, account.head_hash, "{entry:?}");
        assert!(entry.at >= account.as_of, "{entry:?}");
        for posting in &entry.postings {
            account.apply(posting).unwrap();
        }
        account.record(entry.seq, entry.at, entry.hash);
    }
    let never_written = account.version == 0 && account.head_hash == Digest::ZERO;
    assert!(!never_written, "{user_id} has no entries");
    account
}

/// Nothing shown is negative, and nobody owes who still has something.
fn check_shown(account: &CreditAccount, now: Timestamp) {
    let shown = view(account, now).unwrap();
    let (free, pro) = (&shown.free, &shown.pro);
    let figures = [
        [free.remaining, free.used, free.held],
        [pro.remaining, pro.lifetime_used, pro.held],
        [shown.total_available, shown.held, shown.debt],
        [free.monthly_allocation, pro.purchased_total, 0],
    ];
    let negative = figures.iter().flatten().any(|figure| *figure < 0);
    assert!(!negative, "{shown:?}");
    assert!(shown.debt == 0 || pro.remaining == 0, "{shown:?}");
}

/// Every `HEAD` knows how many events wait for its customer.
fn check_queues(snapshot: &Snapshot) {
    let mut queues: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for (place, kept) in snapshot {
        if place.pk.starts_with("PARKED#customer:") {
            let (counted, found) = queues.entry(&place.pk).or_default();
            if place.sk == "HEAD" {
                *counted = waiting(&kept.item);
            } else if kept.item.contains_key("parked") {
                *found += 1;
            }
        }
    }
    for (queue, (counted, found)) in queues {
        assert_eq!(counted, found, "{queue}");
    }
}

/// What was posted to each amount of each lot, in milli-credits.
fn sums(entries: &[Arc<Entry>]) -> BTreeMap<(String, &'static str), i64> {
    let mut sums = BTreeMap::new();
    for posting in entries.iter().flat_map(|entry| &entry.postings) {
        if let Posting::Moved {
            lot, amount, delta, ..
        } = posting
        {
            *sums.entry((lot.to_string(), amount.as_str())).or_default() += delta.milli();
        }
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

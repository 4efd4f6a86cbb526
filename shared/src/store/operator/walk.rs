//! Walking a whole ledger in the order of its entries, however long it is.
//!
//! Entries are stored in the order of their keys, which is not the order of time. A
//! short ledger is read at once and sorted. A longer one is walked along the index by
//! time, whose order is that of the ledger: the index names the next hundred entries,
//! and they are read strongly from the table.
//!
//! The index is eventually consistent, and it misses an item whose index attributes
//! were removed. So an entry that it leaves out is looked up in the table by its number
//! before it is reported missing.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use crate::domain::{Entry, UserId};
use crate::host::clock::Deadline;
use crate::store::client::pages::Partition;
use crate::store::schema::item::key_of;
use crate::store::schema::items::{Item, ItemError, entry_from_item};
use crate::store::schema::keys::{self, ENTRY_PREFIX, Key, Table};
use crate::store::{Store, StoreError};

/// How many entries are held in memory at once; a few kilobytes each.
pub const ENTRIES_HELD: usize = 500;
/// The DynamoDB limit for items in one batch.
const BATCH: i32 = 100;
/// The deadline of one batch.
const DEADLINE: Duration = Duration::from_secs(60);

/// An entry as found, or the problem of its item.
#[derive(Clone, Debug)]
pub struct LedgerRow {
    /// Its key.
    pub key: Key,
    /// Its number, if it can be read.
    pub seq: Option<u64>,
    /// The entry.
    pub entry: Result<Entry, ItemError>,
}

impl LedgerRow {
    pub(crate) fn of(user_id: &UserId, item: Item) -> Self {
        let key = key_of(Table::Credits, &item);
        let seq = item.get("seq").and_then(|value| value.as_n().ok());
        let seq = seq.and_then(|number| number.parse().ok());
        let entry_key = key.sk.strip_prefix(ENTRY_PREFIX);
        let entry = match entry_key.and_then(|text| text.parse().ok()) {
            Some(entry_key) => entry_from_item(user_id, &entry_key, item),
            None => Err(ItemError::new(&key, "its key is not an entry's")),
        };
        LedgerRow { key, seq, entry }
    }
}

/// A walk over a ledger.
#[derive(Debug)]
pub struct LedgerWalk {
    store: Store,
    user_id: UserId,
    /// The expected number of the newest entry.
    up_to: u64,
    ready: VecDeque<LedgerRow>,
    index: Option<Along>,
}

/// The state of a walk along the index.
#[derive(Debug)]
struct Along {
    start: Option<Item>,
    is_at_end: bool,
    expected: u64,
    /// Entries found in the table before the index named them.
    known: HashSet<String>,
}

impl Store {
    /// Walks a user's ledger, which should have `up_to` entries.
    pub async fn walk_ledger(
        &self,
        user_id: &UserId,
        up_to: u64,
    ) -> Result<LedgerWalk, StoreError> {
        self.walk_ledger_holding(user_id, up_to, ENTRIES_HELD).await
    }

    /// The same, holding at most `most` entries in memory.
    pub async fn walk_ledger_holding(
        &self,
        user_id: &UserId,
        up_to: u64,
        most: usize,
    ) -> Result<LedgerWalk, StoreError> {
        let walk = |rows: Option<Vec<LedgerRow>>| LedgerWalk::new(self, user_id, up_to, rows);
        if usize::try_from(up_to).is_ok_and(|entries| entries > most) {
            return Ok(walk(None));
        }
        let mut rows = Vec::new();
        let mut start = None;
        let pk = keys::account(user_id).pk;
        loop {
            let page = self.partition_page(&all_entries(&pk, None), start).await?;
            let found = page.items.into_iter();
            rows.extend(found.map(|item| LedgerRow::of(user_id, item)));
            if rows.len() > most {
                return Ok(walk(None));
            }
            start = page.next;
            if start.is_none() {
                return Ok(walk(Some(rows)));
            }
        }
    }
}

impl LedgerWalk {
    /// A walk through these rows, or along the index.
    pub(crate) fn new(
        store: &Store,
        user_id: &UserId,
        up_to: u64,
        rows: Option<Vec<LedgerRow>>,
    ) -> Self {
        let index = match &rows {
            Some(_) => None,
            None => Some(Along {
                start: None,
                is_at_end: false,
                expected: 1,
                known: HashSet::new(),
            }),
        };
        let mut rows = rows.unwrap_or_default();
        in_order(&mut rows);
        LedgerWalk {
            store: store.clone(),
            user_id: user_id.clone(),
            up_to,
            ready: rows.into(),
            index,
        }
    }

    /// The next entry; one without a readable number comes where it is found.
    pub async fn next(&mut self) -> Result<Option<LedgerRow>, StoreError> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                return Ok(Some(row));
            }
            match self.index.take() {
                Some(along) if !along.is_at_end => self.index = Some(self.go_on(along).await?),
                other => {
                    self.index = other;
                    return Ok(None);
                }
            }
        }
    }

    /// Reads the next page of the index, and its entries strongly from the table.
    async fn go_on(&mut self, mut along: Along) -> Result<Along, StoreError> {
        let store = self.store.clone();
        let page = store
            .entry_keys_by_time(&self.user_id, BATCH, along.start.take())
            .await?;
        let named: Vec<Key> = page
            .items
            .iter()
            .map(|item| key_of(Table::Credits, item))
            .filter(|key| !along.known.remove(&key.sk))
            .collect();
        let mut found = store.get_many(&named, Deadline::after(DEADLINE)).await?;
        let items = named.iter().filter_map(|key| found.take(key));
        let mut rows: Vec<_> = items
            .map(|item| LedgerRow::of(&self.user_id, item))
            .collect();
        in_order(&mut rows);
        for row in rows {
            if let Some(seq) = row.seq {
                self.look_for(&mut along, seq.saturating_sub(1)).await?;
                along.expected = along.expected.max(seq.saturating_add(1));
            }
            self.ready.push_back(row);
        }
        along.start = page.next;
        if along.start.is_none() {
            self.look_for(&mut along, self.up_to).await?;
            along.is_at_end = true;
        }
        Ok(along)
    }

    /// Looks up in the table the entries until `to` that the index left out.
    async fn look_for(&mut self, along: &mut Along, to: u64) -> Result<(), StoreError> {
        let to = to.min(self.up_to);
        let pk = keys::account(&self.user_id).pk;
        while along.expected <= to {
            let most = u64::try_from(ENTRIES_HELD).unwrap_or(u64::MAX);
            let part = to.min(along.expected.saturating_add(most - 1));
            let partition = all_entries(&pk, Some((along.expected, part)));
            let mut rows = Vec::new();
            let mut start = None;
            loop {
                let page = self.store.partition_page(&partition, start).await?;
                let found = page.items.into_iter();
                rows.extend(found.map(|item| LedgerRow::of(&self.user_id, item)));
                start = page.next;
                if start.is_none() {
                    break;
                }
            }
            in_order(&mut rows);
            along
                .known
                .extend(rows.iter().map(|row| row.key.sk.clone()));
            self.ready.extend(rows);
            along.expected = part.saturating_add(1);
        }
        Ok(())
    }
}

fn all_entries(pk: &str, seqs: Option<(u64, u64)>) -> Partition<'_> {
    Partition {
        table: Table::Credits,
        pk,
        prefix: ENTRY_PREFIX,
        keys_only: false,
        seqs,
        limit: BATCH,
    }
}

/// Entries without a number come last.
fn in_order(rows: &mut [LedgerRow]) {
    rows.sort_by(|one, other| {
        let place = |row: &LedgerRow| row.seq.unwrap_or(u64::MAX);
        (place(one), &one.key.sk).cmp(&(place(other), &other.key.sk))
    });
}

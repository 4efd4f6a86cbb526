//! Reading back what was written, many items of many users in one request, to compare
//! it with what is expected.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::{CreditAccount, Entry, EntryKey, LotTerms, PastLot, UserId};
use crate::host::clock::Deadline;
use crate::store::schema::items::{
    Item, account_from_item, entry_from_item, past_credit_from_item, stamp,
};
use crate::store::schema::keys::{self, Key};
use crate::store::schema::records::Record;
use crate::store::{Store, StoreError};

/// The DynamoDB limit for keys in one batch.
const MAX_KEYS: usize = 100;

/// The deadline of one batch.
const DEADLINE: Duration = Duration::from_secs(20);

/// Attributes that Stripe's events keep beside a record; they are not part of it.
const NOT_OF_THE_RECORD: [&str; 1] = ["history"];

/// A record as expected in the users table.
#[derive(Clone, Debug)]
pub struct ExpectedRecord {
    key: Key,
    item: Item,
}

impl ExpectedRecord {
    /// The expected item of a record.
    pub fn of<T: Record>(record: &T) -> Result<Self, StoreError> {
        let key = record.key();
        let item = stamp(&key, T::ENTITY, record)?;
        Ok(ExpectedRecord { key, item })
    }

    /// Its key.
    pub fn key(&self) -> &Key {
        &self.key
    }
}

/// The result of comparing a record with its item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundRecord {
    /// The item is as expected.
    AsExpected,
    /// The item is missing.
    Missing,
    /// These attributes have other values.
    Otherwise(Vec<String>),
}

impl Store {
    /// A user's account and the entry under a key, with one strong read.
    pub async fn load_account_with_entry(
        &self,
        user_id: &UserId,
        entry_key: &EntryKey,
    ) -> Result<(CreditAccount, Option<Entry>), StoreError> {
        let wanted = [keys::account(user_id), keys::entry(user_id, entry_key)];
        let mut found = self.get_many(&wanted, Deadline::after(DEADLINE)).await?;
        let [account_key, key] = wanted;
        let account = match found.take(&account_key) {
            Some(item) => account_from_item(user_id, item)?,
            None => CreditAccount::unopened(user_id.clone()),
        };
        let entry = match found.take(&key) {
            Some(item) => Some(entry_from_item(user_id, entry_key, item)?),
            None => None,
        };
        Ok((account, entry))
    }

    /// Entries of any users, in the order of the keys.
    pub async fn load_entries_of(
        &self,
        wanted: &[(UserId, EntryKey)],
    ) -> Result<Vec<Option<Entry>>, StoreError> {
        let mut entries = Vec::with_capacity(wanted.len());
        for some in wanted.chunks(MAX_KEYS) {
            let keys: Vec<Key> = some
                .iter()
                .map(|(user, key)| keys::entry(user, key))
                .collect();
            let mut found = self.get_many(&keys, Deadline::after(DEADLINE)).await?;
            for ((user_id, entry_key), key) in some.iter().zip(&keys) {
                entries.push(match found.take(key) {
                    Some(item) => Some(entry_from_item(user_id, entry_key, item)?),
                    None => None,
                });
            }
        }
        Ok(entries)
    }

    /// Past credits of any users, in the order of the keys.
    pub async fn load_past_credits_of(
        &self,
        wanted: &[(UserId, LotTerms)],
    ) -> Result<Vec<Option<PastLot>>, StoreError> {
        let mut lots = Vec::with_capacity(wanted.len());
        for some in wanted.chunks(MAX_KEYS) {
            let past = |(user, terms): &(UserId, LotTerms)| keys::past_credit(user, terms);
            let keys: Vec<Key> = some.iter().map(past).collect();
            let mut found = self.get_many(&keys, Deadline::after(DEADLINE)).await?;
            for key in &keys {
                lots.push(match found.take(key) {
                    Some(item) => past_credit_from_item(key, item)?,
                    None => None,
                });
            }
        }
        Ok(lots)
    }

    /// Compares records with the items under their keys, in their order.
    pub async fn compare_records(
        &self,
        expected: &[ExpectedRecord],
    ) -> Result<Vec<FoundRecord>, StoreError> {
        let mut results = Vec::with_capacity(expected.len());
        for some in expected.chunks(MAX_KEYS) {
            let keys: Vec<Key> = some.iter().map(|record| record.key.clone()).collect();
            let mut found = self.get_many(&keys, Deadline::after(DEADLINE)).await?;
            for record in some {
                results.push(match found.take(&record.key) {
                    Some(item) => compare(&record.item, &item),
                    None => FoundRecord::Missing,
                });
            }
        }
        Ok(results)
    }
}

fn compare(expected: &Item, found: &Item) -> FoundRecord {
    let names: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let differ: Vec<String> = names
        .into_iter()
        .filter(|name| !NOT_OF_THE_RECORD.contains(&name.as_str()))
        .filter(|name| expected.get(*name) != found.get(*name))
        .cloned()
        .collect();
    if differ.is_empty() {
        FoundRecord::AsExpected
    } else {
        FoundRecord::Otherwise(differ)
    }
}

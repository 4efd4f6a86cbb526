//! Reading accounts and entries. The caller chooses the consistency of an account; an
//! entry is always read strongly.

use crate::domain::{CreditAccount, Entry, EntryKey, UserId};
use crate::host::clock::Deadline;
use crate::store::client::read::{Consistency, READ_DEADLINE};
use crate::store::schema::items::{account_from_item, entry_from_item};
use crate::store::schema::keys::{self};
use crate::store::{Store, StoreError};

impl Store {
    /// A user's account; an account that was never written is version 0.
    pub async fn load_account(
        &self,
        user_id: &UserId,
        consistency: Consistency,
    ) -> Result<CreditAccount, StoreError> {
        self.load_account_until(user_id, consistency, Deadline::after(READ_DEADLINE))
            .await
    }

    /// The same, within the deadline of a commit.
    pub(crate) async fn load_account_until(
        &self,
        user_id: &UserId,
        consistency: Consistency,
        deadline: Deadline,
    ) -> Result<CreditAccount, StoreError> {
        let key = keys::account(user_id);
        match self.get_until(&key, consistency, deadline).await? {
            Some(item) => Ok(account_from_item(user_id, item)?),
            None => Ok(CreditAccount::unopened(user_id.clone())),
        }
    }

    /// The entry under a key, if any. Always a strong read, because it decides whether
    /// a command was committed.
    pub async fn load_entry(
        &self,
        user_id: &UserId,
        key: &EntryKey,
    ) -> Result<Option<Entry>, StoreError> {
        self.load_entry_until(user_id, key, Deadline::after(READ_DEADLINE))
            .await
    }

    /// The same, within the deadline of a commit.
    pub(crate) async fn load_entry_until(
        &self,
        user_id: &UserId,
        entry_key: &EntryKey,
        deadline: Deadline,
    ) -> Result<Option<Entry>, StoreError> {
        let key = keys::entry(user_id, entry_key);
        match self.get_until(&key, Consistency::Strong, deadline).await? {
            Some(item) => Ok(Some(entry_from_item(user_id, entry_key, item)?)),
            None => Ok(None),
        }
    }

    /// The entries under several keys, in their order, with one strong read.
    pub(crate) async fn load_entries<const N: usize>(
        &self,
        user_id: &UserId,
        entry_keys: [&EntryKey; N],
        deadline: Deadline,
    ) -> Result<Vec<Option<Entry>>, StoreError> {
        let keys = entry_keys.map(|key| keys::entry(user_id, key));
        let mut found = self.get_many(&keys, deadline).await?;
        let entries = entry_keys.into_iter().zip(&keys);
        entries
            .map(|(entry_key, key)| match found.take(key) {
                Some(item) => Ok(Some(entry_from_item(user_id, entry_key, item)?)),
                None => Ok(None),
            })
            .collect()
    }
}

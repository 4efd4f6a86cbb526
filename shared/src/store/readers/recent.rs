//! Accounts this process saw recently: a cache that saves the read before a commit. The
//! commit's conditions check whether the cached account is current.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::{CreditAccount, UserId};

/// A sandbox serves one request at a time and few users in a row; 256 accounts
/// of at most a few KB each are well below a megabyte.
const MAX_ACCOUNTS: usize = 256;

/// Recently seen accounts; clones share them.
#[derive(Clone, Debug, Default)]
pub struct RecentAccounts(Arc<Mutex<HashMap<UserId, CreditAccount>>>);

impl RecentAccounts {
    /// The account as last seen.
    pub fn get(&self, user_id: &UserId) -> Option<CreditAccount> {
        self.accounts().get(user_id).cloned()
    }

    /// Caches an account unless a newer version is cached. When the cache is full, it
    /// is cleared: each account then costs one read again.
    pub fn remember(&self, account: &CreditAccount) {
        let mut accounts = self.accounts();
        if accounts.len() >= MAX_ACCOUNTS && !accounts.contains_key(&account.user_id) {
            accounts.clear();
        }
        let newer = accounts
            .get(&account.user_id)
            .is_some_and(|known| known.version > account.version);
        if !newer {
            accounts.insert(account.user_id.clone(), account.clone());
        }
    }

    /// Drops an account that turned out to be outdated.
    pub fn forget(&self, user_id: &UserId) {
        self.accounts().remove(user_id);
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<UserId, CreditAccount>> {
        // Each change is one call on the map, so a panic elsewhere leaves it
        // consistent.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

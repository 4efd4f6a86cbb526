//! What the imports of all users share: the tables, the time, names of models,
//! and whether anything is written.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use shared::domain::{Action, Command, Digest, EntryKey, Erasable, Timestamp, UserId};
use shared::host::clock::Deadline;
use shared::host::entropy::SharedEntropy;
use shared::store::{Key, Store};

use super::catalogue_names::{ModelNames, PlanNames};
use super::error::ImportError;

/// What an operator waits at most for one transaction.
const DEADLINE: Duration = Duration::from_secs(30);

/// A dry run keeps so many claims in mind; it writes none that could be looked
/// up. Beyond that a duplicate is reported by the import itself.
const MAX_CLAIMS: usize = 100_000;

/// Who acts, in every entry.
const ACTOR: &str = "import";

/// What all users' imports share.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) store: Store,
    pub(crate) now: Timestamp,
    pub(crate) entropy: SharedEntropy,
    pub(crate) dry_run: bool,
    pub(crate) models: ModelNames,
    pub(crate) plans: PlanNames,
    claimed: Mutex<HashMap<String, UserId>>,
}

/// Until when one transaction has to be through.
pub(crate) fn deadline() -> Deadline {
    Deadline::after(DEADLINE)
}

impl Context {
    pub(crate) fn new(
        store: Store,
        now: Timestamp,
        entropy: SharedEntropy,
        dry_run: bool,
        (models, plans): (ModelNames, PlanNames),
    ) -> Self {
        Context {
            store,
            now,
            entropy,
            dry_run,
            models,
            plans,
            claimed: Mutex::default(),
        }
    }

    pub(crate) fn deadline(&self) -> Deadline {
        deadline()
    }

    /// A command of the import's.
    pub(crate) fn command(&self, key: EntryKey, request_hash: Digest, action: Action) -> Command {
        Command {
            key,
            request_hash,
            actor: Erasable::new(ACTOR, self.entropy.bytes()),
            label: None,
            action,
        }
    }

    /// Who has what is claimed, if anybody.
    pub(crate) async fn owner_of(&self, claim: &Key) -> Result<Option<UserId>, ImportError> {
        let owner = self.store.load_claim(claim).await;
        let owner = owner.map_err(|error| ImportError::store(claim, error))?;
        Ok(owner.or_else(|| self.with_claimed(|claimed| claimed.get(&claim.to_string()).cloned())))
    }

    /// Notes what a dry run would have claimed.
    pub(crate) fn would_claim(&self, claims: &[Key], owner: &UserId) {
        self.with_claimed(|claimed| {
            for claim in claims {
                if claimed.len() < MAX_CLAIMS {
                    claimed
                        .entry(claim.to_string())
                        .or_insert_with(|| owner.clone());
                }
            }
        });
    }

    fn with_claimed<T>(&self, work: impl FnOnce(&mut HashMap<String, UserId>) -> T) -> T {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut claimed)
    }
}

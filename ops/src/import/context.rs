//! Shared by the imports of all users: the tables, the time, model names, and
//! whether this is a dry run.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use shared::domain::{Action, Command, Digest, EntryKey, Erasable, Timestamp, UserId};
use shared::host::clock::Deadline;
use shared::host::entropy::SharedEntropy;
use shared::store::{Key, Store};

use super::catalogue_names::{ModelNames, PlanNames};
use super::error::ImportError;

/// Time limit for one transaction.
const DEADLINE: Duration = Duration::from_secs(30);

/// A dry run remembers this many claims, because it writes none to look up.
/// Beyond that only the real import reports duplicates.
const MAX_CLAIMS: usize = 100_000;

/// The actor in every entry.
const ACTOR: &str = "import";

/// Shared by all users' imports.
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

/// The deadline of one transaction.
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

    /// A command of the import.
    pub(crate) fn command(&self, key: EntryKey, request_hash: Digest, action: Action) -> Command {
        Command {
            key,
            request_hash,
            actor: Erasable::new(ACTOR, self.entropy.bytes()),
            label: None,
            action,
        }
    }

    /// The owner of a claimed value, if any.
    pub(crate) async fn owner_of(&self, claim: &Key) -> Result<Option<UserId>, ImportError> {
        let owner = self.store.load_claim(claim).await;
        let owner = owner.map_err(|error| ImportError::store(claim, error))?;
        Ok(owner.or_else(|| self.with_claimed(|claimed| claimed.get(&claim.to_string()).cloned())))
    }

    /// Remembers a claim that a dry run would have written.
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

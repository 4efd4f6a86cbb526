//! The single write path: every change to an account is committed here.
//!
//! One transaction puts the entry if its key is unused, and the account if its version
//! is the one the decision saw. When a condition fails, DynamoDB returns the existing
//! item, which is the answer:
//!
//! ```text
//! entry is there    -> the command was done before: replay what was recorded
//! account moved on  -> decide again on the returned account, no second read
//! no answer, busy   -> the same transaction again, under the same key
//! ```
//!
//! A refusal is never based on a cached account: the account is read strongly first,
//! and the entry after it. Otherwise a caller whose first reply was lost would be
//! refused a command that was committed.

use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, Put, TransactWriteItem};

use crate::domain::{
    Command, CreditAccount, Decision, Entry, EntryKey, EntryKind, Refusal, Timestamp, UserId,
    decide,
};
use crate::host::clock::Deadline;
use crate::store::Consistency;
use crate::store::client::attempts::LostRaces;
use crate::store::client::transaction::{Transacted, put};
use crate::store::schema::items::{
    Item, ItemError, account_from_item, account_to_item, entry_from_item, entry_to_item, past_of,
};
use crate::store::{Store, StoreError, Table};

/// A command to commit.
#[derive(Debug)]
pub struct CommitRequest<'a> {
    /// The owner of the account.
    pub user_id: &'a UserId,
    /// The command.
    pub command: &'a Command,
    /// The account as this process last saw it; the conditions check whether it is
    /// current.
    pub guess: Option<CreditAccount>,
    /// The time of the decision.
    pub now: Timestamp,
    /// When to stop deciding again.
    pub deadline: Deadline,
}

/// The outcome of a command.
#[derive(Clone, Debug)]
pub enum Committed {
    /// Committed by this call.
    Applied(Box<Decision>),
    /// Committed before under the same key; the recorded entry.
    Replayed(Box<Entry>),
}

impl Committed {
    /// The recorded entry, from which every answer is rendered.
    pub fn entry(&self) -> &Entry {
        match self {
            Committed::Applied(decision) => &decision.entry,
            Committed::Replayed(entry) => entry,
        }
    }
}

/// Why a command was not committed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The rules forbid it; nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Its key was used for another request; nothing was written.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Others kept changing the account until the deadline.
    #[error("the account was changed by others until the deadline")]
    Contended,
    /// The store failed. If it was unavailable, the command may or may not be
    /// committed; a retry under the same key finds out.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ItemError> for CommitError {
    fn from(error: ItemError) -> Self {
        CommitError::Store(StoreError::Damaged(error))
    }
}

/// The account as seen, and whether this call read it itself.
struct Seen {
    account: CreditAccount,
    confirmed: bool,
}

/// The outcome of a decision that is committed together with other items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommittedWith {
    /// All of it is written.
    Committed,
    /// The command was committed before; nothing is written.
    EntryExists,
    /// An item has changed since it was read; nothing is written.
    Moved,
}

/// The outcome of one transaction.
enum Written {
    Committed,
    EntryExists(Box<Entry>),
    AccountMoved(Box<CreditAccount>),
}

impl Store {
    /// Decides a command and commits the decision, or returns the earlier entry. Safe
    /// to repeat with the same command after any error.
    pub async fn commit(&self, request: CommitRequest<'_>) -> Result<Committed, CommitError> {
        let CommitRequest {
            user_id,
            command,
            now,
            deadline,
            ..
        } = request;
        let mut seen = match request.guess.clone() {
            Some(account) => Seen {
                account,
                confirmed: false,
            },
            None => self.see(user_id, deadline).await?,
        };
        let mut lost_races = LostRaces::default();
        loop {
            let decision = match decide(&seen.account, command, now) {
                Ok(decision) => decision,
                Err(_) if !seen.confirmed => {
                    seen = self.see(user_id, deadline).await?;
                    continue;
                }
                Err(refusal) => return self.refuse(&request, refusal).await,
            };
            match self.write(&decision, deadline).await? {
                Written::Committed => return Ok(Committed::Applied(Box::new(decision))),
                Written::EntryExists(entry) if entry.hash == decision.entry.hash => {
                    return Ok(Committed::Applied(Box::new(decision)));
                }
                Written::EntryExists(entry) => return recognise(command, entry),
                Written::AccountMoved(account) => {
                    seen = Seen {
                        account: *account,
                        confirmed: true,
                    };
                }
            }
            if deadline.has_passed() {
                return Err(CommitError::Contended);
            }
            if lost_races.another(self, deadline).await {
                seen = self.see(user_id, deadline).await?;
            }
        }
    }

    async fn see(&self, user_id: &UserId, deadline: Deadline) -> Result<Seen, StoreError> {
        let strong = Consistency::Strong;
        Ok(Seen {
            account: self.load_account_until(user_id, strong, deadline).await?,
            confirmed: true,
        })
    }

    /// The account has been read; the entry is read only now, so that no commit of this
    /// command can slip in between.
    async fn refuse(
        &self,
        request: &CommitRequest<'_>,
        refusal: Refusal,
    ) -> Result<Committed, CommitError> {
        let CommitRequest {
            user_id,
            command,
            deadline,
            ..
        } = request;
        let (done, opened) = match &refusal {
            // The account drops closed holds; their entries stay.
            Refusal::NoSuchHold(hold) => {
                let opened = EntryKey::Api {
                    client: hold.client.clone(),
                    key: hold.key.clone(),
                };
                let keys = [&command.key, &opened];
                let entries = self.load_entries(user_id, keys, *deadline).await?;
                let mut entries = entries.into_iter();
                (entries.next().flatten(), entries.next().flatten())
            }
            _ => {
                let done = self.load_entry_until(user_id, &command.key, *deadline);
                (done.await?, None)
            }
        };
        match (done, opened) {
            (Some(entry), _) => recognise(command, Box::new(entry)),
            (None, Some(entry)) if entry.kind == EntryKind::Hold => {
                Err(CommitError::Refused(Refusal::HoldNotOpen))
            }
            (None, _) => Err(CommitError::Refused(refusal)),
        }
    }

    /// Sends one decision until its outcome is known.
    async fn write(&self, decision: &Decision, deadline: Deadline) -> Result<Written, CommitError> {
        let parts = self.transaction(decision)?;
        let token = request_token(&decision.entry);
        match self.transact(&parts, Some(token), deadline).await? {
            Transacted::Committed => Ok(Written::Committed),
            Transacted::Refused(reasons) => {
                let mut items = reasons.into_iter().map(|reason| {
                    let failed = has_failed(&reason);
                    (failed, reason.item)
                });
                let entry = items.next().unwrap_or_default();
                let account = items.next().unwrap_or_default();
                what_stands(&decision.entry, entry, account)
            }
        }
    }

    /// Commits a decision together with other items in one transaction, each part under
    /// its own condition. It never decides again: if anything has changed, the caller
    /// reads again.
    pub(crate) async fn commit_with(
        &self,
        decision: Option<&Decision>,
        companions: Vec<TransactWriteItem>,
        deadline: Deadline,
    ) -> Result<CommittedWith, StoreError> {
        let own = match decision {
            Some(decision) => self.transaction(decision)?,
            None => Vec::new(),
        };
        let has_entry = !own.is_empty();
        let parts: Vec<_> = own.into_iter().chain(companions).collect();
        // No token: DynamoDB rejects the same token with other parts. The condition of
        // the entry, or of another part, detects a repeat.
        match self.transact(&parts, None, deadline).await? {
            Transacted::Committed => Ok(CommittedWith::Committed),
            Transacted::Refused(reasons)
                if has_entry && reasons.first().is_some_and(has_failed) =>
            {
                Ok(CommittedWith::EntryExists)
            }
            Transacted::Refused(_) => Ok(CommittedWith::Moved),
        }
    }

    /// The transaction of a decision: entry, account, archived lots, then marks at the
    /// old keys of lots whose end was moved. The lots need no condition of their own;
    /// the account's version guards them.
    fn transaction(&self, decision: &Decision) -> Result<Vec<TransactWriteItem>, StoreError> {
        let table = self.tables.name(Table::Credits);
        let entry_is_new = Put::builder().condition_expression("attribute_not_exists(pk)");
        let seen = decision.account.version.saturating_sub(1);
        let mut items = vec![
            put(table, entry_is_new, entry_to_item(&decision.entry)?)?,
            self.put_account_as_seen(&decision.account, seen)?,
        ];
        for (_, item) in past_of(decision)? {
            items.push(put(table, Put::builder(), item)?);
        }
        Ok(items)
    }

    /// A put of the account, conditional on the version that was seen; 0 = absent.
    pub(in crate::store) fn put_account_as_seen(
        &self,
        account: &CreditAccount,
        seen: u64,
    ) -> Result<TransactWriteItem, StoreError> {
        let is_as_seen = match seen {
            0 => Put::builder().condition_expression("attribute_not_exists(pk)"),
            seen => Put::builder()
                .condition_expression("version = :seen")
                .expression_attribute_values(":seen", number(seen)),
        };
        let table = self.tables.name(Table::Credits);
        put(table, is_as_seen, account_to_item(account)?)
    }
}

/// DynamoDB remembers this token for ten minutes, so a repeat after a lost reply
/// succeeds. It derives from the entry's hash, so another decision under the same key
/// is another transaction.
pub(in crate::store) fn request_token(entry: &Entry) -> String {
    entry.hash.to_string().chars().take(36).collect()
}

pub(in crate::store) fn has_failed(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Reads the items that failed conditions returned, the entry first.
fn what_stands(
    attempted: &Entry,
    (entry_exists, entry): (bool, Option<Item>),
    (account_moved, account): (bool, Option<Item>),
) -> Result<Written, CommitError> {
    let user_id = &attempted.user_id;
    if entry_exists {
        let item = entry
            .ok_or_else(|| StoreError::Rejected("a failed condition returned no item".into()))?;
        let entry = entry_from_item(user_id, &attempted.key, item)?;
        return Ok(Written::EntryExists(Box::new(entry)));
    }
    if !account_moved {
        return Err(StoreError::Rejected(
            "a transaction was cancelled although no condition failed".into(),
        )
        .into());
    }
    let account = account_that_stands(user_id, account)?;
    Ok(Written::AccountMoved(Box::new(account)))
}

/// The existing account instead of the one that was seen; none if it is absent.
pub(in crate::store) fn account_that_stands(
    user_id: &UserId,
    item: Option<Item>,
) -> Result<CreditAccount, ItemError> {
    match item {
        Some(item) => account_from_item(user_id, item),
        None => Ok(CreditAccount::unopened(user_id.clone())),
    }
}

/// Recognises an existing entry under the command's key; the first entry wins. A
/// client's key must have been used for the same request. A business cause is the same
/// event whatever the request says.
pub(in crate::store) fn recognise(
    command: &Command,
    entry: Box<Entry>,
) -> Result<Committed, CommitError> {
    match &command.key {
        EntryKey::Cause(_) => Ok(Committed::Replayed(entry)),
        EntryKey::Api { .. } | EntryKey::Ops(_) if entry.request_hash == command.request_hash => {
            Ok(Committed::Replayed(entry))
        }
        EntryKey::Api { .. } | EntryKey::Ops(_) => Err(CommitError::KeyReused),
    }
}

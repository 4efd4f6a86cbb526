//! Several commands of one user in a row: decided one after the other and committed in
//! as few transactions as possible.
//!
//! Each transaction is that of [`Store::commit`] with more entries: every entry if its
//! key is unused, and the account once, if its version is the one the first decision
//! saw. So each transaction is all or nothing, and a command committed before, by any
//! caller, is recognised by its key and left out.

use std::collections::VecDeque;

use aws_sdk_dynamodb::types::{CancellationReason, Put, TransactWriteItem};

use crate::domain::{Command, CreditAccount, Decision, Entry, Refusal, Timestamp, UserId, decide};
use crate::host::clock::Deadline;
use crate::store::client::attempts::LostRaces;
use crate::store::client::transaction::{Transacted, put};
use crate::store::commit::{account_that_stands, has_failed, recognise, request_token};
use crate::store::schema::items::{
    Item, account_to_item, entry_from_item, entry_to_item, past_of, size_bytes,
};
use crate::store::schema::keys;
use crate::store::schema::limits::TooLarge;
use crate::store::{CommitError, Committed, Consistency, Store, StoreError, Table};

/// DynamoDB accepts 100 parts and 4 MB in one transaction; framing takes some of the
/// latter.
const MAX_PARTS: usize = 100;
const MAX_BYTES: usize = 3_500_000;

/// The DynamoDB limit for keys in one batch.
const MAX_KEYS: usize = 100;

/// Commands to commit, in this order.
#[derive(Debug)]
pub struct CommitAllRequest<'a> {
    /// The owner of the account.
    pub user_id: &'a UserId,
    /// The commands, each under its own key.
    pub commands: &'a [Command],
    /// The account as the previous call returned it; none if other callers may have
    /// committed some of the commands, which are then looked up first.
    pub account: Option<CreditAccount>,
    /// The time of the decisions.
    pub now: Timestamp,
    /// When to stop deciding again.
    pub deadline: Deadline,
}

/// The outcomes of several commands.
#[derive(Clone, Debug)]
pub struct CommittedAll {
    /// One outcome per command, in their order.
    pub results: Vec<Result<Committed, Refused>>,
    /// The account afterwards, for the next call.
    pub account: CreditAccount,
}

/// Why one of several commands was refused; the others are committed regardless.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The rules forbid it.
    #[error(transparent)]
    Rule(#[from] Refusal),
    /// Its key was used for another request.
    #[error("the key is already used with another request")]
    KeyReused,
    /// DynamoDB cannot store the resulting items.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// The progress of a call.
pub(super) struct Row<'a> {
    user_id: &'a UserId,
    commands: &'a [Command],
    /// Indices of the commands that have no outcome yet, in order.
    open: VecDeque<usize>,
    results: Vec<Option<Result<Committed, Refused>>>,
    account: CreditAccount,
}

/// The decisions that fit into one transaction.
pub(super) struct Batch {
    pub(super) decisions: Vec<(usize, Decision)>,
    pub(super) parts: Vec<TransactWriteItem>,
}

impl Store {
    /// Decides and commits several commands, one after the other. A refused command is
    /// left out and its refusal returned. Safe to repeat with the same commands after
    /// any error: committed ones are recognised.
    pub async fn commit_all(
        &self,
        request: CommitAllRequest<'_>,
    ) -> Result<CommittedAll, CommitError> {
        let CommitAllRequest {
            user_id,
            commands,
            account,
            now,
            deadline,
        } = request;
        let is_known = account.is_some();
        let account = match account {
            Some(account) => account,
            None => {
                let strong = Consistency::Strong;
                self.load_account_until(user_id, strong, deadline).await?
            }
        };
        let mut row = Row::new(user_id, commands, account);
        if !is_known && row.account.version > 0 {
            self.recognise_open(&mut row, deadline).await?;
        }
        let mut lost_races = LostRaces::default();
        while !row.open.is_empty() {
            let batch = match self.fill(&row, now, 0)? {
                Filled::Batch(batch) => batch,
                Filled::Refused(refusal) => {
                    self.settle_refusal(&mut row, refusal, deadline).await?;
                    if deadline.has_passed() {
                        return Err(CommitError::Contended);
                    }
                    continue;
                }
            };
            if self.write_batch(&mut row, batch, deadline).await? {
                lost_races = LostRaces::default();
                continue;
            }
            // Every lost try was lost to a writer that made progress.
            if deadline.has_passed() {
                return Err(CommitError::Contended);
            }
            if lost_races.another(self, deadline).await {
                let strong = Consistency::Strong;
                row.account = self.load_account_until(user_id, strong, deadline).await?;
            }
        }
        Ok(CommittedAll {
            results: row.results.into_iter().flatten().collect(),
            account: row.account,
        })
    }

    /// Decides as many open commands as fit into one transaction beside `others`, parts
    /// outside the ledger.
    pub(super) fn fill(
        &self,
        row: &Row<'_>,
        now: Timestamp,
        others: usize,
    ) -> Result<Filled, StoreError> {
        let table = self.tables.name(Table::Credits);
        let mut account = row.account.clone();
        let (mut decisions, mut entries, mut past) = (Vec::new(), Vec::new(), Vec::new());
        let mut bytes = 0;
        for &place in &row.open {
            let Some(command) = row.commands.get(place) else {
                break;
            };
            // A transaction cannot hold the same key twice; the second command then
            // meets the first as an existing entry.
            let key = &command.key;
            if decisions
                .iter()
                .any(|(_, it): &(usize, Decision)| it.entry.key == *key)
            {
                break;
            }
            let decision = match decide(&account, command, now) {
                Ok(decision) => decision,
                // The commands before it are committed first.
                Err(_) if !entries.is_empty() => break,
                Err(refusal) => return Ok(Filled::Refused(refusal.into())),
            };
            let entry = entry_to_item(&decision.entry)?;
            let stands = account_to_item(&decision.account)?;
            let too_large = TooLarge::item(&entry).or_else(|| TooLarge::item(&stands));
            match too_large {
                None => {}
                Some(_) if !entries.is_empty() => break,
                Some(too_large) => return Ok(Filled::Refused(too_large.into())),
            }
            let mut more = size_bytes(&entry);
            let lots = past_of(&decision)?;
            more += lots.iter().map(|(_, item)| size_bytes(item)).sum::<usize>();
            let weight = bytes + more + size_bytes(&stands);
            let parts = others + entries.len() + past.len() + lots.len() + 2;
            if !entries.is_empty() && (parts > MAX_PARTS || weight > MAX_BYTES) {
                break;
            }
            bytes += more;
            entries.push(entry);
            // A lot that left, came back and left again is put once: the last item for
            // a key wins.
            past.retain(|(key, _)| lots.iter().all(|(again, _)| again != key));
            past.extend(lots);
            account = decision.account.clone();
            decisions.push((place, decision));
        }
        let mut parts = Vec::new();
        for entry in entries {
            let is_new = Put::builder().condition_expression("attribute_not_exists(pk)");
            parts.push(put(table, is_new, entry)?);
        }
        parts.push(self.put_account_as_seen(&account, row.account.version)?);
        for (_, item) in past {
            parts.push(put(table, Put::builder(), item)?);
        }
        Ok(Filled::Batch(Batch { decisions, parts }))
    }

    /// Sends one transaction until its outcome is known, takes over the existing items,
    /// and returns whether it was written.
    async fn write_batch(
        &self,
        row: &mut Row<'_>,
        batch: Batch,
        deadline: Deadline,
    ) -> Result<bool, CommitError> {
        let Batch { decisions, parts } = batch;
        let token = decisions
            .last()
            .map(|(_, decision)| request_token(&decision.entry));
        match self.transact(&parts, token, deadline).await? {
            Transacted::Committed => {
                row.done(decisions);
                Ok(true)
            }
            Transacted::Refused(reasons) => row.take_over(decisions, reasons).map(|()| false),
        }
    }

    /// Whether a refused command was committed before is looked up after the account is
    /// read, so that no commit of it can slip in between.
    async fn settle_refusal(
        &self,
        row: &mut Row<'_>,
        refusal: Refused,
        deadline: Deadline,
    ) -> Result<(), CommitError> {
        let strong = Consistency::Strong;
        let account = self
            .load_account_until(row.user_id, strong, deadline)
            .await?;
        let has_moved = account.version != row.account.version;
        row.account = account;
        let before = row.open.len();
        self.recognise_open(row, deadline).await?;
        // A refusal is never based on a cached account.
        if has_moved || row.open.len() < before {
            return Ok(());
        }
        if let Some(place) = row.open.pop_front() {
            row.set(place, Err(refusal));
        }
        Ok(())
    }

    /// Finds the outcomes of open commands that have an entry already.
    async fn recognise_open(
        &self,
        row: &mut Row<'_>,
        deadline: Deadline,
    ) -> Result<(), CommitError> {
        let open: Vec<usize> = row.open.iter().copied().collect();
        for places in open.chunks(MAX_KEYS) {
            let commands = || places.iter().filter_map(|place| row.commands.get(*place));
            let wanted: Vec<_> = commands()
                .map(|command| keys::entry(row.user_id, &command.key))
                .collect();
            let mut found = self.get_many(&wanted, deadline).await?;
            let mut settled = Vec::new();
            for ((place, command), key) in places.iter().zip(commands()).zip(&wanted) {
                if let Some(item) = found.take(key) {
                    let entry = entry_from_item(row.user_id, &command.key, item)?;
                    settled.push((*place, recognised(command, entry)));
                }
            }
            for (place, result) in settled {
                row.set(place, result);
            }
        }
        Ok(())
    }
}

/// A filled batch, or why the first open command was refused.
pub(super) enum Filled {
    Batch(Batch),
    Refused(Refused),
}

impl<'a> Row<'a> {
    pub(super) fn new(
        user_id: &'a UserId,
        commands: &'a [Command],
        account: CreditAccount,
    ) -> Self {
        Row {
            user_id,
            commands,
            open: (0..commands.len()).collect(),
            results: vec![None; commands.len()],
            account,
        }
    }

    fn set(&mut self, place: usize, result: Result<Committed, Refused>) {
        self.open.retain(|open| *open != place);
        if let Some(slot) = self.results.get_mut(place) {
            *slot = Some(result);
        }
    }

    fn done(&mut self, decisions: Vec<(usize, Decision)>) {
        if let Some((_, last)) = decisions.last() {
            self.account = last.account.clone();
        }
        for (place, decision) in decisions {
            self.set(place, Ok(Committed::Applied(Box::new(decision))));
        }
    }

    /// Takes over what failed conditions returned: entries are the outcomes of their
    /// commands, and the account is the next one to decide on.
    fn take_over(
        &mut self,
        decisions: Vec<(usize, Decision)>,
        reasons: Vec<CancellationReason>,
    ) -> Result<(), CommitError> {
        let mut reasons = reasons.into_iter();
        let mut has_moved = false;
        let mut settled = Vec::new();
        for (place, decision) in &decisions {
            let Some((true, item)) = reasons.next().map(reported) else {
                continue;
            };
            let (Some(item), Some(command)) = (item, self.commands.get(*place)) else {
                return Err(without_item());
            };
            let entry = entry_from_item(self.user_id, &command.key, item)?;
            has_moved = true;
            let ours = entry.hash == decision.entry.hash;
            settled.push((
                *place,
                if ours {
                    Ok(Committed::Applied(Box::new(decision.clone())))
                } else {
                    recognised(command, entry)
                },
            ));
        }
        if let Some((true, item)) = reasons.next().map(reported) {
            self.account = account_that_stands(self.user_id, item)?;
            has_moved = true;
        }
        for (place, result) in settled {
            self.set(place, result);
        }
        if has_moved {
            Ok(())
        } else {
            Err(StoreError::Rejected(
                "a transaction was cancelled although no condition failed".into(),
            )
            .into())
        }
    }
}

fn reported(reason: CancellationReason) -> (bool, Option<Item>) {
    (has_failed(&reason), reason.item)
}

fn recognised(command: &Command, entry: Entry) -> Result<Committed, Refused> {
    recognise(command, Box::new(entry)).map_err(|_| Refused::KeyReused)
}

fn without_item() -> CommitError {
    StoreError::Rejected("a failed condition returned no item".into()).into()
}

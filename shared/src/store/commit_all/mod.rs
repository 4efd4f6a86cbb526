//! Several commands of one user in a row: decided one after the other and committed in
//! as few transactions as possible.
//!
//! Each transaction is that of [`Store::commit`] with more entries: every entry if its
//! key is unused, and the account once, if its version is the one the first decision
//! saw. So each transaction is all or nothing, and a command committed before, by any
//! caller, is recognised by its key and left out.

mod row;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

use crate::domain::{Command, CreditAccount, Decision, Timestamp, UserId, decide};
use crate::host::clock::Deadline;
use crate::store::client::attempts::LostRaces;
use crate::store::client::transaction::{Transacted, put};
use crate::store::commit::request_token;
use crate::store::schema::items::{
    account_to_item, entry_from_item, entry_to_item, past_of, size_bytes,
};
use crate::store::schema::keys;
use crate::store::schema::limits::TooLarge;
use crate::store::{CommitError, Committed, Consistency, Store, StoreError, Table};
pub use row::Refused;
pub(in crate::store) use row::Row;
use row::recognised;

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
    /// The account as last seen, which may be outdated. None: it is read, and commands
    /// that were committed before are looked up first, so that a long row is not sent
    /// again only to meet them one by one.
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

/// The decisions that fit into one transaction.
pub(in crate::store) struct Batch {
    pub(in crate::store) decisions: Vec<(usize, Decision)>,
    /// Commands between them that the rules forbid, on the account as the decisions
    /// before them leave it.
    pub(in crate::store) refused: Vec<(usize, Refused)>,
    pub(in crate::store) parts: Vec<TransactWriteItem>,
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
            let all: Vec<usize> = row.open.iter().copied().collect();
            self.recognise(&mut row, &all, deadline).await?;
        }
        let mut lost_races = LostRaces::default();
        while !row.open.is_empty() {
            let batch = match self.fill(&row, now, 0)? {
                Filled::Batch(batch) => batch,
                Filled::Refused(refused) => {
                    self.settle_refused(&mut row, refused, deadline).await?;
                    if deadline.has_passed() {
                        return Err(CommitError::Contended);
                    }
                    continue;
                }
            };
            let Batch {
                decisions,
                refused,
                parts,
            } = batch;
            if self
                .write_batch(&mut row, decisions, parts, deadline)
                .await?
            {
                self.confirm(&mut row, refused, deadline).await?;
                lost_races = LostRaces::default();
                continue;
            }
            if row.open.is_empty() {
                break;
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
    pub(in crate::store) fn fill(
        &self,
        row: &Row<'_>,
        now: Timestamp,
        others: usize,
    ) -> Result<Filled, StoreError> {
        let table = self.tables.name(Table::Credits);
        let mut account = row.account.clone();
        let (mut decisions, mut entries, mut past) = (Vec::new(), Vec::new(), Vec::new());
        let mut refused = Vec::new();
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
                // A refused command changes nothing, so the next can be decided.
                Err(refusal) => {
                    refused.push((place, refusal.into()));
                    continue;
                }
            };
            let entry = entry_to_item(&decision.entry)?;
            let stands = account_to_item(&decision.account)?;
            let too_large = TooLarge::item(&entry).or_else(|| TooLarge::item(&stands));
            match too_large {
                None => {}
                Some(_) if !entries.is_empty() => break,
                Some(too_large) => {
                    refused.push((place, too_large.into()));
                    continue;
                }
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
        if entries.is_empty() {
            return Ok(Filled::Refused(refused));
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
        Ok(Filled::Batch(Batch {
            decisions,
            refused,
            parts,
        }))
    }

    /// Sends one transaction until its outcome is known, takes over the existing items,
    /// and returns whether it was written.
    async fn write_batch(
        &self,
        row: &mut Row<'_>,
        decisions: Vec<(usize, Decision)>,
        parts: Vec<TransactWriteItem>,
        deadline: Deadline,
    ) -> Result<bool, CommitError> {
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

    /// No open command can be decided: the account may be outdated.
    async fn settle_refused(
        &self,
        row: &mut Row<'_>,
        refused: Vec<(usize, Refused)>,
        deadline: Deadline,
    ) -> Result<(), CommitError> {
        let strong = Consistency::Strong;
        let account = self
            .load_account_until(row.user_id, strong, deadline)
            .await?;
        let has_moved = account.version != row.account.version;
        row.account = account;
        // A refusal is never based on a cached account.
        if has_moved {
            return Ok(());
        }
        self.confirm(row, refused, deadline).await
    }

    /// The account that the refusals are based on is the one that stands, or stood at
    /// the moment of the transaction. Whether a refused command was committed before is
    /// looked up after that, so that no commit of it can slip in between.
    async fn confirm(
        &self,
        row: &mut Row<'_>,
        refused: Vec<(usize, Refused)>,
        deadline: Deadline,
    ) -> Result<(), CommitError> {
        if refused.is_empty() {
            return Ok(());
        }
        let places: Vec<usize> = refused.iter().map(|(place, _)| *place).collect();
        self.recognise(row, &places, deadline).await?;
        for (place, refusal) in refused {
            if row.open.contains(&place) {
                row.set(place, Err(refusal));
            }
        }
        Ok(())
    }

    /// Finds the outcomes of those of these commands that have an entry already.
    async fn recognise(
        &self,
        row: &mut Row<'_>,
        places: &[usize],
        deadline: Deadline,
    ) -> Result<(), CommitError> {
        for places in places.chunks(MAX_KEYS) {
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

/// A filled batch, or why each of the open commands that were looked at is refused.
pub(in crate::store) enum Filled {
    Batch(Batch),
    Refused(Vec<(usize, Refused)>),
}

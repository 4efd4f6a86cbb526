//! Several records at once: a person's profile, preferences and subscriptions with all
//! their claims in one transaction, if none of them exists yet.

use aws_sdk_dynamodb::types::TransactWriteItem;

use crate::domain::{CreditAccount, Digester, UserId};
use crate::host::clock::Deadline;
use crate::store::client::transaction::Transacted;
use crate::store::commit::request_token;
use crate::store::commit_all::{Batch, Filled, Row};
use crate::store::schema::items::{Item, size_bytes, stamp};
use crate::store::schema::keys::Key;
use crate::store::schema::records::Record;
use crate::store::{CommitAllRequest, CommitError, Committed, Store, StoreError};

/// The DynamoDB limit for parts in one transaction.
const MAX_PARTS: usize = 100;

/// The maximum of records beside a ledger; larger sets are created on their own.
const MAX_BESIDE: usize = 50;

/// The maximum size of records beside a ledger, in bytes, within the 4 MB of a
/// transaction.
const MAX_BYTES_BESIDE: usize = 500_000;

/// The maximum length of a token.
const TOKEN_DIGITS: usize = 36;

/// Records to be created together.
#[derive(Debug, Default)]
pub struct NewRecords {
    records: Vec<(Key, Item)>,
    claims: Vec<(Key, UserId)>,
    marks: Vec<Key>,
}

impl NewRecords {
    fn number(&self) -> usize {
        self.records.len() + self.claims.len() + self.marks.len()
    }

    fn bytes(&self) -> usize {
        self.records.iter().map(|(_, item)| size_bytes(item)).sum()
    }

    /// Adds a record. A claim that several records make for one owner is made once.
    pub fn add<T: Record>(&mut self, record: &T) -> Result<(), StoreError> {
        let key = record.key();
        let item = stamp(&key, T::ENTITY, record)?;
        self.records.push((key, item));
        if let Some((owner, claims)) = record.claims() {
            for claim in claims {
                if self.claims.iter().all(|(known, _)| *known != claim) {
                    self.claims.push((claim, owner.clone()));
                }
            }
        }
        for mark in record.marks() {
            if !self.marks.contains(&mark) {
                self.marks.push(mark);
            }
        }
        Ok(())
    }
}

impl Store {
    /// Creates all records, or returns `false` and creates none: something exists
    /// already, belongs to another user, or there are too many for one transaction.
    /// [`Store::create`] then returns what exists, record by record.
    pub async fn create_all(
        &self,
        new: &NewRecords,
        deadline: Deadline,
    ) -> Result<bool, StoreError> {
        if new.number() == 0 {
            return Ok(true);
        }
        if new.number() > MAX_PARTS {
            return Ok(false);
        }
        let parts = self.parts_of(new)?;
        // The token makes a repeat after a lost reply succeed, so that records created
        // here are not mistaken for existing ones.
        let mut digester = Digester::new("create-all/1");
        digester.bytes("entropy", &self.entropy.bytes());
        for (key, _) in &new.records {
            digester.text("record", &key.to_string());
        }
        let digits = digester.finish().to_string();
        let token: String = digits.chars().take(TOKEN_DIGITS).collect();
        let transacted = self.transact(&parts, Some(token), deadline).await?;
        Ok(matches!(transacted, Transacted::Committed))
    }

    fn parts_of(&self, new: &NewRecords) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut parts = Vec::with_capacity(new.number());
        for (key, item) in &new.records {
            parts.push(self.put_new(key, item.clone())?);
        }
        for (claim, owner) in &new.claims {
            parts.push(self.put_claim(claim, owner)?);
        }
        for mark in &new.marks {
            parts.push(self.put_mark(mark)?);
        }
        Ok(parts)
    }

    /// Creates records together with the account of a user who has none, and as many of
    /// its commands as fit; the caller commits the others. Returns the account
    /// afterwards; none if something exists already or belongs to another user, or if a
    /// command is refused. [`Store::create_all`] and [`Store::commit_all`] then return
    /// the details.
    pub async fn commit_with_new(
        &self,
        new: &NewRecords,
        request: CommitAllRequest<'_>,
    ) -> Result<Option<CreditAccount>, CommitError> {
        let CommitAllRequest {
            user_id,
            commands,
            now,
            deadline,
            ..
        } = request;
        let is_too_much = new.number() > MAX_BESIDE || new.bytes() > MAX_BYTES_BESIDE;
        if commands.is_empty() || is_too_much {
            return Ok(None);
        }
        let unopened = CreditAccount::unopened(user_id.clone());
        let row = Row::new(user_id, commands, unopened);
        let Filled::Batch(batch) = self.fill(&row, now, new.number())? else {
            return Ok(None);
        };
        let Batch {
            decisions,
            refused,
            parts,
        } = batch;
        if !refused.is_empty() {
            return Ok(None);
        }
        let Some((place, last)) = decisions.last() else {
            return Ok(None);
        };
        let rest = commands.get(place + 1..).unwrap_or_default();
        let parts: Vec<_> = parts.into_iter().chain(self.parts_of(new)?).collect();
        let token = request_token(&last.entry);
        match self.transact(&parts, Some(token), deadline).await? {
            Transacted::Refused(_) => return Ok(None),
            Transacted::Committed if rest.is_empty() => return Ok(Some(last.account.clone())),
            Transacted::Committed => {}
        }
        let rest = self.commit_all(CommitAllRequest {
            commands: rest,
            account: Some(last.account.clone()),
            ..request
        });
        let rest = rest.await?;
        let is_done = |result: &Result<Committed, _>| matches!(result, Ok(Committed::Applied(_)));
        Ok(rest.results.iter().all(is_done).then_some(rest.account))
    }
}

//! Rebuilding an account from its ledger: the account and its past credits become what
//! the fold of the entries says.
//!
//! The ledger must be whole; nothing of it is changed, and an entry after it says who
//! rebuilt the account and why. The write is conditional on the account being exactly as
//! it was read, so a commit in between is never lost.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

use crate::domain::{Command, CreditAccount, PastLot, Timestamp, UserId, decide};
use crate::host::clock::Deadline;
use crate::store::client::batch::Found;
use crate::store::client::transaction::{AsRead, Transacted, put};
use crate::store::commit::has_failed;
use crate::store::operator::audit::Finding;
use crate::store::operator::audit::differences;
use crate::store::operator::audit::fold::Fold;
use crate::store::schema::items::{
    Item, account_from_item, account_to_item, entry_to_item, past_credit_from_item,
    past_credit_to_item, past_of,
};
use crate::store::schema::keys::{self, Key};
use crate::store::{CommitError, Consistency, MAX_PAST_CREDITS, Store, StoreError, Table};

/// How many past credits one transaction mends beside the account, its entry and what
/// leaves the account with that.
const MAX_PAST: usize = 40;

/// What rebuilding an account would do.
#[derive(Clone, Debug)]
pub enum PlannedRebuild {
    /// There is no ledger.
    NoLedger,
    /// The ledger is not whole, so nothing can be derived from it.
    Damaged(Vec<Finding>),
    /// The account and its past credits are those of the ledger.
    Equal,
    /// These differ.
    Differs(Box<Rebuild>),
}

/// An account that differs from its ledger, and what the ledger says.
#[derive(Clone, Debug)]
pub struct Rebuild {
    /// The differences, one sentence each.
    pub differences: Vec<Finding>,
    /// Whether there are more past credits to write than fit into one transaction.
    pub is_partial: bool,
    seen: Option<Item>,
    account: CreditAccount,
    past: Vec<PastLot>,
}

/// The outcome of rebuilding an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rebuilt {
    /// It is what its ledger says.
    Done,
    /// The account is no longer as it was read; nothing was written.
    Moved,
    /// The key of the command has an entry already; nothing was written.
    KeyInUse,
}

impl Rebuild {
    /// The version of the account by its ledger.
    pub fn version(&self) -> u64 {
        self.account.version
    }

    /// The keys of what is written.
    pub fn writes(&self) -> Vec<String> {
        let user_id = &self.account.user_id;
        let past = self.past.iter();
        let past = past.map(|past| keys::past_credit(user_id, &past.lot.terms));
        let keys = [keys::account(user_id)].into_iter().chain(past);
        keys.map(|key| key.to_string()).collect()
    }
}

impl Store {
    /// Folds a user's ledger and compares the account and the past credits with it.
    /// Nothing is written.
    pub async fn plan_rebuild(
        &self,
        user_id: &UserId,
        deadline: Deadline,
    ) -> Result<PlannedRebuild, StoreError> {
        let key = keys::account(user_id);
        let seen = self.get(&key, Consistency::Strong).await?;
        let found = seen
            .clone()
            .map(|item| account_from_item(user_id, item))
            .transpose();
        let version = match &found {
            Ok(Some(account)) => account.version,
            Ok(None) | Err(_) => 0,
        };
        let mut fold = Fold::of(user_id, MAX_PAST_CREDITS);
        let mut findings = Vec::new();
        let mut walk = self.walk_ledger(user_id, version).await?;
        while let Some(row) = walk.next().await? {
            match &row.entry {
                Err(damage) => findings.push(Finding::new(&row.key, damage.problem())),
                Ok(entry) if !entry.is_authentic() => {
                    findings.push(Finding::new(
                        &row.key,
                        "it was changed after it was written",
                    ));
                }
                Ok(_) => {}
            }
            fold.take(&row);
        }
        findings.append(&mut fold.findings);
        if fold.account.version < version {
            let last = fold.account.version;
            let problem = format!("its version is {version} and its ledger ends with entry {last}");
            findings.push(Finding::new(&key, problem));
        }
        if !findings.is_empty() {
            return Ok(PlannedRebuild::Damaged(findings));
        }
        if fold.account.version == 0 {
            return Ok(PlannedRebuild::NoLedger);
        }
        let mut differences: Vec<Finding> = match &found {
            Err(damage) => vec![Finding::new(&key, damage.problem())],
            Ok(None) => vec![Finding::new(&key, "it is missing")],
            Ok(Some(found)) => differences::of_accounts(&fold.account, fold.last_sk(), found)
                .into_iter()
                .map(|problem| Finding::new(&key, problem))
                .collect(),
        };
        let mut past = self.past_that_differs(user_id, &fold, deadline).await?;
        let is_partial = past.len() > MAX_PAST;
        past.truncate(MAX_PAST);
        differences.extend(past.iter().map(|(finding, _)| finding.clone()));
        if differences.is_empty() {
            return Ok(PlannedRebuild::Equal);
        }
        Ok(PlannedRebuild::Differs(Box::new(Rebuild {
            differences,
            is_partial,
            seen,
            account: fold.account,
            past: past.into_iter().map(|(_, past)| past).collect(),
        })))
    }

    /// The past credits of the ledger that are missing or differ.
    async fn past_that_differs(
        &self,
        user_id: &UserId,
        fold: &Fold,
        deadline: Deadline,
    ) -> Result<Vec<(Finding, PastLot)>, StoreError> {
        let all: Vec<(Key, &PastLot)> = fold
            .past
            .iter()
            .map(|(place, past)| (keys::in_credits(user_id, place), past))
            .collect();
        let mut differ = Vec::new();
        for some in all.chunks(MAX_PAST) {
            let keys: Vec<Key> = some.iter().map(|(key, _)| key.clone()).collect();
            let mut found = self.get_many(&keys, deadline).await?;
            for (key, past) in some {
                if let Some(problem) = problem_of_past(key, past, &mut found) {
                    differ.push((Finding::new(key, problem), (*past).clone()));
                }
            }
        }
        Ok(differ)
    }

    /// Writes what the ledger says, and after it the entry of a command that says who
    /// did it and why. The account of an erased user gets no such entry: it names
    /// nobody any more.
    pub async fn rebuild(
        &self,
        rebuild: &Rebuild,
        note: &Command,
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<Rebuilt, CommitError> {
        let decision = match rebuild.account.erased {
            true => None,
            false => Some(decide(&rebuild.account, note, now)?),
        };
        let table = self.tables.name(Table::Credits);
        let (mut parts, mut archived) = (Vec::new(), Vec::new());
        if let Some(decision) = &decision {
            let is_new = Put::builder().condition_expression("attribute_not_exists(pk)");
            parts.push(put(table, is_new, entry_to_item(&decision.entry)?)?);
            archived = past_of(decision)?;
        }
        let account = decision.as_ref().map(|decision| &decision.account);
        parts.push(self.put_rebuilt(rebuild, account.unwrap_or(&rebuild.account))?);
        for past in &rebuild.past {
            let key = keys::past_credit(&rebuild.account.user_id, &past.lot.terms);
            // What leaves the account with the entry is written as it leaves.
            if archived.iter().all(|(other, _)| *other != key) {
                let item = past_credit_to_item(&rebuild.account.user_id, past)?;
                parts.push(put(table, Put::builder(), item)?);
            }
        }
        for (_, item) in archived {
            parts.push(put(table, Put::builder(), item)?);
        }
        Ok(match self.transact(&parts, None, deadline).await? {
            Transacted::Committed => Rebuilt::Done,
            Transacted::Refused(reasons)
                if decision.is_some() && reasons.first().is_some_and(has_failed) =>
            {
                Rebuilt::KeyInUse
            }
            Transacted::Refused(_) => Rebuilt::Moved,
        })
    }

    /// A put of the account on the condition that every attribute is as it was read.
    fn put_rebuilt(
        &self,
        rebuild: &Rebuild,
        account: &CreditAccount,
    ) -> Result<TransactWriteItem, StoreError> {
        let key = keys::account(&account.user_id);
        let item = account_to_item(account)?;
        let Some(seen) = &rebuild.seen else {
            return self.put_new(&key, item);
        };
        let AsRead {
            condition,
            names,
            values,
        } = AsRead::of(seen);
        let is_as_seen = Put::builder()
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values));
        put(self.tables.name(key.table), is_as_seen, item)
    }
}

fn problem_of_past(key: &Key, past: &PastLot, found: &mut Found) -> Option<String> {
    match found.take(key).map(|item| past_credit_from_item(key, item)) {
        Some(Ok(Some(found))) => differences::of_past(past, &found),
        Some(Err(damage)) => Some(damage.problem().to_string()),
        Some(Ok(None)) | None => Some("it is missing, and its ledger archived it".to_string()),
    }
}

//! Rebuilding an account from its ledger: the account and its past credits become what
//! the fold of the entries says.
//!
//! The ledger must be whole; nothing of it is changed. The write is conditional on the
//! account being exactly as it was read, so a commit in between is never lost.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

use crate::domain::{CreditAccount, PastLot, UserId};
use crate::host::clock::Deadline;
use crate::store::client::batch::Found;
use crate::store::client::transaction::{Transacted, put};
use crate::store::operator::audit::Finding;
use crate::store::operator::audit::differences;
use crate::store::operator::audit::fold::Fold;
use crate::store::schema::items::{
    Item, account_from_item, account_to_item, past_credit_from_item, past_credit_to_item,
};
use crate::store::schema::keys::{self, Key};
use crate::store::{Consistency, MAX_PAST_CREDITS, Store, StoreError};

/// How many past credits one transaction writes beside the account.
const MAX_PAST: usize = 90;

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

impl Rebuild {
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

    /// Writes what the ledger says. False if the account is no longer as it was read;
    /// then nothing is written.
    pub async fn rebuild(&self, rebuild: &Rebuild, deadline: Deadline) -> Result<bool, StoreError> {
        let mut parts = vec![self.put_rebuilt(rebuild)?];
        for past in &rebuild.past {
            let item = past_credit_to_item(&rebuild.account.user_id, past)?;
            let key = keys::past_credit(&rebuild.account.user_id, &past.lot.terms);
            parts.push(put(self.tables.name(key.table), Put::builder(), item)?);
        }
        Ok(match self.transact(&parts, None, deadline).await? {
            Transacted::Committed => true,
            Transacted::Refused(_) => false,
        })
    }

    /// A put of the account on the condition that every attribute is as it was read.
    fn put_rebuilt(&self, rebuild: &Rebuild) -> Result<TransactWriteItem, StoreError> {
        let key = keys::account(&rebuild.account.user_id);
        let table = self.tables.name(key.table);
        let item = account_to_item(&rebuild.account)?;
        let Some(seen) = &rebuild.seen else {
            return self.put_new(&key, item);
        };
        let (mut names, mut values) = (HashMap::new(), HashMap::new());
        let mut conditions = Vec::new();
        for (number, (name, value)) in seen.iter().enumerate() {
            names.insert(format!("#a{number}"), name.clone());
            values.insert(format!(":a{number}"), value.clone());
            conditions.push(format!("#a{number} = :a{number}"));
        }
        let is_as_seen = Put::builder()
            .condition_expression(conditions.join(" AND "))
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values));
        put(table, is_as_seen, item)
    }
}

fn problem_of_past(key: &Key, past: &PastLot, found: &mut Found) -> Option<String> {
    match found.take(key).map(|item| past_credit_from_item(key, item)) {
        Some(Ok(Some(found))) => differences::of_past(past, &found),
        Some(Err(damage)) => Some(damage.problem().to_string()),
        Some(Ok(None)) | None => Some("it is missing, and its ledger archived it".to_string()),
    }
}

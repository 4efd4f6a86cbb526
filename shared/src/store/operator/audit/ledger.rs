//! The audit of one user's account: entry by entry, then the account and the past
//! credits against the result of the entries.

use super::attributes::{check_attributes, check_expiry, check_schema};
use super::differences;
use super::fold::Fold;
use super::{Audited, Finding};
use crate::domain::billing::account_plan;
use crate::domain::{CreditAccount, Subscription, UserId};
use crate::store::Consistency;
use crate::store::client::pages::Partition;
use crate::store::operator::walk::{ENTRIES_HELD, LedgerRow, LedgerWalk};
use crate::store::schema::item::key_of;
use crate::store::schema::items::{
    Item, account_from_item, account_to_item, entry_to_item, past_credit_from_item,
    past_credit_to_item,
};
use crate::store::schema::keys::{self, ENTRY_PREFIX, Key, PAST_CREDIT_PREFIX, Table};
use crate::store::{Store, StoreError};

/// The maximum of one user's past credits that are compared with the ledger; any
/// further ones, which no import has produced, are only read and counted.
pub const MAX_PAST_CREDITS: usize = 20_000;
/// How many items one page reads.
const PAGE: i32 = 100;
/// The maximum of findings per user; a longer list helps nobody.
const MAX_FINDINGS: usize = 1_000;
/// How often an account that changes during the audit is audited again.
const LOOKS: usize = 5;

/// The result of the audit of a user's account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserAudit {
    /// The problems found.
    pub findings: Vec<Finding>,
    /// How many entries the ledger has.
    pub entries: u64,
    /// How many past credits there are.
    pub past_credits: u64,
    /// Whether the user has any items.
    pub is_known: bool,
}

impl UserAudit {
    fn find(&mut self, finding: Finding) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        }
    }

    /// Reports the same, item by item.
    pub fn reported(self, report: &(dyn Fn(Audited) + Send + Sync)) {
        report(Audited::Account {
            entries: self.entries,
            past_credits: self.past_credits,
        });
        for finding in self.findings {
            report(Audited::Finding(finding));
        }
    }
}

impl Store {
    /// Compares a user's account, ledger and past credits.
    pub async fn audit_account(&self, user_id: &UserId) -> Result<UserAudit, StoreError> {
        self.audit_account_holding(user_id, ENTRIES_HELD).await
    }

    /// The same, holding at most `most` entries in memory.
    pub async fn audit_account_holding(
        &self,
        user_id: &UserId,
        most: usize,
    ) -> Result<UserAudit, StoreError> {
        let key = keys::account(user_id);
        let mut looks = 1;
        loop {
            let before = self.get(&key, Consistency::Strong).await?;
            let audit = self.look_at_account(user_id, before.clone(), most).await?;
            if audit.findings.is_empty() || looks >= LOOKS {
                return Ok(audit);
            }
            // A commit during the audit may be the only cause.
            let after = self.get(&key, Consistency::Strong).await?;
            if after == before {
                return Ok(audit);
            }
            looks += 1;
        }
    }

    async fn look_at_account(
        &self,
        user_id: &UserId,
        item: Option<Item>,
        most: usize,
    ) -> Result<UserAudit, StoreError> {
        let mut audit = UserAudit::default();
        let account = read_account(user_id, item, &mut audit);
        let version = account.as_ref().map_or(0, |account| account.version);
        let rows = self.look_at_entries(user_id, most, &mut audit).await?;
        let mut walk = LedgerWalk::new(self, user_id, version, rows);
        let mut fold = Fold::of(user_id, MAX_PAST_CREDITS);
        while let Some(row) = walk.next().await? {
            fold.take(&row);
        }
        let findings = std::mem::take(&mut fold.findings);
        findings.into_iter().for_each(|finding| audit.find(finding));
        let key = keys::account(user_id);
        match &account {
            Some(account) => compare_account(&key, &fold, account, &mut audit),
            None if audit.entries > 0 && !audit.is_known => {
                let entries = audit.entries;
                let problem = format!("it is missing, and its ledger has {entries} entries");
                audit.find(Finding::new(&key, problem));
            }
            None => {}
        }
        self.look_at_past(user_id, fold, &mut audit).await?;
        if let Some(account) = &account {
            self.look_at_plans(account, &mut audit).await?;
        }
        audit.is_known |= audit.entries > 0 || audit.past_credits > 0;
        Ok(audit)
    }

    /// Checks each entry by itself. Returns the entries unless there are more than may
    /// be held.
    async fn look_at_entries(
        &self,
        user_id: &UserId,
        most: usize,
        audit: &mut UserAudit,
    ) -> Result<Option<Vec<LedgerRow>>, StoreError> {
        let mut rows = Some(Vec::new());
        let mut start = None;
        loop {
            let pk = keys::account(user_id).pk;
            let entries = part(&pk, ENTRY_PREFIX);
            let page = self.partition_page(&entries, start).await?;
            for item in page.items {
                let row = LedgerRow::of(user_id, item.clone());
                check_entry(&row, &item, audit);
                audit.entries += 1;
                if let Some(held) = &mut rows {
                    held.push(row);
                }
            }
            if rows.as_ref().is_some_and(|held| held.len() > most) {
                rows = None;
            }
            start = page.next;
            if start.is_none() {
                return Ok(rows);
            }
        }
    }

    /// Compares the past credits with the lots that left the account.
    async fn look_at_past(
        &self,
        user_id: &UserId,
        mut fold: Fold,
        audit: &mut UserAudit,
    ) -> Result<(), StoreError> {
        let mut start = None;
        loop {
            let pk = keys::account(user_id).pk;
            let past = part(&pk, PAST_CREDIT_PREFIX);
            let page = self.partition_page(&past, start).await?;
            for item in page.items {
                audit.past_credits += 1;
                check_past(user_id, &item, &mut fold, audit);
            }
            start = page.next;
            if start.is_none() {
                break;
            }
        }
        if fold.is_whole {
            for place in fold.past.keys() {
                let key = keys::in_credits(user_id, place);
                let problem = "it is missing, and its ledger archived it";
                audit.find(Finding::new(&key, problem));
            }
        }
        Ok(())
    }

    /// Each plan of the account must belong to an existing subscription.
    async fn look_at_plans(
        &self,
        account: &CreditAccount,
        audit: &mut UserAudit,
    ) -> Result<(), StoreError> {
        for plan in &account.plans {
            let id = &plan.subscription_id;
            let key = keys::subscription(&account.user_id, Some(id.as_str()));
            let problem = match self.load::<Subscription>(&key).await {
                Ok(None) => "it is missing, and its account has a plan by it".to_string(),
                Ok(Some(record)) => match account_plan(&record) {
                    None => "it has ended, and its account has a plan by it".to_string(),
                    Some(own) if own != *plan => {
                        format!("its plan is {own:?} and that of its account {plan:?}")
                    }
                    Some(_) => continue,
                },
                // Reported where the item itself is checked.
                Err(StoreError::Damaged(_)) => continue,
                Err(error) => return Err(error),
            };
            audit.find(Finding::new(&key, problem));
        }
        Ok(())
    }
}

fn part<'a>(pk: &'a str, prefix: &'a str) -> Partition<'a> {
    Partition {
        table: Table::Credits,
        pk,
        prefix,
        keys_only: false,
        seqs: None,
        limit: PAGE,
    }
}

fn read_account(
    user_id: &UserId,
    item: Option<Item>,
    audit: &mut UserAudit,
) -> Option<CreditAccount> {
    let key = keys::account(user_id);
    let item = item?;
    audit.is_known = true;
    let stale = check_schema(&key, &item);
    let account = match account_from_item(user_id, item.clone()) {
        Ok(account) => account,
        Err(damage) => {
            audit.find(Finding::new(&key, damage.problem()));
            return None;
        }
    };
    check_expiry(&key, &item)
        .into_iter()
        .for_each(|finding| audit.find(finding));
    match (stale, account_to_item(&account)) {
        (Some(finding), _) => audit.find(finding),
        (None, Ok(written)) => {
            let found = check_attributes(&key, &item, &written);
            found.into_iter().for_each(|finding| audit.find(finding));
        }
        (None, Err(damage)) => audit.find(Finding::new(&key, damage.problem())),
    }
    Some(account)
}

fn check_entry(row: &LedgerRow, item: &Item, audit: &mut UserAudit) {
    let entry = match &row.entry {
        Ok(entry) => entry,
        Err(damage) => return audit.find(Finding::new(&row.key, damage.problem())),
    };
    if !entry.is_authentic() {
        let problem = "it was changed after it was written: its hash is not that of its contents";
        return audit.find(Finding::new(&row.key, problem));
    }
    match (check_schema(&row.key, item), entry_to_item(entry)) {
        (Some(finding), _) => audit.find(finding),
        (None, Ok(written)) => {
            let found = check_attributes(&row.key, item, &written);
            found.into_iter().for_each(|finding| audit.find(finding));
        }
        (None, Err(damage)) => audit.find(Finding::new(&row.key, damage.problem())),
    }
}

fn compare_account(key: &Key, fold: &Fold, account: &CreditAccount, audit: &mut UserAudit) {
    let ledger = &fold.account;
    if ledger.version == account.version && !fold.is_whole {
        // The problem of the ledger is already reported.
        return;
    }
    if ledger.version < account.version {
        let (version, entries) = (account.version, ledger.version);
        let problem = format!("its version is {version} and its ledger ends with entry {entries}");
        return audit.find(Finding::new(key, problem));
    }
    if !fold.is_whole {
        return;
    }
    let differences = differences::of_accounts(ledger, fold.last_sk(), account);
    for difference in differences {
        audit.find(Finding::new(key, difference));
    }
}

fn check_past(user_id: &UserId, item: &Item, fold: &mut Fold, audit: &mut UserAudit) {
    let key = key_of(Table::Credits, item);
    let past = match past_credit_from_item(&key, item.clone()) {
        Ok(Some(past)) => past,
        // A mark: if a lot should lie here after all, it is reported as missing.
        Ok(None) => return,
        Err(damage) => {
            fold.past.remove(&key.sk);
            return audit.find(Finding::new(&key, damage.problem()));
        }
    };
    let expected = fold.past.remove(&key.sk);
    match (
        check_schema(&key, item),
        past_credit_to_item(user_id, &past),
    ) {
        (Some(finding), _) => audit.find(finding),
        (None, Ok(written)) => {
            let found = check_attributes(&key, item, &written);
            found.into_iter().for_each(|finding| audit.find(finding));
        }
        (None, Err(damage)) => audit.find(Finding::new(&key, damage.problem())),
    }
    if !fold.is_whole {
        return;
    }
    match expected {
        None if fold.past_is_cut => {}
        None => audit.find(Finding::new(&key, "its ledger archived no such lot")),
        Some(expected) => {
            if let Some(problem) = differences::of_past(&expected, &past) {
                audit.find(Finding::new(&key, problem));
            }
        }
    }
}

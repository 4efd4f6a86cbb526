//! The audit of one user's account: entry by entry, then the account and the past
//! credits against the result of the entries.
//!
//! The account may be written to meanwhile. It is compared with the fold of exactly the
//! entries up to the version that was read, and a lot that later entries moved is left
//! to the next audit.

use super::attributes::{check_attributes, check_expiry, check_schema};
use super::differences;
use super::fold::Fold;
use super::meanwhile::{Meanwhile, Moment};
use super::{Audited, Finding};
use crate::domain::{CreditAccount, LotId, UserId};
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

    fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.find(finding));
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
        let before = self.get(&key, Consistency::Strong).await?;
        let is_absent = before.is_none();
        let audit = self.look_at_account(user_id, before, most).await?;
        if !is_absent || audit.entries == 0 {
            return Ok(audit);
        }
        // It may have been written for the first time during the audit.
        match self.get(&key, Consistency::Strong).await? {
            None => Ok(audit),
            Some(now) => self.look_at_account(user_id, Some(now), most).await,
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
        // An account that cannot be read leaves its ledger to be folded whole.
        let is_damaged = audit.is_known && account.is_none();
        let mut meanwhile = Meanwhile::since((!is_damaged).then_some(version));
        let rows = self
            .look_at_entries(user_id, most, &mut meanwhile, &mut audit)
            .await?;
        let is_held = rows.is_some();
        let mut walk = LedgerWalk::new(self, user_id, version, rows);
        let mut fold = Fold::of(user_id, MAX_PAST_CREDITS);
        while let Some(row) = walk.next().await? {
            match self.moment_of(user_id, &row, &mut meanwhile).await? {
                Moment::Read => fold.take(&row),
                Moment::Later => {}
                // The end of a ledger that grows is not run after.
                Moment::AfterTheWalk if !is_held => {
                    audit.extend(meanwhile.beyond());
                    break;
                }
                Moment::AfterTheWalk => {}
            }
        }
        audit.extend(std::mem::take(&mut fold.findings));
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
        self.look_at_past(user_id, version, fold, &mut audit)
            .await?;
        if let Some(account) = &account {
            audit.extend(self.check_plans_of(account).await?);
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
        meanwhile: &mut Meanwhile,
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
                meanwhile.saw(&row);
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
        version: u64,
        mut fold: Fold,
        audit: &mut UserAudit,
    ) -> Result<(), StoreError> {
        let mut doubts = Vec::new();
        let mut start = None;
        loop {
            let pk = keys::account(user_id).pk;
            let past = part(&pk, PAST_CREDIT_PREFIX);
            let page = self.partition_page(&past, start).await?;
            for item in page.items {
                audit.past_credits += 1;
                doubts.extend(check_past(user_id, &item, &mut fold, audit));
            }
            start = page.next;
            if start.is_none() {
                break;
            }
        }
        if fold.is_whole {
            for (place, past) in &fold.past {
                let key = keys::in_credits(user_id, place);
                let problem = "it is missing, and its ledger archived it".to_string();
                doubts.push((key, past.lot.terms.id.clone(), problem));
            }
        }
        if doubts.is_empty() {
            return Ok(());
        }
        let moved = self.lots_moved_since(user_id, version).await?;
        for (key, lot, problem) in doubts {
            if !moved.contains(&lot) {
                audit.find(Finding::new(&key, problem));
            }
        }
        Ok(())
    }
}

/// A past credit that differs from the ledger, unless its lot has moved since.
type Doubt = (Key, LotId, String);

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
    audit.extend(check_expiry(&key, &item));
    match (stale, account_to_item(&account)) {
        (Some(finding), _) => audit.find(finding),
        (None, Ok(written)) => {
            audit.extend(check_attributes(&key, &item, &written));
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
            audit.extend(check_attributes(&row.key, item, &written));
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

fn check_past(
    user_id: &UserId,
    item: &Item,
    fold: &mut Fold,
    audit: &mut UserAudit,
) -> Option<Doubt> {
    let key = key_of(Table::Credits, item);
    let past = match past_credit_from_item(&key, item.clone()) {
        Ok(Some(past)) => past,
        // A mark: if a lot should lie here after all, it is reported as missing.
        Ok(None) => return None,
        Err(damage) => {
            fold.past.remove(&key.sk);
            audit.find(Finding::new(&key, damage.problem()));
            return None;
        }
    };
    let expected = fold.past.remove(&key.sk);
    match (
        check_schema(&key, item),
        past_credit_to_item(user_id, &past),
    ) {
        (Some(finding), _) => audit.find(finding),
        (None, Ok(written)) => {
            audit.extend(check_attributes(&key, item, &written));
        }
        (None, Err(damage)) => audit.find(Finding::new(&key, damage.problem())),
    }
    if !fold.is_whole {
        return None;
    }
    let problem = match expected {
        None if fold.past_is_cut => return None,
        None => "its ledger archived no such lot".to_string(),
        Some(expected) => differences::of_past(&expected, &past)?,
    };
    Some((key, past.lot.terms.id, problem))
}

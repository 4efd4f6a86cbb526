//! Walking a whole table, segment by segment, and checking its items. Nothing is
//! written.

use std::sync::Arc;

use super::Finding;
use super::notices::audit_notices_item;
use crate::domain::{Timestamp, UserId};
use crate::store::client::pages::{Partition, Segment, Wanted};
use crate::store::schema::item::{Item, key_attributes, key_of};
use crate::store::schema::keys::{self, Key, Table};
use crate::store::{Store, StoreError};

/// A result met on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audited {
    /// A problem.
    Finding(Finding),
    /// An account was audited.
    Account {
        /// The number of its entries.
        entries: u64,
        /// The number of its past credits.
        past_credits: u64,
    },
    /// This many items of the users or the billing table were checked.
    Items(u64),
}

/// Receives the results of an audit.
pub type AuditSink = Arc<dyn Fn(Audited) + Send + Sync>;

/// How many items one page reads.
const PAGE: i32 = 100;
/// Keys are small.
const PAGE_OF_KEYS: i32 = 500;

impl Store {
    /// A page of users whose accounts were written at `since` or later, and the key
    /// (pk, sk) after which the next page begins. No index has them: one that had would
    /// be hot, as every charge would write it.
    pub async fn written_since(
        &self,
        segment: Segment,
        since: Timestamp,
        after: Option<(String, String)>,
    ) -> Result<(Vec<UserId>, Option<(String, String)>), StoreError> {
        let wanted = Wanted::AccountsSince(since);
        let (items, next) = self.page_of_accounts(segment, wanted, after).await?;
        let keys = items.iter().map(|item| key_of(Table::Credits, item));
        // A partition that is no user's is reported by the audit of everything.
        let users = keys.filter_map(|key| key.user()?.ok());
        Ok((users.collect(), next))
    }

    /// A page of all accounts in the order of the table: whose they are and when they were
    /// last written; and the place after which the next page begins.
    pub async fn accounts_after(
        &self,
        after: Option<(String, String)>,
    ) -> Result<(Vec<(UserId, Timestamp)>, Option<(String, String)>), StoreError> {
        let whole = Segment { number: 0, of: 1 };
        let wanted = Wanted::AccountsSince(Timestamp::MIN);
        let (items, next) = self.page_of_accounts(whole, wanted, after).await?;
        let accounts = items.iter().filter_map(|item| {
            let user_id = key_of(Table::Credits, item).user()?.ok()?;
            let written = item.get("as_of")?.as_s().ok()?.parse().ok()?;
            Some((user_id, written))
        });
        Ok((accounts.collect(), next))
    }

    async fn page_of_accounts(
        &self,
        segment: Segment,
        wanted: Wanted,
        after: Option<(String, String)>,
    ) -> Result<(Vec<Item>, Option<(String, String)>), StoreError> {
        let start = after.map(|(pk, sk)| {
            let table = Table::Credits;
            key_attributes(&Key { table, pk, sk })
        });
        let page = self
            .scan_page(Table::Credits, segment, wanted, PAGE_OF_KEYS, start)
            .await?;
        let next = page.next.map(|item| {
            let Key { pk, sk, .. } = key_of(Table::Credits, &item);
            (pk, sk)
        });
        Ok((page.items, next))
    }

    /// Audits a segment of a table, as of `now`.
    pub async fn audit_segment(
        &self,
        table: Table,
        segment: Segment,
        now: Timestamp,
        report: &AuditSink,
    ) -> Result<(), StoreError> {
        match table {
            Table::Credits => self.audit_accounts(segment, report).await,
            Table::Users | Table::Billing | Table::Notices => {
                self.audit_items(table, segment, now, report).await
            }
        }
    }

    /// Audits everything known of one user, as of `now`.
    pub async fn audit_user(
        &self,
        user_id: &UserId,
        now: Timestamp,
        report: &AuditSink,
    ) -> Result<bool, StoreError> {
        let audit = self.audit_account(user_id).await?;
        let mut is_known = audit.is_known;
        audit.reported(report.as_ref());
        is_known |= self.audit_partition(user_id, report).await?;
        let mut start = None;
        loop {
            let page = self.billing_page(user_id, PAGE, start).await?;
            is_known |= !page.items.is_empty();
            for item in page.items {
                // The index is eventually consistent; the table is not.
                let key = key_of(Table::Billing, &item);
                let strong = crate::store::Consistency::Strong;
                if let Some(item) = self.get(&key, strong).await? {
                    let found = self.audit_billing_item(item, now).await?;
                    found
                        .into_iter()
                        .for_each(|it| report(Audited::Finding(it)));
                    report(Audited::Items(1));
                }
            }
            start = page.next;
            if start.is_none() {
                return Ok(is_known);
            }
        }
    }

    async fn audit_partition(
        &self,
        user_id: &UserId,
        report: &AuditSink,
    ) -> Result<bool, StoreError> {
        let mut is_known = false;
        let mut start = None;
        for (table, pk) in [
            (Table::Users, keys::profile(user_id).pk),
            (Table::Credits, keys::account(user_id).pk),
        ] {
            loop {
                let all = Partition {
                    table,
                    pk: &pk,
                    prefix: "",
                    keys_only: table == Table::Credits,
                    seqs: None,
                    limit: PAGE,
                };
                let page = self.partition_page(&all, start).await?;
                is_known |= !page.items.is_empty();
                for item in page.items {
                    let found = match table {
                        Table::Users => {
                            report(Audited::Items(1));
                            self.audit_users_item(item).await?
                        }
                        _ => stranger(&key_of(table, &item)).into_iter().collect(),
                    };
                    found
                        .into_iter()
                        .for_each(|it| report(Audited::Finding(it)));
                }
                start = page.next;
                if start.is_none() {
                    break;
                }
            }
        }
        Ok(is_known)
    }

    async fn audit_items(
        &self,
        table: Table,
        segment: Segment,
        now: Timestamp,
        report: &AuditSink,
    ) -> Result<(), StoreError> {
        let mut start = None;
        loop {
            let page = self
                .scan_page(table, segment, Wanted::Items, PAGE, start)
                .await?;
            let items = page.items.len() as u64;
            for item in page.items {
                let found = match table {
                    Table::Billing => self.audit_billing_item(item, now).await?,
                    Table::Notices => audit_notices_item(item),
                    Table::Users | Table::Credits => self.audit_users_item(item).await?,
                };
                found
                    .into_iter()
                    .for_each(|it| report(Audited::Finding(it)));
            }
            report(Audited::Items(items));
            start = page.next;
            if start.is_none() {
                return Ok(());
            }
        }
    }

    /// A scan returns the items of one partition in a row, so remembering the last user
    /// is enough to audit each user once.
    async fn audit_accounts(&self, segment: Segment, report: &AuditSink) -> Result<(), StoreError> {
        let mut last = String::new();
        let mut start = None;
        loop {
            let page = self
                .scan_page(Table::Credits, segment, Wanted::Keys, PAGE_OF_KEYS, start)
                .await?;
            for item in page.items {
                let key = key_of(Table::Credits, &item);
                if let Some(finding) = stranger(&key) {
                    report(Audited::Finding(finding));
                    continue;
                }
                let user_id = key.user();
                if let Some(Ok(user_id)) = user_id
                    && key.pk != last
                {
                    self.audit_account(&user_id)
                        .await?
                        .reported(report.as_ref());
                    last = key.pk;
                }
            }
            start = page.next;
            if start.is_none() {
                return Ok(());
            }
        }
    }
}

/// An item of the credits table under a key that no code makes.
fn stranger(key: &keys::Key) -> Option<Finding> {
    let is_named = key.user().is_none_or(|user| user.is_ok());
    let is_ours = key.kind().is_some() && is_named;
    (!is_ours).then(|| Finding::new(key, "nothing writes an item of such a key"))
}

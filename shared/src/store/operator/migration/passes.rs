//! Migrating items up and down: many in one transaction, each on the condition that
//! what it changes is as it was read.
//!
//! An item that another writer changed meanwhile is left to the next pass; the rest of
//! its transaction is sent again without it. So a migration may be killed at any
//! moment, and may run beside live traffic.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, Delete, Put, TransactWriteItem};

use super::difference::Difference;
use crate::domain::UserId;
use crate::host::clock::Deadline;
use crate::store::client::transaction::{Transacted, put};
use crate::store::operator::audit::Finding;
use crate::store::schema::item::key_of;
use crate::store::schema::items::{Item, key_attributes, read, stamp};
use crate::store::schema::keys::{Key, Table};
use crate::store::schema::records::{CLAIM, Claim};
use crate::store::schema::versions::{Migration, Unfit};
use crate::store::{Store, StoreError};

/// DynamoDB accepts 100 items in one transaction. Fewer conflict less often with live
/// traffic.
const MAX_IN_TRANSACTION: usize = 50;

/// The result of migrating some items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// The number of items changed.
    pub changed: u64,
    /// The number of items that another writer changed meanwhile, to be read again.
    pub moved: u64,
    /// Problems for an operator.
    pub findings: Vec<Finding>,
}

impl Passed {
    /// Adds another result.
    pub fn add(&mut self, other: Passed) {
        self.changed += other.changed;
        self.moved += other.moved;
        self.findings.extend(other.findings);
    }
}

impl Store {
    /// Whether an item needs claims once it is migrated up.
    pub fn needs_claims(&self, migration: &Migration, table: Table, item: &Item) -> bool {
        let key = key_of(table, item);
        !migration.claims(&key, item).is_empty()
    }

    /// Migrates up items that need no claims.
    pub async fn take_up(
        &self,
        migration: &Migration,
        table: Table,
        items: Vec<Item>,
        deadline: Deadline,
    ) -> Result<Passed, StoreError> {
        let up = |key: &Key, item: &Item| match migration.up(key, item) {
            Ok(after) => self.change(migration, key, (item, &after)).map(Ok),
            Err(unfit) => Ok(Err(unfit)),
        };
        self.change_each(table, items, up, deadline).await
    }

    /// Migrates up items that need claims. Call it in one fixed order and never in
    /// parallel: of two items that need the same claim the first gets it, and the
    /// second is reported and left unchanged.
    pub async fn take_up_claiming(
        &self,
        migration: &Migration,
        table: Table,
        items: Vec<Item>,
        deadline: Deadline,
    ) -> Result<Passed, StoreError> {
        let mut passed = Passed::default();
        // A transaction has room for each item and two claims of it.
        for some in items.chunks(MAX_IN_TRANSACTION / 2) {
            let together = self.claim_for(migration, table, some, deadline).await?;
            if together.moved == 0 {
                passed.add(together);
                continue;
            }
            // Another writer changed one of them; retried one by one, the others stay
            // in order.
            for item in some {
                let item = std::slice::from_ref(item);
                passed.add(self.claim_for(migration, table, item, deadline).await?);
            }
        }
        Ok(passed)
    }

    /// Migrates some of them in one transaction, or none if anything has changed.
    async fn claim_for(
        &self,
        migration: &Migration,
        table: Table,
        items: &[Item],
        deadline: Deadline,
    ) -> Result<Passed, StoreError> {
        let mut passed = Passed::default();
        let mut owners = self.owners(migration, table, items, deadline).await?;
        let mut parts = Vec::new();
        for item in items {
            let key = key_of(table, item);
            let after = match migration.up(&key, item) {
                Ok(after) => after,
                Err(unfit) => {
                    passed.findings.push(finding_of(&key, unfit));
                    continue;
                }
            };
            let owner = key.user();
            let Some(Ok(owner)) = owner else {
                passed
                    .findings
                    .push(Finding::new(&key, "its key names no user"));
                continue;
            };
            let claims = migration.claims(&key, item);
            if let Some(finding) = already_taken(&key, &owner, &claims, &owners) {
                passed.findings.push(finding);
                continue;
            }
            for claim in claims {
                if let Entry::Vacant(free) = owners.entry(claim) {
                    parts.push(self.make_claim(migration, free.key(), &owner)?);
                    free.insert(owner.clone());
                }
            }
            parts.push(self.change(migration, &key, (item, &after))?);
            passed.changed += 1;
        }
        if parts.is_empty() {
            return Ok(passed);
        }
        match self.transact(&parts, None, deadline).await? {
            Transacted::Committed => Ok(passed),
            Transacted::Refused(_) => Ok(Passed {
                moved: passed.changed,
                changed: 0,
                ..passed
            }),
        }
    }

    /// The owners of the claims that items need, as far as the claims exist.
    pub(super) async fn owners(
        &self,
        migration: &Migration,
        table: Table,
        items: &[Item],
        deadline: Deadline,
    ) -> Result<HashMap<Key, UserId>, StoreError> {
        let claims = items
            .iter()
            .flat_map(|item| migration.claims(&key_of(table, item), item));
        let claims: Vec<Key> = claims.collect();
        let mut found = self.get_many(&claims, deadline).await?;
        let mut owners = HashMap::new();
        for claim in claims {
            if let Some(item) = found.take(&claim) {
                let owner = read::<Claim>(&claim, CLAIM, item)?.user_id;
                owners.insert(claim, owner);
            }
        }
        Ok(owners)
    }

    /// A claim with the migration's mark, so that undoing the migration removes it.
    fn make_claim(
        &self,
        migration: &Migration,
        claim: &Key,
        owner: &UserId,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut item = stamp(claim, CLAIM, Claim::of(owner.clone()))?;
        item.insert(migration.mark.into(), AttributeValue::Bool(true));
        self.put_new(claim, item)
    }

    /// Migrates down items that have the migration's mark.
    pub async fn take_down(
        &self,
        migration: &Migration,
        table: Table,
        items: Vec<Item>,
        deadline: Deadline,
    ) -> Result<Passed, StoreError> {
        let down = |key: &Key, item: &Item| {
            if migration.has_made(item) {
                return self.unmake(migration, key).map(Ok);
            }
            match migration.down(item) {
                Ok(before) => self.change(migration, key, (item, &before)).map(Ok),
                Err(unfit) => Ok(Err(unfit)),
            }
        };
        self.change_each(table, items, down, deadline).await
    }

    /// Builds the change of each item, reports items that cannot be changed, and
    /// commits the others.
    async fn change_each(
        &self,
        table: Table,
        items: Vec<Item>,
        make: impl Fn(&Key, &Item) -> Result<Result<TransactWriteItem, Unfit>, StoreError>,
        deadline: Deadline,
    ) -> Result<Passed, StoreError> {
        let mut passed = Passed::default();
        let mut changes = Vec::new();
        for item in items {
            let key = key_of(table, &item);
            match make(&key, &item)? {
                Ok(change) => changes.push(change),
                Err(unfit) => passed.findings.push(finding_of(&key, unfit)),
            }
        }
        passed.add(self.commit_changes(changes, deadline).await?);
        Ok(passed)
    }

    /// Sends changes in few transactions; items that another writer changed first are
    /// left out.
    async fn commit_changes(
        &self,
        mut changes: Vec<TransactWriteItem>,
        deadline: Deadline,
    ) -> Result<Passed, StoreError> {
        let mut passed = Passed::default();
        while !changes.is_empty() {
            let rest = changes.split_off(changes.len().min(MAX_IN_TRANSACTION));
            let together = std::mem::replace(&mut changes, rest);
            match self.transact(&together, None, deadline).await? {
                Transacted::Committed => {
                    passed.changed += u64::try_from(together.len()).unwrap_or(u64::MAX);
                }
                Transacted::Refused(reasons) => {
                    let has_moved = |reason: &CancellationReason| {
                        reason.code() == Some("ConditionalCheckFailed")
                    };
                    for (change, reason) in together.into_iter().zip(&reasons) {
                        if has_moved(reason) {
                            passed.moved += 1;
                        } else {
                            changes.push(change);
                        }
                    }
                }
            }
        }
        Ok(passed)
    }

    /// The change of one item into another under the same key.
    fn change(
        &self,
        migration: &Migration,
        key: &Key,
        (from, to): (&Item, &Item),
    ) -> Result<TransactWriteItem, StoreError> {
        // The next pass reads the existing item, so it need not be returned.
        let update = Difference::between(from, to, migration.derived_from())
            .update()
            .table_name(self.tables.name(key.table))
            .set_key(Some(key_attributes(key)))
            .build()
            .map_err(|error| StoreError::Rejected(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    fn unmake(&self, migration: &Migration, key: &Key) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(self.tables.name(key.table))
            .set_key(Some(key_attributes(key)))
            .condition_expression("#mark = :made AND attribute_not_exists(deleted_at)")
            .expression_attribute_names("#mark", migration.mark)
            .expression_attribute_values(":made", AttributeValue::Bool(true))
            .build()
            .map_err(|error| StoreError::Rejected(error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Puts an item as it is, if the key is unused; for a benchmark or a rehearsal that
    /// starts from an older schema.
    pub async fn put_raw(
        &self,
        table: Table,
        items: Vec<Item>,
        deadline: Deadline,
    ) -> Result<(), StoreError> {
        for some in items.chunks(MAX_IN_TRANSACTION * 2) {
            let parts: Result<Vec<_>, StoreError> = some
                .iter()
                .map(|item| put(self.tables.name(table), Put::builder(), item.clone()))
                .collect();
            if let Transacted::Refused(_) = self.transact(&parts?, None, deadline).await? {
                let problem = "puts without a condition were refused";
                return Err(StoreError::Rejected(problem.into()));
            }
        }
        Ok(())
    }
}

/// The finding that another owner has one of the claims.
pub(super) fn already_taken(
    key: &Key,
    owner: &UserId,
    claims: &[Key],
    owners: &HashMap<Key, UserId>,
) -> Option<Finding> {
    let taken = claims
        .iter()
        .find_map(|claim| Some((claim, owners.get(claim).filter(|other| *other != owner)?)));
    taken.map(|(claim, other)| {
        let problem = format!(
            "{owner} needs {claim}, which belongs to {other}; the item stays at version 0: end or correct one of the two, then run up again"
        );
        Finding::new(key, problem)
    })
}

pub(super) fn finding_of(key: &Key, unfit: Unfit) -> Finding {
    let problem = match unfit {
        Unfit::OtherSchema => {
            "it is not of the schema version that this migration starts from".to_string()
        }
        Unfit::ChangedSince(path) => {
            format!("its {path} was set since, so it stays at version 1")
        }
        Unfit::NothingFollows(source) => format!("nothing follows from its {source}"),
        Unfit::Mark => "its mark is not one that this migration writes".to_string(),
    };
    Finding::new(key, problem)
}

//! Claims that cannot be read, and their release.
//!
//! Who released such a claim, and why, stands in the ledger of the user whom its item
//! still names. If it names nobody, a record of its own has it: of an address without the
//! address, as nobody could find it for an erasure.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::billing::OperatorNote;
use crate::domain::{Command, Timestamp, UserId};
use crate::host::clock::Deadline;
use crate::store::client::transaction::{AsRead, Transacted};
use crate::store::operator::claims::{ClaimName, Releasing};
use crate::store::operator::export::json_of_item;
use crate::store::schema::item::key_of;
use crate::store::schema::items::{Item, ItemError, key_attributes, read, stamp};
use crate::store::schema::keys::{self, Key};
use crate::store::schema::records::{CLAIM, Claim};
use crate::store::{CommitError, Consistency, Store, StoreError};

/// The entity of a record of a release.
pub(super) const RELEASE: &str = "ReleasedClaim";

/// A claim whose item cannot be read.
#[derive(Clone, Debug)]
pub struct DamagedClaim {
    /// What is wrong with it.
    pub damage: ItemError,
    item: Item,
}

/// Where it is kept who released a claim, and why.
#[derive(Clone, Copy, Debug)]
pub enum ReleaseNote<'a> {
    /// In the ledger of the user whom the item names.
    InLedger(&'a UserId, &'a Command, Timestamp),
    /// In a record of its own.
    Apart(&'a OperatorNote),
}

/// The record of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReleasedClaim {
    operator: OperatorNote,
}

impl DamagedClaim {
    /// The item as it is.
    pub fn item(&self) -> Value {
        json_of_item(self.item.clone())
    }

    /// The user whom the item names, as far as that can be read.
    pub fn owner(&self) -> Option<UserId> {
        let owner = self.item.get("user_id")?.as_s().ok()?;
        owner.parse().ok()
    }
}

impl ClaimName {
    /// What names its releases.
    fn released_as(&self) -> String {
        match self {
            ClaimName::Email(_) => "email".to_string(),
            ClaimName::Customer(id) => format!("customer#{id}"),
            ClaimName::Subscription(id) => format!("subscription#{id}"),
        }
    }
}

impl Store {
    /// A claim that cannot be read; none if it is whole or absent.
    pub async fn find_damaged_claim(
        &self,
        name: &ClaimName,
    ) -> Result<Option<DamagedClaim>, StoreError> {
        let key = name.key();
        let Some(item) = self.get(&key, Consistency::Strong).await? else {
            return Ok(None);
        };
        let read = read::<Claim>(&key, CLAIM, item.clone());
        Ok(read.err().map(|damage| DamagedClaim { damage, item }))
    }

    /// Deletes a claim that cannot be read, and keeps in the same transaction who did it
    /// and why. False if it is no longer as it was read.
    pub async fn release_damaged_claim(
        &self,
        name: &ClaimName,
        found: &DamagedClaim,
        note: ReleaseNote<'_>,
        deadline: Deadline,
    ) -> Result<bool, CommitError> {
        let key = name.key();
        let delete = self.delete_as_read(&key, &found.item)?;
        match note {
            ReleaseNote::InLedger(owner, command, now) => {
                let releasing = Releasing {
                    delete,
                    owner,
                    note: Some((command, now)),
                };
                let still = |item| Ok(item == found.item);
                self.release(&key, &releasing, still, deadline).await
            }
            ReleaseNote::Apart(note) => {
                Ok(self.release_apart(name, delete, note, deadline).await?)
            }
        }
    }

    async fn release_apart(
        &self,
        name: &ClaimName,
        delete: TransactWriteItem,
        note: &OperatorNote,
        deadline: Deadline,
    ) -> Result<bool, StoreError> {
        let key = keys::release(&name.released_as(), Some(note.at));
        let record = ReleasedClaim {
            operator: note.clone(),
        };
        let item = stamp(&key, RELEASE, record)?;
        let parts = [delete, self.put_new(&key, item.clone())?];
        match self.transact(&parts, None, deadline).await? {
            Transacted::Committed => Ok(true),
            // If the record stands, only the reply was lost.
            Transacted::Refused(_) => {
                let stands = self.get(&key, Consistency::Strong).await?;
                let is_gone = self.get(&name.key(), Consistency::Strong).await?.is_none();
                Ok(is_gone && stands == Some(item))
            }
        }
    }

    /// Who released a customer or subscription that named nobody, and why; the earliest
    /// first. None of an address: these records do not say which it was.
    pub async fn releases_of(&self, name: &ClaimName) -> Result<Vec<OperatorNote>, StoreError> {
        if matches!(name, ClaimName::Email(_)) {
            return Ok(Vec::new());
        }
        let Key { table, pk, sk } = keys::release(&name.released_as(), None);
        let items = self.query_partition(table, &pk, &sk).await?;
        let notes = items.into_iter().map(|item| {
            let key = key_of(table, &item);
            Ok(read::<ReleasedClaim>(&key, RELEASE, item)?.operator)
        });
        notes.collect()
    }

    /// The delete of an item, if it is as it was read.
    fn delete_as_read(&self, key: &Key, item: &Item) -> Result<TransactWriteItem, StoreError> {
        let AsRead {
            condition,
            names,
            values,
        } = AsRead::of(item);
        let delete = Delete::builder()
            .table_name(self.tables.name(key.table))
            .set_key(Some(key_attributes(key)))
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .build()
            .map_err(|error| StoreError::Rejected(error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

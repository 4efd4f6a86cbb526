//! Migrations: from one schema of items to the next, and back.
//!
//! This file holds the markers in the users table: which migrations were begun and
//! which are done. `rules` defines the change of one item, `passes` applies it to many.

mod difference;
mod passes;
mod plans;

use aws_sdk_dynamodb::types::{AttributeValue, Put};
use serde::{Deserialize, Serialize};

pub use passes::Passed;
pub use plans::PlannedClaims;

use crate::domain::Timestamp;
use crate::host::clock::Deadline;
use crate::store::Consistency;
use crate::store::client::attempts::Attempts;
use crate::store::client::transaction::{Transacted, put};
use crate::store::client::work::WITH_CAPACITY;
use crate::store::schema::items::{key_attributes, read, stamp};
use crate::store::schema::keys;
use crate::store::{Store, StoreError};

/// The entity of a marker.
pub(crate) const MIGRATION: &str = "Migration";

/// The progress of a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MigrationState {
    /// Begun; the same command continues it.
    GoingUp,
    /// Done.
    Up,
    /// Being undone; the same command continues that.
    GoingDown,
}

/// The marker of one migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigrationRecord {
    /// The migration's id.
    pub id: String,
    /// Its progress.
    pub state: MigrationState,
    /// When it, or its undoing, was begun.
    pub started_at: Timestamp,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

impl Store {
    /// The marker of a migration; none if it was never begun, or was undone.
    pub async fn load_migration(&self, id: &str) -> Result<Option<MigrationRecord>, StoreError> {
        let key = keys::migration(id);
        match self.get(&key, Consistency::Strong).await? {
            Some(item) => Ok(Some(read(&key, MIGRATION, item)?)),
            None => Ok(None),
        }
    }

    /// Sets a marker, whatever it was before.
    pub async fn set_migration(
        &self,
        record: &MigrationRecord,
        deadline: Deadline,
    ) -> Result<(), StoreError> {
        let key = keys::migration(&record.id);
        let item = stamp(&key, MIGRATION, record)?;
        let part = put(self.tables.name(key.table), Put::builder(), item)?;
        match self.transact(&[part], None, deadline).await? {
            Transacted::Committed => Ok(()),
            Transacted::Refused(_) => Err(StoreError::Rejected(
                "a put without a condition was refused".into(),
            )),
        }
    }

    /// Removes a marker once its migration is undone.
    pub async fn remove_migration(&self, id: &str, deadline: Deadline) -> Result<(), StoreError> {
        let key = keys::migration(id);
        let request = self
            .client
            .delete_item()
            .table_name(self.tables.name(key.table))
            .set_key(Some(key_attributes(&key)))
            .condition_expression("attribute_not_exists(pk) OR entity = :entity")
            .expression_attribute_values(":entity", AttributeValue::S(MIGRATION.into()))
            .return_consumed_capacity(WITH_CAPACITY);
        Attempts::until(deadline)
            .until_answered(self, || request.clone().send())
            .await?;
        Ok(())
    }
}

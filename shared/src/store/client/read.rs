//! Reading one item, with the consistency that the caller chooses, and the read that
//! warms up a connection.

use std::time::Duration;

use super::attempts::Attempts;
use super::failure::StoreError;
use super::store::Store;
use super::work::{Kind, WITH_CAPACITY};
use crate::host::clock::Deadline;
use crate::store::schema::item::{Item, key_attributes};
use crate::store::schema::keys::{self, Key, Table};

/// How fresh a read must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// May miss writes of the last second; half the price.
    Eventual,
    /// Sees everything that was committed before the read.
    Strong,
}

/// Longer than any read is worth waiting for, shorter than a function may run.
pub(crate) const READ_DEADLINE: Duration = Duration::from_secs(4);

impl Store {
    /// One cheap read of the first of a function's tables; its answer does not matter.
    /// It opens the connection while the sandbox starts, when the CPU is not yet
    /// throttled.
    pub async fn warm_up(&self, tables: &[Table]) {
        let Some(first) = tables.first() else {
            return;
        };
        let key = keys::warm_up(*first);
        if let Err(failure) = self.get(&key, Consistency::Eventual).await {
            tracing::warn!(%failure, "the connection could not be opened ahead of time");
        }
    }

    pub(crate) async fn get(
        &self,
        key: &Key,
        consistency: Consistency,
    ) -> Result<Option<Item>, StoreError> {
        let deadline = Deadline::after(READ_DEADLINE);
        self.get_until(key, consistency, deadline).await
    }

    pub(in crate::store) async fn get_until(
        &self,
        key: &Key,
        consistency: Consistency,
        deadline: Deadline,
    ) -> Result<Option<Item>, StoreError> {
        let send = || {
            self.client
                .get_item()
                .table_name(self.tables.name(key.table))
                .set_key(Some(key_attributes(key)))
                .consistent_read(consistency == Consistency::Strong)
                .return_consumed_capacity(WITH_CAPACITY)
                .send()
        };
        let output = Attempts::until(deadline).until_answered(self, send).await?;
        self.work.consumed(Kind::Read, output.consumed_capacity());
        Ok(output.item)
    }
}

//! Reading several items in one request.
//!
//! A batch is cheap, but each item is read at its own moment. A write that builds on it
//! must be conditional on what was read. A snapshot costs twice the units and shows one
//! moment.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{Get, KeysAndAttributes, TransactGetItem};

use crate::host::clock::Deadline;
use crate::store::client::attempts::Attempts;
use crate::store::client::failure::{classify, classify_snapshot};
use crate::store::client::work::{Kind, WITH_CAPACITY};
use crate::store::schema::item::key_of;
use crate::store::schema::items::{Item, key_attributes};
use crate::store::schema::keys::{Key, Table};
use crate::store::{Store, StoreError};

/// The DynamoDB limit for keys in one batch.
const MAX_IN_BATCH: usize = 100;

/// Items by key; missing items are absent.
#[derive(Debug, Default)]
pub(crate) struct Found(HashMap<Key, Item>);

impl Found {
    /// Removes and returns an item, if present.
    pub(crate) fn take(&mut self, key: &Key) -> Option<Item> {
        self.0.remove(key)
    }
}

impl Store {
    /// Reads up to 100 items of any tables in one strongly consistent request.
    pub(crate) async fn get_many(
        &self,
        keys: &[Key],
        deadline: Deadline,
    ) -> Result<Found, StoreError> {
        let mut wanted: HashMap<String, Vec<Item>> = HashMap::new();
        for (at, key) in keys.iter().enumerate() {
            if keys.iter().take(at).all(|before| before != key) {
                let table = self.tables.name(key.table).to_string();
                wanted.entry(table).or_default().push(key_attributes(key));
            }
        }
        let mut found = Found::default();
        let mut attempts = Attempts::until(deadline);
        while !wanted.is_empty() {
            let mut request = self
                .client
                .batch_get_item()
                .return_consumed_capacity(WITH_CAPACITY);
            for (table, keys) in &wanted {
                let keys = KeysAndAttributes::builder()
                    .set_keys(Some(keys.clone()))
                    .consistent_read(true)
                    .build()
                    .map_err(|error| StoreError::Rejected(error.to_string()))?;
                request = request.request_items(table, keys);
            }
            self.work.asked();
            match request.send().await {
                Ok(output) => {
                    self.work.consumed(Kind::Read, output.consumed_capacity());
                    for (name, items) in output.responses.unwrap_or_default() {
                        self.collect(&mut found, &name, items);
                    }
                    let rest = output.unprocessed_keys.unwrap_or_default().into_iter();
                    wanted = rest.map(|(table, rest)| (table, rest.keys)).collect();
                    if !wanted.is_empty() {
                        let busy = StoreError::Unavailable("not all keys were read".into());
                        attempts.pause(self, busy).await?;
                    }
                }
                Err(error) => attempts.pause(self, classify(&self.work, &error)).await?,
            }
        }
        Ok(found)
    }

    /// Reads any number of items, the first before all others. If the others change
    /// only together with the first, a write conditional on the version of the first
    /// fails when any of them has changed since.
    pub(crate) async fn get_in_turn(
        &self,
        keys: &[Key],
        deadline: Deadline,
    ) -> Result<Found, StoreError> {
        let (first, others) = keys.split_at(keys.len().min(1));
        let mut found = self.get_many(first, deadline).await?;
        for some in others.chunks(MAX_IN_BATCH) {
            found.0.extend(self.get_many(some, deadline).await?.0);
        }
        Ok(found)
    }

    /// Reads up to 100 distinct items as of one moment.
    pub(crate) async fn get_snapshot(
        &self,
        keys: &[Key],
        deadline: Deadline,
    ) -> Result<Found, StoreError> {
        let mut gets = Vec::new();
        for key in keys {
            let get = Get::builder()
                .table_name(self.tables.name(key.table))
                .set_key(Some(key_attributes(key)))
                .build()
                .map_err(|error| StoreError::Rejected(error.to_string()))?;
            gets.push(TransactGetItem::builder().get(get).build());
        }
        let mut attempts = Attempts::until(deadline);
        loop {
            let request = self.client.transact_get_items();
            let request = request
                .set_transact_items(Some(gets.clone()))
                .return_consumed_capacity(WITH_CAPACITY);
            self.work.asked();
            match request.send().await {
                Ok(output) => {
                    self.work.consumed(Kind::Read, output.consumed_capacity());
                    let answers = output.responses.unwrap_or_default();
                    let items = keys.iter().cloned().zip(answers);
                    return Ok(Found(
                        items
                            .filter_map(|(key, answer)| Some((key, answer.item?)))
                            .collect(),
                    ));
                }
                Err(error) => {
                    attempts
                        .pause(self, classify_snapshot(&self.work, error))
                        .await?
                }
            }
        }
    }

    fn collect(&self, found: &mut Found, table_name: &str, items: Vec<Item>) {
        let table = Table::ALL
            .into_iter()
            .find(|table| self.tables.name(*table) == table_name);
        for item in items {
            if let Some(table) = table {
                found.0.insert(key_of(table, &item), item);
            }
        }
    }
}

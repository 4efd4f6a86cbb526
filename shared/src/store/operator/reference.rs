//! Reference data that an operator changes: a record is replaced only as it was read.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::rating::RateCard;
use crate::host::clock::Deadline;
use crate::store::client::transaction::{Transacted, put};
use crate::store::operator::cards::CardRevision;
use crate::store::schema::item::key_of;
use crate::store::schema::items::{Item, ItemError, is_of_newer_schema, read, stamp};
use crate::store::schema::keys::{self, Key};
use crate::store::schema::records::Record;
use crate::store::{Consistency, Store, StoreError};

/// The deadline of one record.
const PATIENCE: Duration = Duration::from_secs(20);

/// A record as found under its key.
#[derive(Clone, Debug)]
pub struct Stored<T> {
    /// The record, or why it cannot be read.
    pub record: Result<T, ItemError>,
    item: Item,
}

/// A rate card of the tables: its id, and the card or why it cannot be read.
pub type StoredCard = (String, Result<RateCard, ItemError>);

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// It is done.
    Written,
    /// The record itself has changed since it was read; nothing is written.
    Changed,
    /// Another card of the same model was written since; nothing is written.
    Overtaken,
}

/// A field that differs between two records of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// Its name as stored.
    pub field: String,
    /// The value before; none if there was none.
    pub from: Option<Value>,
    /// The value after; none if there is none.
    pub to: Option<Value>,
}

impl FieldChange {
    /// The fields that differ between two records, by name.
    pub fn between<T: Record>(before: &T, after: &T) -> Vec<FieldChange> {
        let (before, after) = (fields(before), fields(after));
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let changed = names
            .into_iter()
            .filter(|name| before.get(*name) != after.get(*name));
        changed
            .map(|name| FieldChange {
                field: name.clone(),
                from: before.get(name).cloned(),
                to: after.get(name).cloned(),
            })
            .collect()
    }
}

fn fields<T: Record>(record: &T) -> Map<String, Value> {
    match serde_json::to_value(record) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => Map::new(),
    }
}

impl Store {
    /// Loads a record strongly, also if it cannot be read.
    pub async fn load_stored<T: Record>(&self, key: &Key) -> Result<Option<Stored<T>>, StoreError> {
        let found = self.get(key, Consistency::Strong).await?;
        Ok(found.map(|item| Stored {
            record: read(key, T::ENTITY, item.clone()),
            item,
        }))
    }

    /// The ids of all prices in the tables, also of those that cannot be read.
    pub async fn load_price_ids(&self) -> Result<Vec<String>, StoreError> {
        self.ids_under(&keys::price("")).await
    }

    /// The ids of all models in the tables, also of those that cannot be read.
    pub async fn load_model_ids(&self) -> Result<Vec<String>, StoreError> {
        self.ids_under(&keys::model("")).await
    }

    /// All rate cards in the tables, read strongly, also those that cannot be read.
    pub async fn load_rate_cards(&self) -> Result<Vec<StoredCard>, StoreError> {
        let prefix = keys::rate_card("");
        let items = self
            .query_partition(prefix.table, &prefix.pk, &prefix.sk)
            .await?;
        let cards = items.into_iter().filter_map(|item| {
            let key = key_of(prefix.table, &item);
            let id = key.sk.strip_prefix(&prefix.sk)?.to_string();
            Some((id, read(&key, RateCard::ENTITY, item)))
        });
        Ok(cards.collect())
    }

    async fn ids_under(&self, prefix: &Key) -> Result<Vec<String>, StoreError> {
        let items = self
            .query_partition(prefix.table, &prefix.pk, &prefix.sk)
            .await?;
        let keys = items.iter().map(|item| key_of(prefix.table, item));
        let ids = keys.filter_map(|key| key.sk.strip_prefix(&prefix.sk).map(str::to_string));
        Ok(ids.collect())
    }

    /// Creates a record, or replaces the one that was seen, with its marks; a rate card
    /// with the next revision of its model's. A record of a newer release is not replaced.
    pub async fn replace<T: Record>(
        &self,
        record: &T,
        seen: Option<&Stored<T>>,
        revision: Option<&CardRevision>,
    ) -> Result<Replaced, StoreError> {
        let key = record.key();
        let item = stamp(&key, T::ENTITY, record)?;
        let mut parts = vec![match seen {
            None => self.put_new(&key, item)?,
            Some(seen) if is_of_newer_schema(&seen.item) => {
                let problem = "a newer release wrote it: use that release's tool";
                return Err(ItemError::new(&key, problem).into());
            }
            Some(seen) => self.put_over(&key, item, &seen.item)?,
        }];
        if let Some(seen) = revision {
            parts.push(self.put_next_revision(seen)?);
        }
        for mark in record.marks() {
            parts.push(self.put_mark(&mark)?);
        }
        let written = self.transact(&parts, None, Deadline::after(PATIENCE));
        Ok(match written.await? {
            Transacted::Committed => Replaced::Written,
            Transacted::Refused(reasons) => {
                let of_record = reasons.first().and_then(|reason| reason.code());
                match of_record {
                    Some("ConditionalCheckFailed") => Replaced::Changed,
                    // The marks have no condition.
                    Some(_) | None => Replaced::Overtaken,
                }
            }
        })
    }

    /// A put on the condition that every attribute is as it was seen.
    fn put_over(
        &self,
        key: &Key,
        item: Item,
        seen: &Item,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut condition = Put::builder();
        let mut equal = Vec::new();
        for (number, (name, value)) in seen.iter().enumerate() {
            equal.push(format!("#n{number} = :v{number}"));
            condition = condition
                .expression_attribute_names(format!("#n{number}"), name)
                .expression_attribute_values(format!(":v{number}"), value.clone());
        }
        put(
            self.tables.name(key.table),
            condition.condition_expression(equal.join(" AND ")),
            item,
        )
    }
}

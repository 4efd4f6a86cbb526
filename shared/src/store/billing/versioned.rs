//! Items that are changed by reading, merging and putting back: each carries a
//! version, and is only put back upon the version that was read.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::UserId;
use crate::domain::billing::{EventRecord, Invoice, Payment, SubscriptionBook};
use crate::store::items::{Item, ItemError, read, stamp};
use crate::store::keys::Key;
use crate::store::transaction::put;
use crate::store::{Store, StoreError};

const VERSION: &str = "version";

/// What an item of the billing table is.
pub(crate) trait BillingItem: Serialize + DeserializeOwned {
    const ENTITY: &'static str;
    /// Whose it is, once that is known; puts it into the index of that user.
    fn user_id(&self) -> Option<&UserId>;
}

impl BillingItem for EventRecord {
    const ENTITY: &'static str = "Event";
    fn user_id(&self) -> Option<&UserId> {
        self.user_id.as_ref()
    }
}

impl BillingItem for Payment {
    const ENTITY: &'static str = "Payment";
    fn user_id(&self) -> Option<&UserId> {
        Payment::user_id(self)
    }
}

impl BillingItem for Invoice {
    const ENTITY: &'static str = "Invoice";
    fn user_id(&self) -> Option<&UserId> {
        self.settled.as_ref().map(|settled| &settled.user_id)
    }
}

impl BillingItem for SubscriptionBook {
    const ENTITY: &'static str = "SubscriptionBook";
    fn user_id(&self) -> Option<&UserId> {
        Some(&self.user_id)
    }
}

/// The version an item was seen at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It was not there.
    Absent,
    /// It was there; one that was written by something else has no version.
    At(Option<u64>),
    /// It was there with a version that is no number; whoever writes it properly
    /// puts a number there.
    Unversioned,
}

impl Seen {
    /// The same of an item that is lost, and is put back whatever it says.
    pub(super) fn of_lost(key: &Key, item: Option<&Item>) -> Result<Seen, ItemError> {
        match item.and_then(|item| item.get(VERSION)) {
            Some(version) if !version.is_n() => Ok(Seen::Unversioned),
            Some(_) | None => Seen::of(key, item),
        }
    }

    pub(super) fn of(key: &Key, item: Option<&Item>) -> Result<Seen, ItemError> {
        let Some(item) = item else {
            return Ok(Seen::Absent);
        };
        let version = item.get(VERSION).map(|value| {
            let number = value.as_n().ok().and_then(|number| number.parse().ok());
            number.ok_or_else(|| ItemError::new(key, "its version is no whole number"))
        });
        Ok(Seen::At(version.transpose()?))
    }
}

/// Reads a billing item.
pub(super) fn read_versioned<T: BillingItem>(key: &Key, item: Item) -> Result<T, ItemError> {
    read(key, T::ENTITY, item)
}

impl Store {
    /// A put of a billing item upon the version it was seen at.
    pub(super) fn put_versioned<T: BillingItem>(
        &self,
        key: &Key,
        value: &T,
        seen: Seen,
    ) -> Result<TransactWriteItem, StoreError> {
        self.put_as_seen(key, self.versioned_item(key, value)?, seen)
    }

    /// The item of a billing value, in the index of whose it is.
    pub(super) fn versioned_item<T: BillingItem>(
        &self,
        key: &Key,
        value: &T,
    ) -> Result<Item, StoreError> {
        let mut item = stamp(key, T::ENTITY, value)?;
        if let Some(user_id) = value.user_id() {
            item.insert("user_id".into(), AttributeValue::S(user_id.to_string()));
        }
        Ok(item)
    }

    /// A put of an item upon the version it was seen at, numbered one higher.
    pub(super) fn put_as_seen(
        &self,
        key: &Key,
        mut item: Item,
        seen: Seen,
    ) -> Result<TransactWriteItem, StoreError> {
        let number = |version: u64| AttributeValue::N(version.to_string());
        let (next, condition) = match seen {
            Seen::Absent => (
                1,
                Put::builder().condition_expression("attribute_not_exists(pk)"),
            ),
            Seen::At(None) => {
                let unversioned = "attribute_exists(pk) AND attribute_not_exists(version)";
                (1, Put::builder().condition_expression(unversioned))
            }
            Seen::Unversioned => {
                let condition = Put::builder()
                    .condition_expression(
                        "attribute_exists(version) AND NOT attribute_type(version, :number)",
                    )
                    .expression_attribute_values(":number", AttributeValue::S("N".into()));
                (1, condition)
            }
            Seen::At(Some(version)) => {
                let condition = Put::builder()
                    .condition_expression("version = :seen")
                    .expression_attribute_values(":seen", number(version));
                (version.saturating_add(1), condition)
            }
        };
        item.insert(VERSION.into(), number(next));
        put(self.tables.name(key.table), condition, item)
    }
}

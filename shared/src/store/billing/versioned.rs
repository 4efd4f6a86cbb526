//! Items that are changed by read, merge and put: each carries a version, and a put is
//! conditional on the version that was read.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};

use crate::store::client::transaction::put;
use crate::store::schema::billing_items::BillingItem;
use crate::store::schema::items::{Item, ItemError, read, stamp};
use crate::store::schema::keys::Key;
use crate::store::{Store, StoreError};

const VERSION: &str = "version";

/// The version at which an item was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Seen {
    /// The item was absent.
    Absent,
    /// The item was there; none if something else wrote it, without a version.
    At(Option<u64>),
    /// The item's version is not a number; the next put writes a valid one.
    Unversioned,
}

impl Seen {
    /// The version of a lost item, which is overwritten whatever it holds.
    pub(in crate::store) fn of_lost(key: &Key, item: Option<&Item>) -> Result<Seen, ItemError> {
        match item.and_then(|item| item.get(VERSION)) {
            Some(version) if !version.is_n() => Ok(Seen::Unversioned),
            Some(_) | None => Seen::of(key, item),
        }
    }

    pub(in crate::store) fn of(key: &Key, item: Option<&Item>) -> Result<Seen, ItemError> {
        let Some(item) = item else {
            return Ok(Seen::Absent);
        };
        let version = item.get(VERSION).map(|value| {
            let number = value.as_n().ok().and_then(|number| number.parse().ok());
            number.ok_or_else(|| ItemError::new(key, "its version is not a whole number"))
        });
        Ok(Seen::At(version.transpose()?))
    }
}

/// Reads a billing item.
pub(in crate::store) fn read_versioned<T: BillingItem>(
    key: &Key,
    item: Item,
) -> Result<T, ItemError> {
    read(key, T::ENTITY, item)
}

impl Store {
    /// A put of a billing item, conditional on the version that was seen.
    pub(in crate::store) fn put_versioned<T: BillingItem>(
        &self,
        key: &Key,
        value: &T,
        seen: Seen,
    ) -> Result<TransactWriteItem, StoreError> {
        self.put_as_seen(key, self.versioned_item(key, value)?, seen)
    }

    /// The item of a billing value, indexed under its owner.
    pub(in crate::store) fn versioned_item<T: BillingItem>(
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

    /// A put of an item, conditional on the version that was seen, with the next
    /// version.
    pub(in crate::store) fn put_as_seen(
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

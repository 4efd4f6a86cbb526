//! DynamoDB's limits on the size of an item and its keys. They are checked before a
//! transaction is sent, because DynamoDB rejects it as a whole. Source: DynamoDB
//! developer guide, "Quotas in Amazon DynamoDB".

use crate::domain::Decision;
use crate::store::schema::items::{
    Item, ItemError, account_to_item, entry_to_item, past_of, size_bytes, stamp,
};
use crate::store::schema::keys::Key;
use crate::store::schema::records::Record;

/// The maximum size of an item, names and values together.
pub const MAX_ITEM_BYTES: usize = 400 * 1024;
/// The maximum length of a partition key.
pub const MAX_PARTITION_KEY_BYTES: usize = 2048;
/// The maximum length of a sort key.
pub const MAX_SORT_KEY_BYTES: usize = 1024;

/// Why DynamoDB cannot store a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    /// The item is too large.
    #[error("it takes {0} bytes; an item may have {MAX_ITEM_BYTES}")]
    Item(usize),
    /// Its key, or the key of a claim, is too long.
    #[error("its name takes {0} bytes, more than a key may have")]
    Key(usize),
}

impl TooLarge {
    /// Checks the size of an item and its keys; none if it fits.
    pub(crate) fn item(item: &Item) -> Option<TooLarge> {
        let bytes = size_bytes(item);
        (bytes > MAX_ITEM_BYTES).then_some(TooLarge::Item(bytes))
    }

    fn key(key: &Key) -> Option<TooLarge> {
        let Key { pk, sk, .. } = key;
        let bytes = pk.len() + sk.len();
        let fits = pk.len() <= MAX_PARTITION_KEY_BYTES && sk.len() <= MAX_SORT_KEY_BYTES;
        (!fits).then_some(TooLarge::Key(bytes))
    }

    /// Why a record with its claims and marks does not fit; none if it does.
    pub fn record<T: Record>(record: &T) -> Result<Option<TooLarge>, ItemError> {
        let key = record.key();
        let claims = record.claims().map(|(_, claims)| claims);
        let mut others = claims.into_iter().flatten().chain(record.marks());
        if let Some(too_large) = Self::key(&key).or_else(|| others.find_map(|it| Self::key(&it))) {
            return Ok(Some(too_large));
        }
        Ok(Self::item(&stamp(&key, T::ENTITY, record)?))
    }

    /// Why an item of a decision does not fit; none if all do.
    pub fn decision(decision: &Decision) -> Result<Option<TooLarge>, ItemError> {
        let mut items = vec![
            entry_to_item(&decision.entry)?,
            account_to_item(&decision.account)?,
        ];
        items.extend(past_of(decision)?.into_iter().map(|(_, item)| item));
        Ok(items.iter().find_map(Self::item))
    }
}

//! The schema: keys, items, versions and limits. Pure: nothing here sends a request to
//! DynamoDB.

pub(super) mod billing_items;
pub(super) mod imported;
pub(super) mod item;
pub(crate) mod items;
mod key;
pub(crate) mod keys;
mod kind;
pub(super) mod limits;
pub(super) mod records;
mod shard;
pub(super) mod table;
pub(super) mod versions;

//! `20261128170000_shard_deliveries`: deliveries get the key of the index
//! `deliveries-by-shard`.
//!
//! | item | gets |
//! |---|---|
//! | a delivery | recipient_shard, which follows from its recipient and its notice |

use aws_sdk_dynamodb::types::AttributeValue::{self, S};

use super::rules::{Change, Migration};
use crate::store::schema::item::{Item, text_of};
use crate::store::schema::keys::{Key, KeyKind, RECIPIENT_SHARD, Table, recipient_shard};

/// The migration.
pub(super) const MIGRATION: Migration = Migration {
    id: "20261128170000_shard_deliveries",
    title: "deliveries spread over the shards of their index",
    mark: RECIPIENT_SHARD,
    tables: &[Table::Notices],
    change: Change::Derived {
        source: "recipient",
        value,
    },
};

fn value(key: &Key, item: &Item) -> Option<AttributeValue> {
    match key.kind() {
        Some(KeyKind::Delivery) => {
            let (recipient, notice) = (text_of(item, "recipient")?, text_of(item, "notice_id")?);
            Some(S(recipient_shard(recipient, notice)))
        }
        _ => None,
    }
}

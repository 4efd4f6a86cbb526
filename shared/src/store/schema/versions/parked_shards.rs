//! `20261128110000_shard_parked_events`: parked events get the key of the index
//! `parked-by-shard`.
//!
//! | item | gets |
//! |---|---|
//! | the place of a parked event | parked_shard, which follows from its kind and its event |
//! | a place whose event an older release settled | no parked_shard any more |

use aws_sdk_dynamodb::types::AttributeValue::{self, S};

use super::rules::{Change, Migration};
use crate::store::schema::item::Item;
use crate::store::schema::keys::{self, Key, KeyKind, PARKED_PREFIX, PARKED_SHARD, Table};

/// The migration.
pub(super) const MIGRATION: Migration = Migration {
    id: "20261128110000_shard_parked_events",
    title: "parked events spread over the shards of their index",
    mark: PARKED_SHARD,
    tables: &[Table::Billing],
    change: Change::Derived {
        source: "parked",
        value,
    },
};

fn value(key: &Key, item: &Item) -> Option<AttributeValue> {
    let event = match key.kind() {
        Some(KeyKind::Parked) => key.sk.strip_prefix(PARKED_PREFIX)?,
        _ => return None,
    };
    let kind = item.get("parked")?.as_s().ok()?;
    Some(S(keys::parked_shard(kind, event)))
}

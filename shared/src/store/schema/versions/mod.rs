//! Schema versions: how an item of an older version is read, in memory. The operator's
//! migrations write the same result to the tables.

mod delivery_shards;
mod enhanced_credits;
mod parked_shards;
mod rules;

use super::item::Item;
use super::keys::Key;
pub use rules::Migration;
#[cfg(feature = "operator")]
pub(crate) use rules::Unfit;

/// All migrations, oldest first. One that raises the schema version starts at the
/// version where the previous such one ends.
pub const MIGRATIONS: [&Migration; 3] = [
    &enhanced_credits::MIGRATION,
    &parked_shards::MIGRATION,
    &delivery_shards::MIGRATION,
];

/// Those that raise the schema version.
const VERSIONS: [&Migration; 1] = [&enhanced_credits::MIGRATION];

/// An item of an older schema, as its migrations would leave it.
pub(crate) fn as_of_today(key: &Key, item: Item) -> Item {
    VERSIONS.iter().fold(item, |item, migration| {
        migration.up(key, &item).unwrap_or(item)
    })
}

//! The audit of the items that an import left in the billing table. It checks each item
//! by itself.

use super::Finding;
use crate::store::schema::items::{Item, read};
use crate::store::schema::keys::{Key, KeyKind};
use crate::store::{Cutover, ImportedTrial, Record, Store};

/// An attribute of imported trials; trials of an invoice do not have it.
const IMPORTED_FROM: &str = "imported_from";

impl Store {
    /// Checks an imported item; none if the item is of another kind.
    pub(super) fn audit_imported(key: &Key, item: &Item) -> Option<Vec<Finding>> {
        let finding = match key.kind() {
            Some(KeyKind::Cutover) => parse::<Cutover>(key, item).err(),
            Some(KeyKind::Trial) if item.contains_key(IMPORTED_FROM) => {
                parse::<ImportedTrial>(key, item).err()
            }
            _ => return None,
        };
        Some(finding.into_iter().collect())
    }
}

/// The value of an item, which must lie under the key of the value.
fn parse<T: Record>(key: &Key, item: &Item) -> Result<T, Finding> {
    let value: T =
        read(key, T::ENTITY, item.clone()).map_err(|damage| Finding::new(key, damage.problem()))?;
    if value.key() != *key {
        let problem = format!("it belongs under {}", value.key());
        return Err(Finding::new(key, problem));
    }
    Ok(value)
}

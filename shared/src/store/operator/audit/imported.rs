//! The audit of what an import left in the billing table.

use super::Finding;
use crate::store::schema::items::{Item, read};
use crate::store::schema::keys::Key;
use crate::store::{Cutover, ImportedTrial, Record, Store};

/// What an imported trial has and one of an invoice's has not.
const IMPORTED_FROM: &str = "imported_from";

impl Store {
    /// Looks at one such item; none if it is of something else.
    pub(super) fn audit_imported(key: &Key, item: &Item) -> Option<Vec<Finding>> {
        let kind = key.pk.split('#').next().unwrap_or_default();
        let finding = match (kind, key.sk.as_str()) {
            ("IMPORT", "CUTOVER") => parse::<Cutover>(key, item).err(),
            ("TRIAL", "TRIAL") if item.contains_key(IMPORTED_FROM) => {
                parse::<ImportedTrial>(key, item).err()
            }
            _ => return None,
        };
        Some(finding.into_iter().collect())
    }
}

/// The value of an item, which lies where such a value does.
fn parse<T: Record>(key: &Key, item: &Item) -> Result<T, Finding> {
    let value: T =
        read(key, T::ENTITY, item.clone()).map_err(|damage| Finding::new(key, damage.problem()))?;
    if value.key() != *key {
        let problem = format!("it belongs under {}", value.key());
        return Err(Finding::new(key, problem));
    }
    Ok(value)
}

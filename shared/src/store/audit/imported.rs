//! The audit of what an import left in the billing table.

use super::Finding;
use crate::store::items::{Item, read};
use crate::store::keys::Key;
use crate::store::{Consistency, Cutover, ImportedLots, ImportedTrial, Record, Store, StoreError};

/// What an imported trial has and one of an invoice's has not.
const IMPORTED_FROM: &str = "imported_from";

impl Store {
    /// Looks at one such item; none if it is of something else.
    pub(super) async fn audit_imported(
        &self,
        key: &Key,
        item: &Item,
    ) -> Result<Option<Vec<Finding>>, StoreError> {
        let kind = key.pk.split('#').next().unwrap_or_default();
        let finding = match (kind, key.sk.as_str()) {
            ("IMPORT", "CUTOVER") => parse::<Cutover>(key, item).err(),
            ("TRIAL", "TRIAL") if item.contains_key(IMPORTED_FROM) => {
                parse::<ImportedTrial>(key, item).err()
            }
            ("IMPORTED", "LOTS") => match parse::<ImportedLots>(key, item) {
                Ok(lots) => self.check_imported_lots(key, &lots).await?,
                Err(finding) => Some(finding),
            },
            _ => return Ok(None),
        };
        Ok(Some(finding.into_iter().collect()))
    }

    /// Whose the lots are has an account.
    async fn check_imported_lots(
        &self,
        key: &Key,
        lots: &ImportedLots,
    ) -> Result<Option<Finding>, StoreError> {
        let account = match self.load_account(&lots.user_id, Consistency::Strong).await {
            // That is told where the account is looked at.
            Err(StoreError::Damaged(_)) => return Ok(None),
            other => other?,
        };
        let problem = format!("it names lots of {}, who has no account", lots.user_id);
        Ok((account.version == 0).then(|| Finding::new(key, problem)))
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

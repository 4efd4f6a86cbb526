//! A dry run of migrating items up or down: what it would change and which findings it
//! would have. Nothing is written.

use std::collections::HashMap;

use super::passes::{Passed, already_taken, finding_of};
use crate::domain::UserId;
use crate::host::clock::Deadline;
use crate::store::schema::item::Item;
use crate::store::schema::item::key_of;
use crate::store::schema::keys::{Key, Table};
use crate::store::schema::versions::Migration;
use crate::store::{Store, StoreError};

/// The claims that items would make if they were migrated up, in a dry run.
#[derive(Debug, Default)]
pub struct PlannedClaims(HashMap<Key, UserId>);

/// The maximum of planned claims that are remembered; further ones are compared with
/// existing claims only.
const MAX_PLANNED: usize = 100_000;

impl Store {
    /// Plans migrating these items up.
    pub async fn plan_up(
        &self,
        migration: &Migration,
        table: Table,
        items: &[Item],
        planned: &mut PlannedClaims,
        deadline: Deadline,
    ) -> Result<Passed, StoreError> {
        let mut passed = Passed::default();
        let mut owners = self.owners(migration, table, items, deadline).await?;
        for item in items {
            let key = key_of(table, item);
            let claims = migration.claims(&key, item);
            for claim in &claims {
                if let Some(owner) = planned.0.get(claim) {
                    owners.entry(claim.clone()).or_insert_with(|| owner.clone());
                }
            }
            let owner = key.user();
            let taken = match &owner {
                Some(Ok(owner)) => already_taken(&key, owner, &claims, &owners),
                _ => None,
            };
            match (migration.up(&key, item), taken) {
                (Err(unfit), _) => passed.findings.push(finding_of(&key, unfit)),
                (Ok(_), Some(finding)) => passed.findings.push(finding),
                (Ok(_), None) => passed.changed += 1,
            }
            if let Some(Ok(owner)) = owner
                && planned.0.len() < MAX_PLANNED
            {
                let free = claims
                    .into_iter()
                    .filter(|claim| !owners.contains_key(claim));
                planned.0.extend(free.map(|claim| (claim, owner.clone())));
            }
        }
        Ok(passed)
    }

    /// Plans migrating these items down.
    pub fn plan_down(&self, migration: &Migration, table: Table, items: &[Item]) -> Passed {
        let mut passed = Passed::default();
        for item in items {
            match migration.down(item) {
                Err(unfit) if !migration.has_made(item) => {
                    passed
                        .findings
                        .push(finding_of(&key_of(table, item), unfit));
                }
                _ => passed.changed += 1,
            }
        }
        passed
    }
}

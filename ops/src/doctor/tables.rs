//! The tables: that each is as it is declared, that no migration stands half-way, and
//! that DynamoDB's clock is ours.

use shared::store::{FoundTable, MIGRATIONS, MigrationState, Store, StoreError, Table};

use super::clock::{self, Now};
use super::line::Found;

/// One table.
pub(super) fn is_declared(found: &Result<FoundTable, StoreError>) -> Found {
    match found {
        Ok(table) if table.problems.is_empty() => {
            Found::ok(format!("{} is as declared", table.name))
        }
        Ok(table) => Found::failed(format!(
            "{} {}: deploy infra/data.yaml; a restored table is set up by \
             infra/runbooks/restore.sh",
            table.name,
            table.problems.join(", ")
        )),
        Err(error) => Found::failed(format!(
            "{error}: name the tables of the stack (its outputs), and its region"
        )),
    }
}

/// The name of a table's check.
pub(super) fn check_of(table: Table) -> &'static str {
    match table {
        Table::Users => "table of users",
        Table::Credits => "table of credits",
        Table::Billing => "table of billing",
        Table::Notices => "table of notices",
    }
}

/// No migration was begun and left.
pub(super) async fn are_migrated(store: &Store) -> Found {
    let mut pending = Vec::new();
    for migration in MIGRATIONS {
        match store.load_migration(migration.id).await {
            Err(error) => {
                return Found::failed(format!("the state of migrations cannot be read: {error}"));
            }
            Ok(None) => pending.push(migration.id),
            Ok(Some(record)) => match record.state {
                MigrationState::Up => {}
                MigrationState::GoingUp => {
                    return Found::failed(format!(
                        "{} is not finished: run `creditsctl migrate up` again",
                        migration.id
                    ));
                }
                MigrationState::GoingDown => {
                    return Found::failed(format!(
                        "{} is half undone: run `creditsctl migrate down` again",
                        migration.id
                    ));
                }
            },
        }
    }
    if pending.is_empty() {
        Found::ok(format!("{} done", MIGRATIONS.len()))
    } else {
        Found::skipped(format!(
            "{} not recorded as done: `creditsctl migrate plan` reads the tables and says whether \
             anything is to do, `up` does and records it",
            pending.join(", ")
        ))
    }
}

/// DynamoDB's clock, by which items expire.
pub(super) fn clock_of(
    found: &[Result<FoundTable, StoreError>],
    is_local: bool,
    now: &Now,
) -> Found {
    if is_local {
        return Found::skipped("an emulator's clock decides nothing");
    }
    let dates = found.iter().flatten();
    let date = dates.filter_map(|table| table.date.as_deref()).next();
    match (date, found.iter().all(Result::is_err)) {
        (None, true) => Found::skipped("no table could be described"),
        (date, _) => clock::compared("DynamoDB", date, now.read()),
    }
}

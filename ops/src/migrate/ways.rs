//! Selects the migrations to run up or down, and keeps their markers.

use std::sync::Arc;
use std::time::Duration;

use shared::host::clock::Deadline;
use shared::store::{MIGRATIONS, MigrationRecord, MigrationState};

use super::run::{Run, Way};
use super::way::WayArgs;
use crate::context::CommandContext;
use crate::ending::{Ending, Failure};

/// Time limit for one marker.
const DEADLINE: Duration = Duration::from_secs(60);

pub(super) async fn up(
    context: Arc<CommandContext>,
    args: WayArgs,
    dry_run: bool,
) -> Result<Ending, Failure> {
    let mut ending = Ending::Done;
    for migration in MIGRATIONS {
        let id = migration.id;
        let begun = context.store.load_migration(id).await?;
        match begun.as_ref().map(|record| record.state) {
            // Functions of an older release may have written since: it runs again.
            Some(MigrationState::Up) if migration.derived_from().is_some() => {}
            Some(MigrationState::Up) => {
                context.output.say(format_args!("{id}: is done"))?;
                continue;
            }
            Some(MigrationState::GoingDown) => {
                let problem = format!("{id} is partly undone: finish with `migrate down` first");
                return Err(Failure::Could(problem));
            }
            Some(MigrationState::GoingUp) | None => {}
        }
        let run = Run::new(&context, migration, Way::Up, args, dry_run);
        let mut record = begun.unwrap_or(MigrationRecord {
            id: id.to_string(),
            state: MigrationState::GoingUp,
            started_at: context.now,
            finished_at: None,
        });
        if !dry_run {
            let deadline = Deadline::after(DEADLINE);
            context.store.set_migration(&record, deadline).await?;
        }
        let sum = Arc::new(run).go().await?;
        if sum.findings > 0 {
            ending = Ending::Findings;
            // The next migration needs the schema version that this one did not
            // reach.
            break;
        }
        if !dry_run {
            record.state = MigrationState::Up;
            record.finished_at = Some(context.now);
            let deadline = Deadline::after(DEADLINE);
            context.store.set_migration(&record, deadline).await?;
        }
    }
    Ok(ending)
}

pub(super) async fn down(
    context: Arc<CommandContext>,
    args: WayArgs,
    dry_run: bool,
) -> Result<Ending, Failure> {
    for migration in MIGRATIONS.iter().rev() {
        let id = migration.id;
        let Some(mut record) = context.store.load_migration(id).await? else {
            continue;
        };
        if !dry_run && record.state != MigrationState::GoingDown {
            record = MigrationRecord {
                state: MigrationState::GoingDown,
                started_at: context.now,
                finished_at: None,
                ..record
            };
            let deadline = Deadline::after(DEADLINE);
            context.store.set_migration(&record, deadline).await?;
        }
        let run = Run::new(&context, migration, Way::Down, args, dry_run);
        let sum = Arc::new(run).go().await?;
        if !dry_run {
            let deadline = Deadline::after(DEADLINE);
            context.store.remove_migration(id, deadline).await?;
        }
        return Ok(match sum.findings {
            0 => Ending::Done,
            _ => Ending::Findings,
        });
    }
    context
        .output
        .say("No migration is done, so there is nothing to undo.")?;
    Ok(Ending::Done)
}

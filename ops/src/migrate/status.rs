//! Reports the state of each migration.

use std::fmt;

use serde::Serialize;
use shared::domain::Timestamp;
use shared::store::{MIGRATIONS, MigrationRecord, MigrationState};

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};

#[derive(Serialize)]
struct Line {
    migration: MigrationLine,
}

#[derive(Serialize)]
struct MigrationLine {
    id: &'static str,
    title: &'static str,
    /// pending, going_up, up or going_down.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
}

pub(super) async fn report(context: &CommandContext) -> Result<Ending, Failure> {
    for migration in MIGRATIONS {
        let loading = context.store.load_migration(migration.id);
        let record = context.stop.unless_asked(loading).await??;
        let (state, since) = described(record.as_ref());
        context.output.report(&Line {
            migration: MigrationLine {
                id: migration.id,
                title: migration.title,
                state,
                since,
            },
        })?;
    }
    Ok(Ending::Done)
}

fn described(record: Option<&MigrationRecord>) -> (&'static str, Option<Timestamp>) {
    let Some(record) = record else {
        return ("pending", None);
    };
    match record.state {
        MigrationState::GoingUp => ("going_up", Some(record.started_at)),
        MigrationState::Up => ("up", record.finished_at),
        MigrationState::GoingDown => ("going_down", Some(record.started_at)),
    }
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MigrationLine {
            id,
            title,
            state,
            since,
        } = &self.migration;
        let state = match (*state, since) {
            ("going_up", Some(since)) => {
                format!("started {since}, not finished: run `migrate up` again")
            }
            ("going_down", Some(since)) => {
                format!("being undone since {since}: run `migrate down` again")
            }
            ("up", Some(since)) => format!("done {since}"),
            _ => "not done".to_string(),
        };
        write!(formatter, "{id}: {state}\n    {title}")
    }
}

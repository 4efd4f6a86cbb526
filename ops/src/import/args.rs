//! The command line of `import` and its exit code.

use std::path::PathBuf;

use shared::domain::Timestamp;

use super::reference::CostUnit;
use super::{Import, ImportError, import};
use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};

pub(crate) const EXAMPLES: &str = "\
Examples:
  creditsctl import --from export --dry-run --report report.csv --endpoint-url http://127.0.0.1:8000
  creditsctl import --from export --report report.csv --region eu-central-1 --users-table …
  creditsctl import --from export --cutover 2025-11-06T02:00:00Z --report report.csv --region …
  creditsctl import --from export --report report.jsonl --json --now 2025-11-06T14:30:00Z

The folder contains models.csv, oauth_clients.csv, users.csv, user_preferences.csv,
subscriptions.csv, credits.csv and usage_history.csv, exported in psql, sorted by user:
  \\copy (SELECT * FROM users ORDER BY id) TO 'users.csv' CSV HEADER
  \\copy (SELECT * FROM credits ORDER BY user_id, created_at, id) TO 'credits.csv' CSV HEADER
docs/import.md has the command for each table and explains what happens to every column.

A second import changes nothing, and the next run completes an interrupted one. Exit code 3 if a
row was refused or if the data read back differs from the export.";

/// Import the exported tables of the old Postgres database
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ImportArgs {
    /// Folder with the exported files
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// File to report every mended or refused row in, with the reason: JSON Lines
    /// if its name ends in .jsonl, else CSV
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Replace the report's file even if it is not a report of an import
    #[arg(long, requires = "report")]
    force: bool,
    /// Time from which Stripe payments grant credits. Earlier payments came with
    /// the import and are only recorded. Must be the same for all runs
    #[arg(long, value_name = "RFC3339")]
    cutover: Option<Timestamp>,
    /// Unit of the providers' prices in models.csv
    #[arg(long, value_enum, default_value_t, value_name = "UNIT")]
    model_costs: CostUnit,
    #[command(flatten)]
    dry_run: DryRun,
}

/// Imports and reports the result.
pub(crate) async fn run(args: &ImportArgs, context: &CommandContext) -> Result<Ending, Failure> {
    let progress = |rows| context.progress("importing", Some(rows));
    let summary = import(Import {
        store: &context.store,
        from: &args.from,
        now: context.now,
        entropy: context.entropy.clone(),
        stop: &context.stop,
        dry_run: args.dry_run.dry_run,
        report: args.report.as_deref(),
        force: args.force,
        cost_unit: args.model_costs,
        cutover: args.cutover,
        progress: &progress,
    })
    .await?;
    context.output.report(&summary)?;
    Ok(if summary.is_clean() {
        Ending::Done
    } else {
        Ending::Findings
    })
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Interrupted(interrupted) => interrupted.into(),
            ImportError::File { .. } | ImportError::Cutover(_) | ImportError::Name(_) => {
                Failure::Usage(error.to_string())
            }
            ImportError::Report(_) | ImportError::Store { .. } => Failure::Could(error.to_string()),
        }
    }
}

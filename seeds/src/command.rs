//! The command line: what can be asked for, and the exit code that says how it
//! went. What is found is printed; nothing here decides it.

use std::error::Error;
use std::ffi::OsString;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use shared::domain::Timestamp;
use shared::host::clock::{Clock, SystemClock};
use shared::host::entropy::SystemEntropy;
use terminal::ConnectionArgs;

use crate::{SeedData, apply, verify};

const EXAMPLES: &str = "\
Examples:
  cargo run -- --dynamodb-port 8000                    start the local world with its tables exposed
  cargo run -p seeds -- apply --endpoint-url http://127.0.0.1:8000
  cargo run -p seeds -- verify --endpoint-url http://127.0.0.1:8000
  cargo run -p seeds -- apply --region eu-central-1 --users-table … --credits-table … --billing-table …

`verify` judges the seeded records and ledger entries; a balance may have moved on since.
Applying twice changes nothing; a run that was cut short is completed by the next.";

/// Puts reference and demo data into the tables.
#[derive(Parser)]
#[command(name = "seeds", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    connection: ConnectionArgs,
    /// The time to apply at, for example 2025-11-06T14:30:00Z; else the clock's
    #[arg(long, global = true, value_name = "RFC 3339")]
    now: Option<Timestamp>,
}

#[derive(Subcommand)]
enum Command {
    /// Create what is missing and tell what is there otherwise
    Apply,
    /// Show what is there and exit with 1 if it is not what was seeded
    Verify,
}

/// Runs a command line, whose first word is the program's name. The exit code
/// is 0 if it was done and all is as seeded, 1 if it could not be done or
/// something is otherwise, 2 if the line itself asks for nothing we know.
pub async fn run(line: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> u8 {
    let cli = match Cli::try_parse_from(line) {
        Ok(cli) => cli,
        Err(problem) => {
            // Whoever cannot be told still gets the code.
            let _ = problem.print();
            return u8::try_from(problem.exit_code()).unwrap_or(1);
        }
    };
    match execute(cli).await {
        Ok(true) => 0,
        Ok(false) => 1,
        Err(error) => {
            eprintln!("seeds: {error}");
            1
        }
    }
}

/// Whether everything is as seeded afterwards.
async fn execute(cli: Cli) -> Result<bool, Box<dyn Error>> {
    let entropy = Arc::new(SystemEntropy);
    let data = SeedData::read()?;
    let store = cli.connection.connect(entropy.clone()).await?;
    let now = cli.now.unwrap_or_else(|| SystemClock.now());
    match cli.command {
        Command::Apply => {
            let report = apply(&store, &data, now, entropy.as_ref()).await?;
            println!("{report}");
            Ok(true)
        }
        Command::Verify => {
            let verification = verify(&store, &data, now).await?;
            println!("{verification}");
            Ok(verification.report.differences().next().is_none())
        }
    }
}

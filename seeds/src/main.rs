//! `seeds`: puts reference and demo data into the tables, and checks it there.

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use seeds::{ConnectionArgs, SeedData, apply, verify};
use shared::domain::Timestamp;
use shared::host::clock::{Clock, SystemClock};
use shared::host::entropy::SystemEntropy;

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

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(exit_code) => exit_code,
        Err(error) => {
            eprintln!("seeds: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let entropy = Arc::new(SystemEntropy);
    let data = SeedData::read()?;
    let store = cli.connection.connect(entropy.clone()).await?;
    let now = cli.now.unwrap_or_else(|| SystemClock.now());
    match cli.command {
        Command::Apply => {
            let report = apply(&store, &data, now, entropy.as_ref()).await?;
            println!("{report}");
            Ok(ExitCode::SUCCESS)
        }
        Command::Verify => {
            let verification = verify(&store, &data, now).await?;
            println!("{verification}");
            let seeded = verification.report.differences().next().is_none();
            Ok(if seeded {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        }
    }
}

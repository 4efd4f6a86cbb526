//! The command line and its exit codes. It prints the results of `apply` and
//! `verify` and decides nothing itself.

use std::error::Error;
use std::ffi::OsString;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use shared::domain::{ClientId, Timestamp};
use shared::host::clock::{Clock, SystemClock};
use shared::host::entropy::SystemEntropy;
use terminal::ConnectionArgs;

use crate::{SeedData, apply, verify};

const EXAMPLES: &str = "\
Examples:
  cargo run -- --dynamodb-port 8000                    start the local world and expose its tables
  cargo run -p seeds -- apply --endpoint-url http://127.0.0.1:8000
  cargo run -p seeds -- verify --endpoint-url http://127.0.0.1:8000
  cargo run -p seeds -- apply --without-users --region eu-central-1 --users-table … --credits-table … --billing-table …

`verify` checks the seeded records and ledger entries; balances may have changed since.
Applying twice changes nothing, and the next run completes an interrupted one.";

/// Done, and something needs to be looked at.
const FOUND: u8 = 3;

/// Seeds the tables with reference and demo data.
#[derive(Parser)]
#[command(name = "seeds", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    connection: ConnectionArgs,
    /// Leave the demo users out: only clients, models and prices
    #[arg(long, global = true)]
    without_users: bool,
    /// Id of the desktop app's client at the issuer [default: textassistant-desktop]
    #[arg(long, global = true, value_name = "ID")]
    client_id: Option<ClientId>,
    /// Redirect URLs of that client, separated by commas [default: http://localhost:8080/callback]
    #[arg(long, global = true, value_name = "URLS", value_delimiter = ',')]
    callback_urls: Vec<String>,
    /// Time to act at, for example 2025-11-06T14:30:00Z [default: now]
    #[arg(long, global = true, value_name = "RFC 3339")]
    now: Option<Timestamp>,
}

#[derive(Subcommand)]
enum Command {
    /// Create missing records and report those that differ; exit with 3 if any does
    Apply,
    /// Show the records; exit with 1 if any is missing or differs from the seeds
    Verify,
}

/// Runs a command line, whose first word is the program's name. The exit code is
/// 0 for success, 1 for a failure or if `verify` finds a record that differs, 2 for an
/// invalid command line, 3 if `apply` left a record that differs as it was.
pub async fn run(line: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> u8 {
    let cli = match Cli::try_parse_from(line) {
        Ok(cli) => cli,
        Err(problem) => {
            // If printing fails, the exit code still reports the error.
            let _ = problem.print();
            return u8::try_from(problem.exit_code()).unwrap_or(1);
        }
    };
    match execute(cli).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("seeds: {error}");
            1
        }
    }
}

/// Returns the exit code.
async fn execute(cli: Cli) -> Result<u8, Box<dyn Error>> {
    let entropy = Arc::new(SystemEntropy);
    let mut data = SeedData::read()?;
    if cli.without_users {
        data.users.clear();
    }
    for client in &mut data.clients {
        if let Some(id) = &cli.client_id {
            client.client_id = id.clone();
        }
        if !cli.callback_urls.is_empty() {
            client.redirect_uris.clone_from(&cli.callback_urls);
        }
    }
    let store = cli.connection.connect(entropy.clone()).await?;
    let now = cli.now.unwrap_or_else(|| SystemClock.now());
    match cli.command {
        Command::Apply => {
            let report = apply(&store, &data, now, entropy.as_ref()).await?;
            println!("{report}");
            let differ = report.differences().count();
            if differ == 0 {
                return Ok(0);
            }
            println!(
                "{differ} of these differ and were left as they are: change seeds/data, or delete or change the item in the table, then apply again."
            );
            Ok(FOUND)
        }
        Command::Verify => {
            let verification = verify(&store, &data, now).await?;
            println!("{verification}");
            let is_as_seeded = verification.report.differences().next().is_none();
            Ok(if is_as_seeded { 0 } else { 1 })
        }
    }
}

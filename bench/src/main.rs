//! `bench`: how fast the functions are and what they cost.
//!
//! The functions run as on Lambda: release binaries of their own that ask a
//! Runtime API for events, with the tables behind TLS on loopback. The embedded
//! engine stands for DynamoDB.

mod beside;
mod cold;
mod cold_table;
mod engine;
mod events;
mod functions;
mod gateway;
mod growth;
mod headline;
mod instructions;
mod lambda;
mod load;
mod over_http;
mod peers;
mod report;
mod run;
mod warm;
mod warm_table;
mod work;

use std::process::ExitCode;

use clap::Parser;
use run::Part;

const EXAMPLES: &str = "\
Examples:
  cargo run --release -p bench                      all of it
  cargo run --release -p bench -- --calls 20000     longer
  cargo run --release -p bench -- --alone           without the peers
  cargo run --release -p bench -- --only cold,warm  some of the tables";

/// Prints how fast the functions are and what they cost.
#[derive(Parser)]
#[command(name = "bench", version, after_help = EXAMPLES)]
struct Cli {
    /// Warm calls per line
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    calls: u32,
    /// Cold starts per line
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    starts: u32,
    /// To how many rows a ledger and the table are grown
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(10_000..=10_000_000))]
    rows: u32,
    /// Leave the peers out
    #[arg(long)]
    alone: bool,
    /// Print these tables alone, and keep nothing
    #[arg(long, value_name = "TABLES", value_delimiter = ',')]
    only: Vec<Part>,
    #[command(subcommand)]
    task: Option<Task>,
}

/// What else this program does.
#[derive(clap::Subcommand)]
enum Task {
    /// Serve a world, for the program that measures it
    #[command(name = gateway::WORD, hide = true)]
    Serve,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match cli.task {
        Some(Task::Serve) => gateway::serve().await,
        // Interrupted, it drops what it runs: processes and control groups go with it.
        None => tokio::select! {
            ended = run::run(cli) => ended,
            _ = tokio::signal::ctrl_c() => Err("interrupted; nothing was kept".into()),
        },
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

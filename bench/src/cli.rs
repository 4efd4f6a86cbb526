//! The command line.

use clap::{Parser, ValueEnum};

use crate::gateway;

const EXAMPLES: &str = "\
Examples:
  cargo run --release -p bench                      run everything
  cargo run --release -p bench -- --calls 20000     measure longer
  cargo run --release -p bench -- --alone           without the peers
  cargo run --release -p bench -- --only cold,warm  print only some tables";

/// Measures how fast the functions are and what they cost.
#[derive(Parser)]
#[command(name = "bench", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    /// Warm calls per line
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) calls: u32,
    /// Cold starts per line
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) starts: u32,
    /// Rows to grow a ledger and the table to
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(10_000..=10_000_000))]
    pub(crate) rows: u32,
    /// Skip the peers
    #[arg(long)]
    pub(crate) alone: bool,
    /// Print only these tables and write no report
    #[arg(long, value_name = "TABLES", value_delimiter = ',')]
    pub(crate) only: Vec<Part>,
    #[command(subcommand)]
    pub(crate) task: Option<Task>,
}

/// Internal subcommands.
#[derive(clap::Subcommand)]
pub(crate) enum Task {
    /// Serve a local world to be measured by another process
    #[command(name = gateway::WORD, hide = true)]
    Serve,
}

/// A table of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Cold starts
    Cold,
    /// Warm calls of our functions
    Warm,
    /// Warm calls compared with the peers'
    Beside,
    /// Calls when each trip to DynamoDB takes 4 ms
    Trips,
    /// Charges a second on one account, alone and in batches
    Batches,
    /// Requests, units and dollars of each call
    Work,
    /// Whole servers over HTTP
    Servers,
    /// Calls on long ledgers and large tables
    Growth,
}

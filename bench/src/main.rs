//! `bench`: measures how fast the functions are and what they cost.
//!
//! The functions run as on Lambda: separate release binaries that poll a Runtime
//! API for events, with the tables behind TLS on loopback. An embedded engine
//! replaces DynamoDB.

mod batches;
mod beside;
mod cli;
mod cold;
mod cold_table;
mod engine;
mod events;
mod functions;
mod gateway;
mod growth;
mod headline;
mod instructions;
#[cfg(test)]
mod kills;
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
use cli::{Cli, Task};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match cli.task {
        Some(Task::Serve) => gateway::serve().await,
        // Dropping the run on Ctrl-C also ends its processes and control groups.
        None => tokio::select! {
            ended = run::run(cli) => ended,
            _ = tokio::signal::ctrl_c() => Err("interrupted; no report was written".into()),
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

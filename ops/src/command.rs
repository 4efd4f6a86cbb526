//! The command line: what can be asked for, and the exit code that says how it
//! went.

use std::error::Error;
use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use shared::domain::Timestamp;
use terminal::ConnectionArgs;

use crate::ending::Ending;

const EXAMPLES: &str = "\
Examples:
  creditsctl completions bash > /etc/bash_completion.d/creditsctl

Exit codes: 0 done, 1 could not be done, 2 wrong command line, 3 done and something was found.
The tables are those of --endpoint-url or --region; their names come from the flags, else from
USERS_TABLE, CREDITS_TABLE and BILLING_TABLE, else they are the local world's.";

/// Moves the data, proves it, and tells where credits went.
#[derive(Parser)]
#[command(name = "creditsctl", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    connection: ConnectionArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What holds for every command.
#[derive(clap::Args)]
struct OutputArgs {
    /// The time to act at, for example 2025-11-06T14:30:00Z; else the clock's
    #[arg(long, global = true, value_name = "RFC 3339")]
    now: Option<Timestamp>,
    /// Print JSON, for machines
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Print what a shell needs to complete command lines
    Completions {
        /// For which shell
        shell: Shell,
    },
}

/// Runs a command line, whose first word is the program's name, and gives the
/// exit code: 0 if it was done and all is as it should be, 1 if it could not be
/// done, 2 if the line asks for nothing we know, 3 if something was found that
/// an operator must look at.
pub async fn run(line: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> u8 {
    let cli = match Cli::try_parse_from(line) {
        Ok(cli) => cli,
        Err(problem) => {
            // Whoever cannot be told still gets the code.
            let _ = problem.print();
            return u8::try_from(problem.exit_code()).unwrap_or(1);
        }
    };
    let ending = execute(cli).await.unwrap_or_else(|error| {
        eprintln!("creditsctl: {error}");
        Ending::Failed
    });
    ending.code()
}

async fn execute(cli: Cli) -> Result<Ending, Box<dyn Error>> {
    match cli.command {
        Command::Completions { shell } => {
            clap_complete::generate(
                shell,
                &mut Cli::command(),
                "creditsctl",
                &mut std::io::stdout(),
            );
            Ok(Ending::Done)
        }
    }
}

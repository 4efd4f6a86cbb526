//! The command line: what can be asked for, and the exit code that says how it
//! went.
//!
//! Each command is a file of its own: its arguments with their examples, and an
//! async function that takes a [`CommandContext`] and says its results to the desk's
//! output. It gives back an [`Ending`] or a [`Failure`], and nothing else
//! decides the exit code.

use std::ffi::OsString;
use std::io::Write;
use std::sync::Arc;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use shared::domain::Timestamp;
use shared::host::clock::{Clock, SystemClock};
use shared::host::entropy::SystemEntropy;
use terminal::{ConnectionArgs, Output, Stop};

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use crate::import::{self, ImportArgs};
use crate::{event, explain, migrate, parked, verify};

const EXAMPLES: &str = "\
Examples:
  creditsctl help verify
  creditsctl completions bash > /etc/bash_completion.d/creditsctl

Exit codes: 0 done, 1 could not be done, 2 wrong command line, 3 done and something was found
that an operator must look at, 130 ended by Ctrl-C between two commits.

Results go to standard output, with --json as one JSON object on each line; progress goes to
standard error, if that is a terminal.

The tables are those of --endpoint-url or --region; their names come from the flags, else from
USERS_TABLE, CREDITS_TABLE and BILLING_TABLE, else they are the local world's. All flags may
stand before or after the command.";

/// Moves the data, proves it, says where credits went, and settles what waits.
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

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  creditsctl completions bash > /etc/bash_completion.d/creditsctl
  creditsctl completions zsh > \"${fpath[1]}/_creditsctl\"
  creditsctl completions fish > ~/.config/fish/completions/creditsctl.fish";

#[derive(Subcommand)]
enum Command {
    /// Take over the tables of the old Postgres
    Import(ImportArgs),
    Migrate(migrate::MigrateArgs),
    Verify(verify::VerifyArgs),
    Explain(explain::ExplainArgs),
    Parked(parked::ParkedArgs),
    Event(event::EventArgs),
    /// Print what a shell needs to complete command lines
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// For which shell
        shell: Shell,
    },
}

/// Runs a command line, whose first word is the program's name, and gives the
/// exit code: 0 if it was done and all is as it should be, 1 if it could not be
/// done, 2 if the line asks for nothing we know, 3 if something was found that
/// an operator must look at, 130 if `stop` was asked for.
pub async fn run(
    line: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    output: Box<dyn Write + Send>,
    stop: Stop,
) -> u8 {
    let cli = match Cli::try_parse_from(line) {
        Ok(cli) => cli,
        Err(problem) => {
            // Whoever cannot be told still gets the code.
            let _ = problem.print();
            return u8::try_from(problem.exit_code()).unwrap_or(1);
        }
    };
    match execute(cli, output, stop).await {
        Ok(ending) => ending.code(),
        Err(failure) => {
            if !failure.is_silent() {
                eprintln!("creditsctl: {failure}");
            }
            failure.code()
        }
    }
}

async fn execute(
    cli: Cli,
    mut output: Box<dyn Write + Send>,
    stop: Stop,
) -> Result<Ending, Failure> {
    if let Command::Completions { shell } = cli.command {
        // The library cannot say that its writer is gone.
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "creditsctl", &mut script);
        output.write_all(&script)?;
        return Ok(Ending::Done);
    }
    let entropy = Arc::new(SystemEntropy);
    let context = Arc::new(CommandContext {
        store: cli.connection.connect(entropy.clone()).await?,
        is_local: cli.connection.is_local(),
        now: cli.output.now.unwrap_or_else(|| SystemClock.now()),
        entropy,
        output: Output::new(cli.output.json, output),
        stop,
    });
    match cli.command {
        Command::Import(args) => import::run(&args, &context).await,
        Command::Migrate(args) => migrate::run(context, args).await,
        Command::Verify(args) => verify::run(context, args).await,
        Command::Explain(args) => explain::run(context, args).await,
        Command::Parked(args) => parked::run(context, args).await,
        Command::Event(args) => event::run(context, args).await,
        Command::Completions { .. } => Ok(Ending::Done),
    }
}

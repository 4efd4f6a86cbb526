//! The command line: the commands and their exit codes.
//!
//! Each command has its own module: its arguments with examples, and an async
//! function that takes a [`CommandContext`] and writes results to its output. The
//! returned [`Ending`] or [`Failure`] alone decides the exit code.

use std::ffi::OsString;
use std::io::Write;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use shared::domain::Timestamp;
use shared::host::clock::{Clock, SystemClock};
use shared::host::entropy::SystemEntropy;
use shared::host::environment::Variables;
use terminal::{ConnectionArgs, Output, Stop};

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use crate::import::{self, ImportArgs};
use crate::{
    account, adjust, claim, doctor, endpoint, erase, event, explain, export, grant, hold, migrate,
    models, notify, parked, reference, stats, user, verify, with_stripe,
};

const EXAMPLES: &str = "\
Examples:
  creditsctl help verify
  creditsctl completions bash > /etc/bash_completion.d/creditsctl

Exit codes: 0 success; 1 failure; 2 the command line or something that it names is wrong, or Stripe
gave no answer; 3 success with findings that an operator must look at; 130 interrupted by Ctrl-C
between two commits. A failure is one line on standard error.

Results go to standard output, with --json as one JSON object per line. Progress goes to standard
error if that is a terminal.

--endpoint-url or --region selects the tables. Table names come from the flags, then from
USERS_TABLE, CREDITS_TABLE, BILLING_TABLE and NOTICES_TABLE, then from the local world's defaults. Global flags
may stand before or after the command.";

/// Operates the backend: users and balances, what is sold, Stripe, data and its proof.
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

/// Flags of every command.
#[derive(clap::Args)]
struct OutputArgs {
    /// Time to act at, for example 2025-11-06T14:30:00Z [default: now]
    #[arg(long, global = true, value_name = "RFC 3339")]
    now: Option<Timestamp>,
    /// Print JSON, one object per line
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
    /// Import the exported tables of the old Postgres database
    Import(ImportArgs),
    Migrate(migrate::MigrateArgs),
    Verify(verify::VerifyArgs),
    Doctor(doctor::DoctorArgs),
    Explain(explain::ExplainArgs),
    Parked(parked::ParkedArgs),
    Event(event::EventArgs),
    Stripe(with_stripe::StripeCommandArgs),
    User(user::UserArgs),
    Grant(grant::GrantArgs),
    Adjust(adjust::AdjustArgs),
    Hold(hold::HoldArgs),
    Stats(stats::StatsArgs),
    Endpoint(endpoint::EndpointArgs),
    Notify(notify::NotifyArgs),
    Catalogue(reference::CatalogueArgs),
    Models(models::ModelsArgs),
    Export(export::ExportArgs),
    Erase(erase::EraseArgs),
    Account(account::AccountArgs),
    Claim(claim::ClaimArgs),
    /// Print a shell completion script
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// Shell to complete for
        shell: Shell,
    },
}

/// Runs a command line, whose first word is the program's name, and returns the
/// exit code: 0 for success, 1 for a failure, 2 for an invalid command line, one that
/// names something wrong, or a Stripe that gives no answer, 3 if
/// there are findings that an operator must look at, 130 if `stop` was requested.
pub async fn run(
    line: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    output: Box<dyn Write + Send>,
    stop: Stop,
) -> u8 {
    run_with(line, output, stop, Variables::of_this_process()).await
}

/// Like [`run`], with the environment as a value. Flags that name a variable still take
/// it from the process.
pub async fn run_with(
    line: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    output: Box<dyn Write + Send>,
    stop: Stop,
    variables: Variables,
) -> u8 {
    let cli = match Cli::try_parse_from(line) {
        Ok(cli) => cli,
        Err(problem) => return not_a_command(&problem),
    };
    let place = cli.connection.place();
    match execute(cli, output, stop, variables).await {
        Ok(ending) => ending.code(),
        Err(failure) => {
            if failure.is_of_tables() {
                let said = one_line(&failure.to_string());
                eprintln!("creditsctl: {said}; asked were {place}");
            } else if !failure.is_silent() {
                eprintln!("creditsctl: {}", one_line(&failure.to_string()));
            }
            failure.code()
        }
    }
}

/// Shows a help that was asked for, or says on one line what is wrong with a command
/// line. Returns the exit code.
fn not_a_command(problem: &clap::Error) -> u8 {
    let is_asked_for = matches!(
        problem.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if is_asked_for {
        // If printing fails, the exit code still reports the error.
        let _ = problem.print();
    } else {
        let text = problem.to_string();
        let said = text.split("\n\nUsage:").next().unwrap_or_default();
        let said = said.split("\n\nFor more").next().unwrap_or_default();
        let said = said.strip_prefix("error: ").unwrap_or(said);
        eprintln!(
            "creditsctl: {}; --help shows what can be said",
            one_line(said)
        );
    }
    u8::try_from(problem.exit_code()).unwrap_or(1)
}

/// A text on one line: scripts and logs take an error line by line.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

/// The command line as a value: every command, subcommand and flag, for whoever must
/// not forget one.
pub fn command_line() -> clap::Command {
    let mut line = Cli::command();
    line.build();
    line
}

async fn execute(
    cli: Cli,
    mut output: Box<dyn Write + Send>,
    stop: Stop,
    variables: Variables,
) -> Result<Ending, Failure> {
    if let Command::Completions { shell } = cli.command {
        // clap_complete panics on a write error, so it writes to memory first.
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
        variables,
        connection: cli.connection,
    });
    // Boxed, or the futures of all commands would lie on the stack at once.
    match cli.command {
        Command::Import(args) => Box::pin(import::run(&args, &context)).await,
        Command::Migrate(args) => Box::pin(migrate::run(context, args)).await,
        Command::Verify(args) => Box::pin(verify::run(context, args)).await,
        Command::Doctor(args) => Box::pin(doctor::run(context, args)).await,
        Command::Explain(args) => Box::pin(explain::run(context, args)).await,
        Command::Parked(args) => Box::pin(parked::run(context, args)).await,
        Command::Event(args) => Box::pin(event::run(context, args)).await,
        Command::Stripe(args) => Box::pin(with_stripe::run(context, args)).await,
        Command::User(args) => Box::pin(user::run(context, args)).await,
        Command::Grant(args) => Box::pin(grant::run(context, args)).await,
        Command::Adjust(args) => Box::pin(adjust::run(context, args)).await,
        Command::Hold(args) => Box::pin(hold::run(context, args)).await,
        Command::Stats(args) => Box::pin(stats::run(context, args)).await,
        Command::Endpoint(args) => Box::pin(endpoint::run(context, args)).await,
        Command::Notify(args) => Box::pin(notify::run(context, args)).await,
        Command::Catalogue(args) => Box::pin(reference::catalogue(context, args)).await,
        Command::Models(args) => Box::pin(models::run(context, args)).await,
        Command::Export(args) => Box::pin(export::run(context, args)).await,
        Command::Erase(args) => Box::pin(erase::run(context, args)).await,
        Command::Account(args) => Box::pin(account::run(context, args)).await,
        Command::Claim(args) => Box::pin(claim::run(context, args)).await,
        Command::Completions { .. } => Ok(Ending::Done),
    }
}

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
mod warm;
mod warm_table;
mod work;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use cold_table::Subject;
use engine::Engine;
use lambda::Program;
use report::Report;
use shared::host::clock::Clock;

const EXAMPLES: &str = "\
Examples:
  cargo run --release -p bench                      all of it
  cargo run --release -p bench -- --calls 20000     longer
  cargo run --release -p bench -- --alone           without the peers";

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
        None => all(cli).await,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What it was measured on, as Linux tells it.
fn machine() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = |key: &str| -> Vec<&str> {
        let lines = cpus.lines().filter(|line| line.starts_with(key));
        lines
            .filter_map(|line| Some(line.split_once(':')?.1.trim()))
            .collect()
    };
    let model = named("model name")
        .first()
        .copied()
        .unwrap_or("a processor without a name")
        .to_string();
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{} x {model}, Linux {}; `cargo run --release -p bench`.",
        named("processor").len(),
        kernel.trim()
    )
}

/// What a trip to DynamoDB and back takes more in the table that shows trips.
const FURTHER: std::time::Duration = std::time::Duration::from_millis(4);

/// Writes the tables for people and the samples for machines.
fn keep(report: Report, date: &str) -> std::io::Result<()> {
    let folder = functions::workspace().join("bench/results");
    std::fs::create_dir_all(&folder)?;
    let (text, samples) = report.finish();
    std::fs::write(folder.join(format!("{date}.md")), text)?;
    std::fs::write(folder.join(format!("{date}.json")), samples)?;
    println!("\nwritten to bench/results/{date}.md, its samples to {date}.json beside it");
    Ok(())
}

/// Who is started cold: ours and the peers.
fn subjects(
    engine: &Engine,
    folder: &Path,
    rivals: &[beside::Rival],
) -> Result<Vec<Subject>, String> {
    // Only now, as building takes minutes and signatures are good for five.
    let now = Clock::now(&engine.world.clock);
    let mut subjects = Vec::new();
    for (name, event) in [
        ("credits", events::get_credits(beside::USER)),
        ("profile", events::get_profile(beside::USER)),
        ("stripe-webhook", warm_table::told(0, 0, now)),
    ] {
        subjects.push(Subject {
            name: name.to_string(),
            program: function(engine, folder, name),
            event,
            archive: Some(functions::zip_bytes(&folder.join(name))?),
            count: true,
        });
    }
    subjects.extend(rivals.iter().map(|rival| Subject {
        name: rival.name.to_string(),
        program: rival.program.clone(),
        event: events::get_credits(beside::USER),
        archive: Some(rival.zip_bytes),
        count: false,
    }));
    Ok(subjects)
}

/// One of our functions, on the engine's tables.
fn function(engine: &Engine, folder: &Path, name: &str) -> Program {
    Program {
        command: vec![folder.join(name).display().to_string()],
        folder: None,
        variables: engine.variables(),
    }
}

async fn all(cli: Cli) -> Result<(), Box<dyn std::error::Error>> {
    if cfg!(debug_assertions) {
        eprintln!("bench: this is a debug build; times mean little without --release");
    }
    let folder = functions::build().await?;
    let engine = Engine::start().await?;
    let mut report = Report::default();
    report.say(&format!(
        "# Measured on {}\n\n{}",
        Clock::now(&engine.world.clock).date(),
        machine()
    ));
    let function = |name: &str| function(&engine, &folder, name);
    let (rivals, missing) = if cli.alone {
        (
            Vec::new(),
            vec!["the peers were left out by --alone".to_string()],
        )
    } else {
        beside::build(&engine)?
    };
    let subjects = subjects(&engine, &folder, &rivals)?;
    let totals = cold_table::run(&mut report, &subjects, cli.starts).await;
    warm_table::run(&mut report, &engine, function, cli.calls).await?;
    let cpu = beside::run(
        &mut report,
        function("credits"),
        &rivals,
        &missing,
        cli.calls,
    )
    .await;
    let far = engine.variables_with_delay(FURTHER).await?;
    let far_function = |name: &str| Program {
        variables: far.clone(),
        ..function(name)
    };
    warm_table::trips(&mut report, far_function, cli.calls.min(300)).await?;
    work::run(&mut report, &engine.world).await?;
    let servers =
        over_http::run(&mut report, &engine.world, cli.calls.max(5_000), cli.alone).await?;
    growth::run(&mut report, &engine, function, cli.rows).await?;
    headline::say(&mut report, &totals, &cpu, servers);
    let today = Clock::now(&engine.world.clock).date();
    keep(report, &today)?;
    Ok(())
}

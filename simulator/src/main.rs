//! The command line of the simulator.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use clap::Parser;
use shared::host::clock::Stopwatch;
use simulator::{Failure, Plan, Report, plan_of, run_plan, shrunk};

const EXAMPLES: &str = "\
Examples:
  cargo run --profile sim -p simulator -- --seed 17
  cargo run --profile sim -p simulator -- --seed 1 --seeds 1000 --steps 500 --users 4

A seed that fails prints the shortest story that it can be shrunk to. The same seed with the same
steps and users always prints the same, speed apart.";

/// Simulates whole lives of users with every fault, and holds all promises against them
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
struct Arguments {
    /// The first seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds to run, one after the other
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Steps of each seed
    #[arg(long, default_value_t = 500)]
    steps: u32,
    /// Users of each seed
    #[arg(long, default_value_t = 4)]
    users: usize,
    /// Threads; each works on one seed at a time
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Print the plan of the first seed and run nothing
    #[arg(long)]
    plan: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match simulated(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(told) => {
            println!("{told}");
            ExitCode::from(3)
        }
    }
}

fn simulated(arguments: &Arguments) -> Result<(), String> {
    let Arguments {
        seed,
        seeds,
        steps,
        users,
        threads,
        plan,
    } = *arguments;
    let users = users.clamp(1, 1_000);
    let in_words = |error: Failure| error.to_string();
    if plan {
        print!("{}", plan_of(seed, steps, users).map_err(in_words)?);
        return Ok(());
    }
    let watch = Stopwatch::start();
    let total = Mutex::new(Total::default());
    let (next, failed) = (AtomicU64::new(0), Mutex::new(None));
    let work = || {
        while is_none(&failed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= seeds {
                return;
            }
            let seed = seed.wrapping_add(number);
            let ended = plan_of(seed, steps, users)
                .map_err(in_words)
                .and_then(|plan| run_plan(&plan).map_err(|failure| told(seed, &plan, &failure)));
            match ended {
                Ok(report) => lock(&total).add(seed, &report),
                Err(told) => *lock(&failed) = Some(told),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(work);
        }
    });
    if let Some(told) = lock(&failed).take() {
        return Err(told);
    }
    let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    let millis = watch.elapsed().as_millis().max(1);
    let a_second = u128::from(total.steps).saturating_mul(1_000) / millis;
    println!("{total}");
    println!("{a_second} steps a second");
    Ok(())
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_none<T>(of: &Mutex<Option<T>>) -> bool {
    lock(of).is_none()
}

/// A failure with the shortest story that shows it.
fn told(seed: u64, plan: &Plan, failure: &Failure) -> String {
    eprintln!("seed {seed}: {failure}; looking for a shorter story");
    let (shortest, failure) = shrunk(plan, failure);
    format!("seed {seed}: {failure}\n{shortest}")
}

/// The figures of all runs.
#[derive(Debug, Default)]
struct Total {
    seeds: u64,
    steps: u64,
    done: u64,
    refused: u64,
    events: u64,
    entries: u64,
    faults: BTreeMap<&'static str, u64>,
    ledgers: u64,
}

impl Total {
    /// Adds a run, in whatever order they end.
    fn add(&mut self, seed: u64, report: &Report) {
        let sum = |to: &mut u64, more: u64| *to = to.saturating_add(more);
        sum(&mut self.seeds, 1);
        sum(&mut self.steps, report.steps);
        sum(&mut self.done, report.commands.0);
        sum(&mut self.refused, report.commands.1);
        sum(&mut self.events, report.events);
        sum(&mut self.entries, report.entries);
        for (kind, count) in &report.faults {
            sum(self.faults.entry(kind).or_default(), *count);
        }
        let turns = u32::try_from(seed % 64).unwrap_or(0);
        self.ledgers ^= report.ledgers.rotate_left(turns);
    }
}

impl std::fmt::Display for Total {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (kind, count) in &self.faults {
            writeln!(formatter, "{count:>9} {kind}")?;
        }
        let Total {
            seeds,
            steps,
            done,
            refused,
            events,
            entries,
            ledgers,
            faults: _,
        } = self;
        write!(
            formatter,
            "{seeds} seeds, {steps} steps: {done} commands done, {refused} refused, \
             {events} events of Stripe, {entries} entries, digest {ledgers:016x}"
        )
    }
}

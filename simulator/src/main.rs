//! The command line of the simulator.

mod progress;
mod small;
mod total;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use clap::Parser;
use simulator::{Failure, Plan, plan_of, run_plan_at, shrunk, small_worlds};

use progress::Progress;
use total::Total;

const EXAMPLES: &str = "\
Examples:
  cargo run --profile sim -p simulator -- --seed 17
  cargo run --profile sim -p simulator -- --seed 1 --seeds 1000 --steps 500 --users 4
  cargo run --profile sim -p simulator -- --small-world

A seed that fails prints the shortest story that it can be shrunk to. The same seed with the same
steps and users always prints the same, speed apart. Of several seeds that fail, the first is told.

Exit codes: 0 all promises hold, 3 one is broken, 130 stopped by Ctrl-C.";

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
    /// Tell a failure as it is found, without looking for a shorter story
    #[arg(long)]
    unshrunk: bool,
    /// Keep the tables in another DynamoDB, at this address on loopback, such as DynamoDB Local;
    /// failures are told as they are found
    #[arg(long, value_name = "ADDRESS")]
    tables_at: Option<SocketAddr>,
    /// Print the plan of the first seed and run nothing
    #[arg(long)]
    plan: bool,
    /// Instead of seeds, follow every order of requests of two clients on one account, for
    /// every pair and triple of acts
    #[arg(long, conflicts_with_all = ["seed", "seeds", "steps", "users", "plan", "tables_at"])]
    small_world: bool,
}

/// A seed that failed.
struct Failed {
    seed: u64,
    plan: Plan,
    failure: Failure,
}

/// How all runs ended.
enum Ended {
    Well,
    Failed(String),
    Stopped,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match simulated(&arguments) {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::Failed(told)) | Err(told) => {
            println!("{told}");
            ExitCode::from(3)
        }
        Ok(Ended::Stopped) => ExitCode::from(130),
    }
}

fn simulated(arguments: &Arguments) -> Result<Ended, String> {
    let Arguments {
        seed, steps, users, ..
    } = *arguments;
    let users = users.clamp(1, 1_000);
    if arguments.plan {
        let plan = plan_of(seed, steps, users).map_err(|failure| failure.to_string())?;
        print!("{plan}");
        return Ok(Ended::Well);
    }
    let progress = if arguments.small_world {
        let worlds = u64::try_from(small_worlds().len()).unwrap_or(u64::MAX);
        Progress::of(worlds, ("worlds", "states"))
    } else {
        Progress::of(arguments.seeds, ("seeds", "steps"))
    };
    let (end, ended) = tokio::sync::oneshot::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| progress.tell(ended));
        let outcome = if arguments.small_world {
            let explored = small::explore_all(arguments.threads, &progress);
            explored.map(|told| match told {
                Some(told) => {
                    println!("{told}");
                    Ended::Well
                }
                None => Ended::Stopped,
            })
        } else {
            run_all(arguments, users, &progress)
        };
        // The teller may have ended already.
        let _ = end.send(());
        outcome
    })
}

fn run_all(arguments: &Arguments, users: usize, progress: &Progress) -> Result<Ended, String> {
    let total = Mutex::new(Total::default());
    let next = AtomicU64::new(0);
    let failed: Mutex<Option<Failed>> = Mutex::new(None);
    let broken: Mutex<Option<String>> = Mutex::new(None);
    let work = || {
        while lock(&failed).is_none() && lock(&broken).is_none() && !progress.is_stopped() {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= arguments.seeds {
                return;
            }
            let seed = arguments.seed.wrapping_add(number);
            let plan = match plan_of(seed, arguments.steps, users) {
                Ok(plan) => plan,
                Err(failure) => {
                    *lock(&broken) = Some(failure.to_string());
                    return;
                }
            };
            match run_plan_at(&plan, arguments.tables_at) {
                Ok(report) => {
                    progress.add(report.steps);
                    lock(&total).add(seed, &report);
                }
                Err(failure) => note(
                    &failed,
                    Failed {
                        seed,
                        plan,
                        failure,
                    },
                ),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads.max(1) {
            scope.spawn(work);
        }
    });
    if let Some(broken) = lock(&broken).take() {
        return Err(broken);
    }
    if let Some(failed) = lock(&failed).take() {
        let as_it_is = arguments.unshrunk || arguments.tables_at.is_some();
        return Ok(Ended::Failed(told(failed, as_it_is, progress)));
    }
    let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    let steps = u128::from(total.steps).saturating_mul(1_000);
    let a_second = steps.div_euclid(progress.millis());
    println!("{total}");
    println!("{a_second} steps a second");
    if progress.is_stopped() && total.seeds < arguments.seeds {
        return Ok(Ended::Stopped);
    }
    Ok(Ended::Well)
}

/// Every seed before one that fails was begun before it, and ends. So the first of them
/// stays the same however many threads there are.
fn note(known: &Mutex<Option<Failed>>, failed: Failed) {
    let mut known = lock(known);
    if known.as_ref().is_none_or(|it| failed.seed < it.seed) {
        *known = Some(failed);
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A failure with the shortest story that shows it.
fn told(failed: Failed, as_it_is: bool, progress: &Progress) -> String {
    let Failed {
        seed,
        plan,
        failure,
    } = failed;
    if as_it_is {
        return format!("seed {seed}: {failure}");
    }
    eprintln!("seed {seed}: {failure}; looking for a shorter story");
    let (shortest, failure) = shrunk(&plan, &failure, &|| progress.is_stopped());
    format!("seed {seed}: {failure}\n{shortest}")
}

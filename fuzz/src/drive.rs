//! Runs targets under libFuzzer, some at a time, and says what came of it.

use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;

use clap::Parser;
use fuzz::{TARGETS, Target};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::workshop::{Folders, build};

const EXAMPLES: &str = "\
Examples:
  cargo run --profile sim -p fuzz -- --seconds 20
  cargo run --profile sim -p fuzz -- --target event --seconds 600
  cargo run --profile sim -p fuzz -- --target event --replay target/sim/fuzzing/event/failed/crash-1f

An input that breaks a property is written to a file, and the command that replays it is printed.
What was found is kept beside it and is where the next run begins.

Exit codes: 0 no property was broken, 3 one was, 1 it could not run, 130 stopped by Ctrl-C.";

/// Makes up inputs, guided by the branches that they reach, and holds properties against them
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
struct Arguments {
    /// The target; without it all of them
    #[arg(long)]
    target: Option<String>,
    /// How long each target is tried
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// How many targets are tried at a time
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Run the target once, on the bytes of this file
    #[arg(long, requires = "target", value_name = "FILE")]
    replay: Option<PathBuf>,
}

/// How one target ended.
#[derive(Debug, Default)]
struct Ended {
    name: &'static str,
    executions: u64,
    /// Edges and counters of branches that inputs reached, as libFuzzer counts them.
    coverage: String,
    /// The inputs that reached them.
    corpus: String,
    /// What broke a property.
    failed: Option<(String, PathBuf)>,
}

pub(crate) async fn run() -> ExitCode {
    match ran(Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("fuzz: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn ran(arguments: Arguments) -> Result<ExitCode> {
    let targets: Vec<&'static Target> = match &arguments.target {
        None => TARGETS.iter().collect(),
        Some(name) => {
            let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            let known = fuzz::target(name);
            let problem = || Error::other(format!("{name} is none of {}", names.join(", ")));
            vec![known.ok_or_else(problem)?]
        }
    };
    if let (Some(file), [target]) = (&arguments.replay, targets.as_slice()) {
        return replay(target, file);
    }
    let program = build().await?;
    let (stop, stopped) = watch::channel(false);
    let waiting = tokio::spawn(async move {
        let _ = tokio::signal::ctrl_c().await;
        let _ = stop.send(true);
        // It is listened to until the end.
        std::future::pending::<()>().await;
    });
    let at_once = Arc::new(Semaphore::new(arguments.jobs.max(1)));
    let mut running = JoinSet::new();
    for target in targets {
        let (program, at_once, stopped) = (program.clone(), at_once.clone(), stopped.clone());
        running.spawn(async move {
            let _permit = at_once.acquire().await.map_err(Error::other)?;
            if *stopped.borrow() {
                return Ok(None);
            }
            fuzzed(target, &program, arguments.seconds).await.map(Some)
        });
    }
    let mut code = ExitCode::SUCCESS;
    while let Some(ended) = running.join_next().await {
        if let Some(ended) = ended.map_err(Error::other)?? {
            tell(&ended, arguments.seconds);
            if ended.failed.is_some() {
                code = ExitCode::from(3);
            }
        }
    }
    waiting.abort();
    if *stopped.borrow() {
        return Ok(ExitCode::from(130));
    }
    Ok(code)
}

fn tell(ended: &Ended, seconds: u32) {
    let Ended {
        name,
        executions,
        coverage,
        corpus,
        failed,
    } = ended;
    let a_second = executions.div_euclid(u64::from(seconds).max(1));
    println!("{name}: {executions} inputs, {a_second} a second, {coverage}, corpus {corpus}");
    if let Some((problem, file)) = failed {
        let file = file.display();
        println!("{name}: {problem}");
        println!("  cargo run --profile sim -p fuzz -- --target {name} --replay {file}");
    }
}

/// Runs a target once, in this process.
fn replay(target: &Target, file: &Path) -> Result<ExitCode> {
    match (target.run)(&std::fs::read(file)?) {
        Ok(()) => {
            println!("{}: every property is kept", target.name);
            Ok(ExitCode::SUCCESS)
        }
        Err(problem) => {
            println!("{}: {problem}", target.name);
            Ok(ExitCode::from(3))
        }
    }
}

/// Lets libFuzzer try a target. It hears of Ctrl-C by itself, as this program does.
async fn fuzzed(target: &'static Target, program: &Path, seconds: u32) -> Result<Ended> {
    let folders = Folders::of(target)?;
    let mut libfuzzer = Command::new(program);
    libfuzzer
        .env("FUZZ_TARGET", target.name)
        .env("RUST_BACKTRACE", "0")
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={}", target.longest))
        .arg(format!("-artifact_prefix={}/", folders.failed.display()))
        .args(["-print_final_stats=1", "-timeout=20", "-rss_limit_mb=4096"])
        .args(["-detect_leaks=0", "-reload=0", "-verbosity=1"])
        .arg(&folders.found)
        .arg(&folders.seeds)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // libFuzzer refuses an empty dictionary.
    if let Some(dictionary) = &folders.dictionary {
        libfuzzer.arg(format!("-dict={}", dictionary.display()));
    }
    if folders.committed.is_dir() {
        libfuzzer.arg(&folders.committed);
    }
    let mut child = libfuzzer.spawn()?;
    let said = child
        .stderr
        .take()
        .ok_or_else(|| Error::other("it says nothing"))?;
    let mut lines = BufReader::new(said).lines();
    let mut ended = Ended {
        name: target.name,
        ..Ended::default()
    };
    let (mut last, mut problem) = (Vec::new(), String::new());
    while let Some(line) = lines.next_line().await? {
        hear(&line, &mut ended, &mut problem);
        last.push(line);
        if last.len() > LAST {
            last.remove(0);
        }
    }
    let status = child.wait().await?;
    if !status.success() && ended.failed.is_none() && status.code() != Some(INTERRUPTED) {
        let said = last.join("\n");
        return Err(Error::other(format!(
            "{} ends with {status}\n{said}",
            target.name
        )));
    }
    Ok(ended)
}

/// How many lines are told when it ends in another way than it should.
const LAST: usize = 20;
/// libFuzzer's exit code after Ctrl-C.
const INTERRUPTED: i32 = 72;

/// Takes what matters from a line of libFuzzer's.
fn hear(line: &str, ended: &mut Ended, problem: &mut String) {
    if let Some(file) = line.split("Test unit written to ").nth(1) {
        let what = match problem.is_empty() {
            true => "it takes too long, or too much memory".to_string(),
            false => problem.clone(),
        };
        ended.failed = Some((what, PathBuf::from(file.trim())));
        return;
    }
    if let Some(number) = line.strip_prefix("stat::number_of_executed_units:") {
        ended.executions = number.trim().parse().unwrap_or(0);
        return;
    }
    // `#4096 pulse  cov: 733 ft: 1873 corp: 213/31Kb lim: 43 exec/s: 2048 rss: 66Mb`
    if line.starts_with('#') {
        let mut words = line.split_whitespace();
        let number = words.next().unwrap_or_default().trim_start_matches('#');
        ended.executions = number.parse().unwrap_or(ended.executions);
        let field = |name: &str| {
            let mut rest = line.split_whitespace().skip_while(|word| *word != name);
            rest.nth(1).map(str::to_string)
        };
        if let (Some(edges), Some(features)) = (field("cov:"), field("ft:")) {
            ended.coverage = format!("{edges} edges, {features} features");
        }
        if let Some(corpus) = field("corp:") {
            ended.corpus = corpus;
        }
        if line.contains("pulse") || line.contains("INITED") {
            eprintln!("{}: {line}", ended.name);
        }
        return;
    }
    let is_panic = line.contains("panicked at");
    if is_panic || (!problem.is_empty() && problem.ends_with(':')) {
        let before = std::mem::take(problem);
        *problem = if is_panic {
            line.to_string()
        } else {
            format!("{before} {line}")
        };
    }
}

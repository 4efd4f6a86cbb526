//! One run: builds what is needed, measures the tables one after the other, and
//! writes the report if all were measured.

use std::path::Path;

use shared::host::clock::Clock;

use crate::beside::{Cpu, Rival};
use crate::cli::{Cli, Part};
use crate::cold_table::{Subject, Totals};
use crate::engine::Engine;
use crate::lambda::Program;
use crate::over_http::Servers;
use crate::report::Report;
use crate::{
    batches, beside, cold_table, events, functions, growth, headline, over_http, warm_table, work,
};

type Failure = Box<dyn std::error::Error>;

/// Extra time per DynamoDB round trip in the table that shows trips.
const FURTHER: std::time::Duration = std::time::Duration::from_millis(4);

/// A run in progress.
struct Run {
    cli: Cli,
    engine: Engine,
    report: Report,
    /// The folder of our functions.
    folder: std::path::PathBuf,
    rivals: Vec<Rival>,
    /// Why peers are missing.
    missing: Vec<String>,
}

/// Measures what the command line names.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    if cfg!(debug_assertions) {
        eprintln!("bench: this is a debug build; times mean little without --release");
    }
    let mut run = Run {
        folder: functions::build().await?,
        engine: Engine::start().await?,
        report: Report::default(),
        rivals: Vec::new(),
        missing: Vec::new(),
        cli,
    };
    run.begin()?;
    let totals = run.cold().await?;
    run.warm().await?;
    let cpu = run.beside().await;
    run.trips().await?;
    run.batches().await?;
    run.work().await?;
    let servers = run.servers().await?;
    run.growth().await?;
    if let Some(servers) = servers.filter(|_| run.cli.only.is_empty()) {
        headline::say(&mut run.report, &totals, &cpu, servers);
        let today = Clock::now(&run.engine.world.clock).date();
        keep(run.report, &today)?;
    }
    Ok(())
}

impl Run {
    fn wants(&self, part: Part) -> bool {
        self.cli.only.is_empty() || self.cli.only.contains(&part)
    }

    fn begin(&mut self) -> Result<(), Failure> {
        let today = Clock::now(&self.engine.world.clock).date();
        self.report
            .say(&format!("# Measured on {today}\n\n{}", machine()));
        if self.cli.alone {
            self.missing = vec!["the peers were left out by --alone".to_string()];
        } else if self.wants(Part::Cold) || self.wants(Part::Beside) {
            (self.rivals, self.missing) = beside::build(&self.engine)?;
        }
        Ok(())
    }

    /// One of our functions, on the engine's tables.
    fn function(&self) -> impl Fn(&str) -> Program + use<> {
        let (folder, variables) = (self.folder.clone(), self.engine.variables());
        move |name| function(&folder, name, variables.clone())
    }

    async fn cold(&mut self) -> Result<Totals, Failure> {
        if !self.wants(Part::Cold) {
            return Ok(Totals::new());
        }
        let subjects = self.subjects().await?;
        Ok(cold_table::run(&mut self.report, &subjects, self.cli.starts).await)
    }

    async fn warm(&mut self) -> Result<(), Failure> {
        if self.wants(Part::Warm) {
            let function = self.function();
            warm_table::run(&mut self.report, &self.engine, function, self.cli.calls).await?;
        }
        Ok(())
    }

    async fn beside(&mut self) -> Cpu {
        if !self.wants(Part::Beside) {
            return Cpu::new();
        }
        let ours = self.function()("credits");
        let calls = self.cli.calls;
        beside::run(&mut self.report, ours, &self.rivals, &self.missing, calls).await
    }

    async fn trips(&mut self) -> Result<(), Failure> {
        if self.wants(Part::Trips) {
            let far = self.engine.variables_with_delay(FURTHER).await?;
            let folder = self.folder.clone();
            let far_function = |name: &str| function(&folder, name, far.clone());
            let calls = self.cli.calls.min(300);
            warm_table::trips(&mut self.report, far_function, calls).await?;
        }
        Ok(())
    }

    async fn batches(&mut self) -> Result<(), Failure> {
        if self.wants(Part::Batches) {
            let engine = Engine::start().await?;
            engine.without_stream()?;
            let distances = [
                ("0 ms", engine.variables()),
                ("4 ms further", engine.variables_with_delay(FURTHER).await?),
            ];
            let distances = distances
                .map(|(name, variables)| (name, function(&self.folder, "credits", variables)));
            let calls = self.cli.calls.min(300);
            batches::run(&mut self.report, distances, calls).await?;
        }
        Ok(())
    }

    async fn work(&mut self) -> Result<(), Failure> {
        if self.wants(Part::Work) {
            work::run(&mut self.report, &self.engine.world).await?;
        }
        Ok(())
    }

    async fn servers(&mut self) -> Result<Option<Servers>, Failure> {
        if !self.wants(Part::Servers) {
            return Ok(None);
        }
        let (calls, alone) = (self.cli.calls.max(5_000), self.cli.alone);
        let world = &self.engine.world;
        over_http::run(&mut self.report, world, calls, alone)
            .await
            .map(Some)
    }

    async fn growth(&mut self) -> Result<(), Failure> {
        if self.wants(Part::Growth) {
            let function = self.function();
            growth::run(&mut self.report, &self.engine, function, self.cli.rows).await?;
        }
        Ok(())
    }

    /// The subjects of cold starts: our functions and the peers.
    async fn subjects(&self) -> Result<Vec<Subject>, Failure> {
        // Signed here, because building takes minutes and signatures are valid
        // for five.
        let now = Clock::now(&self.engine.world.clock);
        let mut subjects = Vec::new();
        for (name, event) in [
            ("credits", events::get_credits(beside::USER)),
            ("profile", events::get_profile(beside::USER)),
            ("token", events::token()),
            ("billing", events::get_prices()),
            ("notify", events::told(&self.engine.world).await?),
            ("stripe-webhook", warm_table::reported(0, 0, now)),
        ] {
            subjects.push(Subject {
                name: name.to_string(),
                program: self.function()(name),
                event,
                archive: Some(functions::zip_bytes(&self.folder.join(name))?),
                count: true,
            });
        }
        subjects.extend(self.rivals.iter().map(|rival| Subject {
            name: rival.name.to_string(),
            program: rival.program.clone(),
            event: events::get_credits(beside::USER),
            archive: Some(rival.zip_bytes),
            count: false,
        }));
        Ok(subjects)
    }
}

fn function(folder: &Path, name: &str, variables: Vec<(String, String)>) -> Program {
    Program {
        command: vec![folder.join(name).display().to_string()],
        folder: None,
        variables,
    }
}

/// The machine, as Linux reports it.
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

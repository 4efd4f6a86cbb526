//! Compares our functions with the peers: the same two calls, on the same
//! engine, one sandbox each.

use std::collections::BTreeMap;
use std::time::Duration;

use dynoxide::Item;
use dynoxide::actions::put_item::PutItemRequest;
use local::World;

use crate::engine::{self, Engine, embedded};
use crate::events;
use crate::lambda::{LambdaError, Program, Sandbox};
use crate::peers::{Balance, Built, FUNCTIONS};
use crate::report::{Report, Table, exact_ms};
use crate::warm::measure;

type Failure = Box<dyn std::error::Error>;

/// Users and amounts of these lines; charges are so small that none is refused.
pub(crate) const USER: &str = "pro-user";

/// A peer that could be built.
pub(crate) struct Rival {
    pub(crate) name: &'static str,
    pub(crate) what: String,
    pub(crate) program: Program,
    pub(crate) zip_bytes: u64,
}

/// Builds the peers and names those that are missing. Their user has the same
/// figures as ours.
pub(crate) fn build(engine: &Engine) -> Result<(Vec<Rival>, Vec<String>), Failure> {
    put_balance(&engine.world)?;
    let (mut rivals, mut missing) = (Vec::new(), Vec::new());
    for peer in &FUNCTIONS {
        match peer.build() {
            Ok(built) => rivals.push(Rival {
                name: peer.name,
                what: format!("{}: {}, {}", peer.name, peer.what, built.versions),
                zip_bytes: built.zip_bytes,
                program: program(engine, built)?,
            }),
            Err(error) => missing.push(error.to_string()),
        }
    }
    Ok((rivals, missing))
}

fn program(engine: &Engine, built: Built) -> Result<Program, Failure> {
    let own = built.environment(&engine::root())?;
    let own = own.into_iter().map(|(name, value)| {
        let value = value.to_string_lossy().into_owned();
        (name.to_string(), value)
    });
    let mut command = vec![built.program.display().to_string()];
    command.extend(built.arguments);
    Ok(Program {
        command,
        folder: Some(built.folder),
        variables: engine.variables().into_iter().chain(own).collect(),
    })
}

/// Balance of the peers' user; more than any run charges.
pub(crate) fn balance() -> Balance {
    Balance {
        free_remaining_milli: 1_500_000,
        free_allocation_milli: 2_000_000,
        free_used_milli: 500_000,
        pro_remaining_milli: 5_000_000,
        pro_total_milli: 10_000_000,
        pro_used_milli: 5_000_000,
        reset_date: "2100-01-01T00:00:00Z".to_string(),
    }
}

fn put_balance(world: &World) -> Result<(), Failure> {
    let item: Item = serde_json::from_value(balance().item(USER))?;
    embedded(world)?.put_item(PutItemRequest {
        table_name: "credits".to_string(),
        item,
        ..PutItemRequest::default()
    })?;
    Ok(())
}

/// CPU time per warm read and per warm charge, by name.
pub(crate) type Cpu = BTreeMap<String, (Duration, Duration)>;

/// Measures reads and charges of each; failures become notes.
pub(crate) async fn run(
    report: &mut Report,
    ours: Program,
    rivals: &[Rival],
    missing: &[String],
    calls: u32,
) -> Cpu {
    let columns = [
        "warm, one sandbox",
        "GET credits p50 ms",
        "p99 ms",
        "CPU ms",
        "charge p50 ms",
        "p99 ms",
        "CPU ms",
    ];
    let mut table = Table::new("Beside others", &columns);
    let mut cpu = Cpu::new();
    let all = [("credits", &ours)]
        .into_iter()
        .chain(rivals.iter().map(|rival| (rival.name, &rival.program)));
    for (name, program) in all {
        match line(report, name, program, calls).await {
            Ok((cells, used)) => {
                table.row([vec![name.to_string()], cells].concat());
                cpu.insert(name.to_string(), used);
            }
            Err(error) => table.note(format!("{name} is not measured: {error}.")),
        }
    }
    table.note(
        "`credits` is ours. A peer reads one item of numbers and writes two; months, lots, holds, the ledger's chain and \
         the check of repeated keys are ours alone (bench/peers/README.md). CPU is that of the function's process.",
    );
    for rival in rivals {
        table.note(rival.what.clone());
    }
    for what in missing {
        table.note(format!("Missing: {what}."));
    }
    report.table(&table);
    cpu
}

async fn line(
    report: &mut Report,
    name: &str,
    program: &Program,
    calls: u32,
) -> Result<(Vec<String>, (Duration, Duration)), LambdaError> {
    let mut sandbox = Sandbox::start(program, None).await?;
    let read = measure(&mut sandbox, calls, &|_| events::get_credits(USER)).await?;
    let key = |call| events::charge(USER, &format!("beside-{name}-{call}"), "0.001");
    let charged = measure(&mut sandbox, calls, &key).await?;
    sandbox.end().await?;
    let mut cells = Vec::new();
    for (what, status, measured) in [("GET credits", 200, &read), ("charge", 201, &charged)] {
        report.samples(&format!("beside, {name}, {what}"), &measured.times);
        let right = measured.statuses.get(&status).copied().unwrap_or_default();
        if right != measured.times.len() {
            return Err(LambdaError::Function {
                program: name.to_string(),
                problem: format!("{what} was answered {:?}", measured.statuses),
            });
        }
        cells.extend([
            exact_ms(measured.percentile(50)),
            exact_ms(measured.percentile(99)),
            exact_ms(measured.cpu),
        ]);
    }
    Ok((cells, (read.cpu, charged.cpu)))
}

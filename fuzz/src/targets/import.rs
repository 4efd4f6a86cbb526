//! Importing the old tables: every row of a file that can be read is imported or reported,
//! every amount is accounted for, and importing again writes nothing.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use local::{World, WorldOptions};
use ops::import::{CostUnit, Figure, Import, Source, Summary, import};
use serde_json::Value;
use shared::host::clock::Clock;
use terminal::{Progress, Stop};
use tokio::runtime::Runtime;

use crate::draw::Draw;
use crate::seeds;
use crate::target::{Problem, Target};

/// The number of a table in one byte, and the file of that table.
pub(crate) const TARGET: Target = Target {
    name: "import",
    about: "exported tables as CSV, imported into the local world",
    longest: 8_192,
    run,
    seeds: tables,
};

const FIXTURES: &str = "tests/fixtures/import/before";
const MOMENT: &str = "2025-11-06T14:30:00Z";

thread_local! {
    static RUNTIME: RefCell<Option<(Runtime, PathBuf)>> = const { RefCell::new(None) };
}

fn run(input: &[u8]) -> Result<(), Problem> {
    let mut draw = Draw::of(input);
    let files = seeds::files(FIXTURES);
    let number = usize::from(draw.byte()).checked_rem(files.len());
    let Some(number) = number else { return Ok(()) };
    RUNTIME.with_borrow_mut(|place| {
        let (runtime, folder) = match place {
            Some(known) => known,
            None => place.insert(scratch().map_err(|error| error.to_string())?),
        };
        for (at, (name, text)) in files.iter().enumerate() {
            let text = if at == number {
                draw.clone().rest()
            } else {
                text
            };
            std::fs::write(folder.join(name), text).map_err(|error| error.to_string())?;
        }
        runtime.block_on(imported(folder))
    })
}

fn scratch() -> std::io::Result<(Runtime, PathBuf)> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("fuzz-import-{}-{number}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok((runtime, folder))
}

async fn imported(folder: &Path) -> Result<(), Problem> {
    let options = WorldOptions {
        now: MOMENT.parse().ok(),
        frozen: true,
        log_level: local::LogLevel::Nothing,
        ..WorldOptions::default()
    };
    let world = World::create(&options, "http://127.0.0.1:1".to_string()).await;
    let world = world.map_err(|error| error.to_string())?;
    let report = folder.join("report.jsonl");
    // A file that cannot be read ends the import, and says so.
    let Ok(first) = once(&world, folder, &report).await else {
        return Ok(());
    };
    for (source, rows) in &first.tally.rows {
        let known = rows.target.saturating_add(rows.refused);
        let known = known.saturating_add(rows.differ);
        if known < rows.source {
            return Err(format!("{source:?} loses rows: {rows:?}"));
        }
    }
    for figure in Figure::ALL {
        let lost = first
            .tally
            .sums
            .get(&figure)
            .map_or(0, |it| it.difference());
        let differ: u64 = first.tally.rows.values().map(|rows| rows.differ).sum();
        if lost != 0 && differ == 0 {
            return Err(format!("{figure:?} loses {lost} billionths"));
        }
    }
    let refused: u64 = first.tally.rows.values().map(|rows| rows.refused).sum();
    let text = std::fs::read_to_string(&report).map_err(|error| error.to_string())?;
    let told = refused_rows(&text)?;
    if told != refused {
        return Err(format!("{refused} rows are refused and {told} reported"));
    }
    let again = once(&world, folder, &report).await;
    let again = again.map_err(|problem| format!("only the first import passes: {problem}"))?;
    for source in Source::ALL {
        let written = again.tally.rows.get(&source).map_or(0, |rows| rows.written);
        if written > 0 {
            return Err(format!("{source:?}: {written} rows are written again"));
        }
    }
    Ok(())
}

/// How many rows a report refuses; one with several reasons is one.
fn refused_rows(report: &str) -> Result<u64, String> {
    let mut rows = BTreeSet::new();
    for line in report.lines() {
        let remark: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        if remark.get("verdict") == Some(&Value::from("refused")) {
            let place = ["table", "line"].map(|name| remark.get(name).map(Value::to_string));
            rows.insert(place);
        }
    }
    u64::try_from(rows.len()).map_err(|error| error.to_string())
}

async fn once(world: &World, folder: &Path, report: &Path) -> Result<Summary, String> {
    let imported = import(Import {
        store: &world.store,
        from: folder,
        now: world.clock.now(),
        entropy: world.entropy.clone(),
        stop: &Stop::new(),
        dry_run: false,
        report: Some(report),
        force: true,
        cost_unit: CostUnit::Cents,
        cutover: None,
        progress: &|rows| Progress::of("importing", Some(rows)),
    })
    .await;
    imported.map_err(|error| error.to_string())
}

fn tables() -> Vec<Vec<u8>> {
    let files = seeds::files(FIXTURES).into_iter().zip(0_u8..);
    files
        .map(|((_, text), number)| [vec![number], text].concat())
        .collect()
}

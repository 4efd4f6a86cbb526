//! Importing the old tables: whatever they hold and however often it is cut
//! short, no row is lost, every mending is reported, and importing again changes
//! nothing.
//!
//! `tests/fixtures/import` holds old data with every fault that is known of it,
//! as SQL and as Postgres exports it, before and after the old migration.

mod cutover;
mod cuts;
pub(crate) mod export;
mod killed;
mod large;
mod mending;
mod order;
mod rows;
mod seen;
mod spellings;
mod then_stripe;
mod tool;
mod twice;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use local::World;
use local::dynamodb::InProcessDynamoDb;
use ops::import::{CostUnit, Import, ImportError, Summary, import};
use serde_json::Value;
use shared::domain::Timestamp;
use shared::host::entropy::{Entropy, SystemEntropy};
use shared::store::{Store, TableNames};
use terminal::{Progress, Stop};
use tests::{NOW, Tables, at, dump};

/// Salts that are the same in every run, so that tables can be compared.
#[derive(Debug)]
struct SameSalts;

impl Entropy for SameSalts {
    fn bytes(&self) -> [u8; 16] {
        [7; 16]
    }
}

/// A process that imports; whatever it remembers ends with it.
pub(crate) struct Process {
    pub(crate) dynamodb: InProcessDynamoDb,
    store: Store,
    pub(crate) now: Timestamp,
    report: PathBuf,
    pub(crate) dry_run: bool,
    pub(crate) cutover: Option<Timestamp>,
    pub(crate) stop: Stop,
}

impl Process {
    pub(crate) fn on(world: &World) -> Self {
        let dynamodb = InProcessDynamoDb::new(world.dynamodb.engine().clone());
        let tables = TableNames {
            users: "users".into(),
            credits: "credits".into(),
            billing: "billing".into(),
            notices: "notices".into(),
        };
        let store = Store::new(dynamodb.client(), tables, Arc::new(SystemEntropy));
        Process {
            dynamodb,
            store,
            now: at(NOW),
            report: scratch("report").join("report.jsonl"),
            dry_run: false,
            cutover: None,
            stop: Stop::new(),
        }
    }

    pub(crate) async fn import(&self, folder: &Path) -> Result<Summary, ImportError> {
        import(Import {
            store: &self.store,
            from: folder,
            now: self.now,
            entropy: Arc::new(SameSalts),
            stop: &self.stop,
            dry_run: self.dry_run,
            report: Some(&self.report),
            force: false,
            cost_unit: CostUnit::Cents,
            cutover: self.cutover,
            progress: &|rows| Progress::of("importing", Some(rows)),
        })
        .await
    }

    /// What the report says, as `table last-digits-of-the-id verdict: why`.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.report).unwrap();
        text.lines()
            .map(|line| {
                let line: Value = serde_json::from_str(line).unwrap();
                let text = |name: &str| line[name].as_str().unwrap().to_string();
                let id = text("id");
                let id = id.rsplit('-').next().unwrap().trim_start_matches('0');
                let (table, verdict) = (text("table"), text("verdict"));
                format!("{table} {id} {verdict}: {}", text("why"))
            })
            .collect()
    }
}

/// A folder of its own for each that asks.
pub(crate) fn scratch(name: &str) -> PathBuf {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("import")
        .join(format!("{}-{number}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The old data, exported before or after the old migration.
pub(crate) fn fixture(when: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/import")
        .join(when)
}

/// What the tables hold but for what was seeded, whose salts are random.
pub(crate) async fn tables_of(world: &World) -> Tables {
    let mut tables = dump(&world.dynamodb.client()).await;
    tables
        .0
        .retain(|key, _| !key.contains("USER#free-user") && !key.contains("USER#pro-user"));
    tables
}

/// The last digits of an old user's id stand for the user.
pub(crate) fn old_user(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

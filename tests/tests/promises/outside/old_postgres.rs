//! A real Postgres with the old tables and their faults, exported by the lines
//! of `docs/import.md` and imported: no row is lost, and every mending is reported.
//!
//! Debian's package `postgresql` brings what this takes. Postgres refuses root,
//! so root hands over to somebody who may do nothing.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ops::import::{Figure, Source};
use shared::host::environment::Variables;
use tests::world;

use crate::architecture::root;
use crate::import::{Process, fixture, scratch, tables_of};

/// Where Debian puts the programs, out of PATH: a folder a version.
const DEBIAN_VERSIONS: &str = "/usr/lib/postgresql";
const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "psql"];

/// A Postgres of the test's own; it ends with this.
struct Postgres {
    programs: PathBuf,
    data: PathBuf,
    port: u16,
}

impl Postgres {
    /// Starts one; none if nobody asked for tools from outside.
    fn start() -> Option<Self> {
        let variables = Variables::of_this_process();
        if variables.optional("OUTSIDE") != Some("1") {
            println!("not run: set OUTSIDE=1 to have an old Postgres imported too");
            return None;
        }
        let on_path = std::env::split_paths(variables.optional("PATH").unwrap_or_default());
        let versions = fs::read_dir(DEBIAN_VERSIONS)
            .into_iter()
            .flatten()
            .flatten();
        let debian = versions.map(|version| version.path().join("bin"));
        let has_all = |folder: &PathBuf| PROGRAMS.iter().all(|it| folder.join(it).is_file());
        let programs = on_path.chain(debian).find(has_all).unwrap_or_else(|| {
            panic!(
                "OUTSIDE=1 asks for {PROGRAMS:?}, which are neither on PATH nor below \
                 {DEBIAN_VERSIONS}: install Debian's package postgresql, or leave OUTSIDE unset"
            )
        });
        // Somebody else must get there, so it is not below the target folder.
        let data = std::env::temp_dir().join(format!("old-postgres-{}", std::process::id()));
        fs::create_dir_all(&data).unwrap();
        if let Some((user, group)) = instead_of_root() {
            chown(&data, Some(user), Some(group)).unwrap();
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let postgres = Postgres {
            programs,
            data,
            port,
        };
        let mut initdb = postgres.program("initdb");
        initdb.args(["--pgdata", ".", "--username", "old", "--auth", "trust"]);
        check_of(initdb.args(["--encoding", "UTF8", "--no-locale", "--no-sync"]));
        let options =
            format!("-c listen_addresses=127.0.0.1 -c unix_socket_directories= -p {port}");
        let mut start = postgres.program("pg_ctl");
        start.args([
            "start", "--wait", "--silent", "--pgdata", ".", "--log", "log",
        ]);
        // What it leaves running would keep a pipe open.
        start.stdout(Stdio::null()).stderr(Stdio::null());
        let started = start.args(["--options", &options]).status().unwrap();
        assert!(
            started.success(),
            "see {}",
            postgres.data.join("log").display()
        );
        Some(postgres)
    }

    /// One of its programs, as somebody whom it does not refuse.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(&self.data).stdin(Stdio::null());
        if let Some((user, group)) = instead_of_root() {
            command.uid(user).gid(group);
        }
        command
    }

    fn psql(&self, folder: &Path) -> Command {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.current_dir(folder).stdin(Stdio::null());
        psql.args(["--host", "127.0.0.1", "--port", &self.port.to_string()]);
        psql.args(["--username", "old", "--dbname", "postgres", "--no-psqlrc"]);
        psql.args(["--quiet", "--set", "ON_ERROR_STOP=1"]);
        psql
    }

    /// Runs a file of SQL of the fixture.
    fn run(&self, name: &str) {
        let file = fixture(name);
        check_of(self.psql(&self.data).arg("--file").arg(file));
    }

    /// Exports all tables as the documentation says; the folder.
    fn export(&self) -> PathBuf {
        let folder = scratch("export");
        let lines = documented_export();
        fs::write(folder.join("export.sql"), lines).unwrap();
        check_of(self.psql(&folder).args(["--file", "export.sql"]));
        folder
    }

    /// What a query says, in one line.
    fn ask(&self, query: &str) -> String {
        let mut psql = self.psql(&self.data);
        let said = check_of(psql.args(["--tuples-only", "--no-align", "--command", query]));
        said.trim().to_string()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = self.program("pg_ctl");
        stop.args(["stop", "--silent", "--pgdata", ".", "--mode", "fast"]);
        // It may have ended by itself.
        let _ = stop.status();
        let _ = fs::remove_dir_all(&self.data);
    }
}

/// User and group of Debian's `nobody`, if this is root.
fn instead_of_root() -> Option<(u32, u32)> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    is_root.then_some((65_534, 65_534))
}

#[track_caller]
fn check_of(command: &mut Command) -> String {
    let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}\n{said}{problem}");
    said
}

/// The lines that `docs/import.md` gives, from BEGIN to COMMIT.
fn documented_export() -> String {
    let text = fs::read_to_string(root().join("docs/import.md")).unwrap();
    let (_, rest) = text.split_once("```sql\n").unwrap();
    let (lines, _) = rest.split_once("```").unwrap();
    assert_eq!(
        lines.matches(r"\copy ").count(),
        Source::ALL.len(),
        "{lines}"
    );
    lines.to_string()
}

/// Every file of an export, by its name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let name = |source: Source| format!("{}.csv", source.as_str());
    let read = |source| {
        let text = fs::read_to_string(folder.join(name(source))).unwrap();
        (name(source), text)
    };
    Source::ALL.into_iter().map(read).collect()
}

#[tokio::test]
async fn an_old_postgres_is_exported_as_documented_and_imported_without_losing_a_row() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    postgres.run("schema.sql");
    postgres.run("data.sql");
    let before = postgres.export();
    assert_eq!(
        files(&before),
        files(&fixture("before")),
        "the fixture is another export"
    );

    let world = world().await;
    let process = Process::on(&world);
    let summary = process.import(&before).await.unwrap();
    assert!(summary.is_clean(), "{summary}");
    let tables = tables_of(&world).await;
    for (source, rows) in &summary.tally.rows {
        let table = source.as_str();
        let count = postgres.ask(&format!("SELECT count(*) FROM {table}"));
        assert_eq!(rows.source.to_string(), count, "{table}");
        assert_eq!(rows.target.to_string(), count, "{table}");
    }
    // Every row of usage is an entry of its own, by its own id.
    let ids = postgres.ask("SELECT user_id || '/ENTRY#ops#import:usage:' || id FROM usage_history");
    for id in ids.lines() {
        assert!(tables.0.contains_key(&format!("credits USER#{id}")), "{id}");
    }
    for (figure, column, table) in [
        (Figure::CreditsTotal, "total_credits", "credits"),
        (Figure::CreditsUsed, "used_credits", "credits"),
        (Figure::UsageUsed, "credits_used", "usage_history"),
    ] {
        // In billionths, as the import counts.
        let query = format!("SELECT trunc(1000000000 * sum({column})) FROM {table}");
        let sum = postgres.ask(&query);
        assert_eq!(
            summary.tally.sums[&figure].source.to_string(),
            sum,
            "{figure:?}"
        );
    }

    postgres.run("migration.sql");
    let after = postgres.export();
    assert_eq!(
        files(&after),
        files(&fixture("after")),
        "the fixture is another export"
    );
    let again = Process::on(&world);
    let summary = again.import(&after).await.unwrap();
    assert!(summary.is_clean(), "{summary}");
    assert_eq!(tables_of(&world).await, tables);
}

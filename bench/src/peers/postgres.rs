//! A Postgres for the server peer: newly created, on a free loopback port,
//! stopped on drop. Its settings are Postgres's defaults, so every commit
//! reaches the disk.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use shared::host::environment::Variables;

use super::owner::Owner;
use super::workshop::{NotMeasured, Workshop};

/// Where Debian's package `postgresql` puts them, out of PATH: a folder a
/// version.
const DEBIAN_VERSIONS: &str = "/usr/lib/postgresql";
/// Far longer than a start takes.
const TRIES: u32 = 600;
const PAUSE: Duration = Duration::from_millis(50);

/// A running Postgres.
pub(super) struct Postgres {
    process: Child,
    programs: Programs,
    data: PathBuf,
    log: PathBuf,
    port: u16,
}

/// Its programs, and the user that runs them.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    folder: PathBuf,
    owner: Option<Owner>,
}

impl Programs {
    pub(super) fn find(workshop: &Workshop) -> Result<Self, NotMeasured> {
        let variables = Variables::of_this_process();
        let mut folders: Vec<PathBuf> =
            std::env::split_paths(variables.optional("PATH").unwrap_or_default()).collect();
        folders.extend(debian_folders(Path::new(DEBIAN_VERSIONS)));
        let has_all = |folder: &PathBuf| {
            let programs = ["initdb", "postgres", "pg_ctl"];
            programs.iter().all(|name| folder.join(name).is_file())
        };
        let Some(folder) = folders.into_iter().find(has_all) else {
            return Err(workshop.not_measured(format!(
                "initdb, postgres and pg_ctl are neither on PATH nor below {DEBIAN_VERSIONS} \
                 (Debian's package is postgresql)"
            )));
        };
        let owner = Owner::instead_of_root();
        let owner = owner.map_err(|problem| workshop.not_measured(problem))?;
        Ok(Programs { folder, owner })
    }

    /// `postgres (PostgreSQL) 15.18` and the like.
    pub(super) fn version(&self, workshop: &Workshop) -> Result<String, NotMeasured> {
        let postgres = self.folder.join("postgres");
        workshop.version(&postgres.to_string_lossy(), "reinstall it")
    }

    fn command(&self, name: &str, folder: &Path) -> Command {
        let mut command = Command::new(self.folder.join(name));
        command.current_dir(folder);
        if let Some(owner) = self.owner {
            owner.run(&mut command);
        }
        command
    }
}

/// The newest version's folder first.
fn debian_folders(versions: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(versions).into_iter().flatten().flatten();
    let number = |path: &PathBuf| {
        let name = path.file_name()?.to_str()?;
        name.parse::<u32>().ok()
    };
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    folders.sort_by_key(|path| std::cmp::Reverse(number(path)));
    folders.iter().map(|folder| folder.join("bin")).collect()
}

impl Postgres {
    pub(super) fn start(workshop: &Workshop, programs: Programs) -> Result<Self, NotMeasured> {
        // Not in the server's folder, which is zipped as a whole to measure its
        // size.
        let data = workshop.built.with_extension("data");
        if data.exists() {
            workshop.done(fs::remove_dir_all(&data))?;
        }
        workshop.done(fs::create_dir_all(&data))?;
        if let Some(owner) = programs.owner {
            workshop.done(owner.take(&data))?;
        }
        // Only this machine reaches it, for as long as the benchmark runs.
        let mut initdb = programs.command("initdb", &data);
        initdb.args(["--pgdata", ".", "--username", "bench", "--auth", "trust"]);
        workshop.step(initdb.args(["--encoding", "UTF8", "--no-locale", "--no-sync"]))?;

        let log = data.with_extension("log");
        let output = workshop.done(File::create(&log))?;
        let port = workshop.done(free_port())?;
        let mut postgres = programs.command("postgres", &data);
        postgres.args(["-D", ".", "-c", "listen_addresses=127.0.0.1"]);
        postgres.args(["-c", "unix_socket_directories=", "-p", &port.to_string()]);
        let errors = workshop.done(output.try_clone())?;
        postgres.stdin(Stdio::null()).stdout(output).stderr(errors);
        let mut started = Postgres {
            process: workshop.done(postgres.spawn())?,
            programs,
            data,
            log,
            port,
        };
        started.wait_until_ready(workshop)?;
        Ok(started)
    }

    /// Postgres itself writes into its pid file when it takes connections;
    /// `pg_ctl` waits for the same line.
    fn wait_until_ready(&mut self, workshop: &Workshop) -> Result<(), NotMeasured> {
        let pid_file = self.data.join("postmaster.pid");
        for _ in 0..TRIES {
            let text = fs::read_to_string(&pid_file).unwrap_or_default();
            if text.lines().any(|line| line.trim() == "ready") {
                return Ok(());
            }
            if let Some(status) = workshop.done(self.process.try_wait())? {
                return Err(self.never_ready(workshop, format!("postgres ended with {status}")));
            }
            sleep(PAUSE);
        }
        Err(self.never_ready(workshop, "postgres does not get ready".into()))
    }

    fn never_ready(&self, workshop: &Workshop, what: String) -> NotMeasured {
        workshop.not_measured(format!("{what}, see {}", self.log.display()))
    }

    /// Where the server finds it.
    pub(super) fn url(&self) -> String {
        format!("postgres://bench@127.0.0.1:{}/postgres", self.port)
    }
}

#[cfg(test)]
impl Postgres {
    /// The process that all others of it are children of.
    pub(super) fn process(&self) -> u32 {
        self.process.id()
    }
}

/// A port that was free a moment ago.
fn free_port() -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Killing it would leave its shared memory behind.
        let mut stop = self.programs.command("pg_ctl", &self.data);
        stop.args(["stop", "--silent", "--pgdata", ".", "--mode", "fast"]);
        let stopped = stop.stdin(Stdio::null()).status();
        if !stopped.is_ok_and(|status| status.success()) {
            // It may have ended by itself; then this changes nothing.
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

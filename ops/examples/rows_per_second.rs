//! Measures rows per second and memory of `creditsctl migrate`, `verify` and `models
//! replay`. It fills the tables first, so it needs an otherwise empty local world:
//!
//! ```sh
//! cargo run --release -- --port 8787 --dynamodb-port 8000
//! cargo run --release -p ops --example rows_per_second -- 10000 http://127.0.0.1:8000
//! ```
//!
//! A third argument is the number of entries of the long ledger, as many as there are
//! rows otherwise.
//!
//! It prints figures and asserts nothing.

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue::{self, Bool, M, N, S};
use aws_sdk_dynamodb::types::StreamSpecification;
use aws_sdk_dynamodb::{Client, Config};
use clap::Parser;
use shared::domain::{Action, Command, Credits, Digester, Erasable, Timestamp, Usage, UserId};
use shared::host::clock::{Deadline, Stopwatch};
use shared::host::entropy::SystemEntropy;
use shared::store::{CommitAllRequest, Store, Table, ring_http_client};
use terminal::{ConnectionArgs, Stop};

type Item = HashMap<String, AttributeValue>;

/// Past credits per user.
const PER_USER: u64 = 20;
/// The user with the long ledger.
const SPENDER: &str = "bench-spender";
/// Cards to rate the charges by, and the moment of the first one.
const CARDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../seeds/data/models.toml");
const START: &str = "2026-01-01T00:00:00Z";
/// Charges per call; with the account they fit into one transaction.
const CHARGES_AT_ONCE: u64 = 99;
/// Items per write request.
const AT_ONCE: u64 = 100;

#[derive(Parser)]
struct Connected {
    #[command(flatten)]
    connection: ConnectionArgs,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let (rows, url) = match (words.next().map(|rows| rows.parse::<u64>()), words.next()) {
        (Some(Ok(rows)), Some(url)) if url.starts_with("http://127.0.0.1:") => (rows, url),
        _ => return Err("say how many rows, and where: 10000 http://127.0.0.1:8000".into()),
    };
    let entries = words.next().map(|entries| entries.parse::<u64>());
    let entries = entries.transpose()?.unwrap_or(rows);
    let at = ["--endpoint-url", url.as_str(), "--region", "local"];
    let line = std::iter::once("rows_per_second").chain(at);
    let connected = Connected::try_parse_from(line)?;
    let store = connected
        .connection
        .connect(Arc::new(SystemEntropy))
        .await?;
    without_stream(&url).await?;
    fill(&store, rows).await?;
    println!("{rows} past credits of version 0 were put; {}", memory());
    for words in [
        &["migrate", "up"][..],
        &["migrate", "up", "--dry-run"],
        // The newest first, which has nothing to undo here.
        &["migrate", "down"],
        &["migrate", "down"],
    ] {
        measure(words, &at, rows).await?;
    }
    let entries = spend(&store, entries).await?;
    println!("{entries} entries were put into one ledger; {}", memory());
    measure(&["verify", "--user", SPENDER], &at, entries).await?;
    let replay = ["models", "replay", CARDS, "--since", START];
    measure(&replay, &at, entries).await
}

/// Switches the stream of the entries off: for every new record of a stream the embedded
/// engine looks at all that are there, and a million of them would take days.
async fn without_stream(url: &str) -> Result<(), Box<dyn Error>> {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new("local"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "local"))
        .http_client(ring_http_client(None))
        .build();
    let off = StreamSpecification::builder().stream_enabled(false);
    let request = Client::from_conf(config).update_table();
    let request = request
        .table_name("credits")
        .stream_specification(off.build()?);
    request.send().await?;
    Ok(())
}

async fn measure(words: &[&str], at: &[&str], rows: u64) -> Result<(), Box<dyn Error>> {
    let stopwatch = Stopwatch::start();
    let line = ["creditsctl"].iter().chain(words).chain(at).copied();
    let code = ops::run(line, Box::new(io::stdout()), Stop::new()).await;
    let ms = u64::try_from(stopwatch.elapsed().as_millis())?.max(1);
    let per_second = rows.saturating_mul(1_000) / ms;
    println!(
        "{}: exit code {code} after {ms} ms, {per_second} rows a second; {}",
        words.join(" "),
        memory()
    );
    Ok(())
}

/// Charges one user this many times, some hundred charges in one transaction.
async fn spend(store: &Store, charges: u64) -> Result<u64, Box<dyn Error>> {
    let user_id: UserId = SPENDER.parse()?;
    let start: Timestamp = START.parse()?;
    let mut account = None;
    let mut number = 0;
    while number < charges {
        let until = charges.min(number + CHARGES_AT_ONCE);
        let commands: Result<Vec<Command>, _> = (number..until).map(charge).collect();
        let request = CommitAllRequest {
            user_id: &user_id,
            commands: &commands?,
            account: account.take(),
            now: start.plus_seconds(i64::try_from(number / CHARGES_AT_ONCE)?),
            deadline: Deadline::after(Duration::from_secs(60)),
        };
        let committed = store.commit_all(request).await?;
        for result in committed.results {
            result?;
        }
        account = Some(committed.account);
        number = until;
    }
    Ok(charges)
}

fn charge(number: u64) -> Result<Command, Box<dyn Error>> {
    let mut digester = Digester::new("rows_per_second");
    digester.integer("number", number);
    Ok(Command {
        key: format!("ops#bench-{number}").parse()?,
        request_hash: digester.finish(),
        actor: Erasable::new("rows_per_second", [0; 16]),
        label: None,
        action: Action::Charge {
            amount: Credits::from_milli(1),
            usage: Usage {
                model_id: Some("gpt-5".to_string()),
                input_tokens: Some(1),
                output_tokens: Some(1),
                ..Usage::default()
            },
        },
    })
}

/// Past credits as version 0 wrote them.
async fn fill(store: &Store, rows: u64) -> Result<(), Box<dyn Error>> {
    let mut row = 0;
    while row < rows {
        let until = rows.min(row + AT_ONCE);
        let items = (row..until).map(past_credit).collect();
        let deadline = Deadline::after(Duration::from_secs(60));
        store.put_raw(Table::Credits, items, deadline).await?;
        row = until;
    }
    Ok(())
}

fn past_credit(row: u64) -> Item {
    let (user, month) = (row / PER_USER, row % PER_USER);
    let (year, month) = (2020 + month / 12, 1 + month % 12);
    let text = |text: String| S(text);
    let lot = Item::from([
        ("id".into(), text(format!("free:{year}-{month:02}-01"))),
        (
            "starts_at".into(),
            text(format!("{year}-{month:02}-01T00:00:00Z")),
        ),
        (
            "expires_at".into(),
            text(format!("{year}-{month:02}-28T00:00:00Z")),
        ),
        ("granted_milli".into(), N("2000000".into())),
        ("used_milli".into(), N("1500000".into())),
        ("lapsed_milli".into(), N("500000".into())),
    ]);
    let end = format!("{year}-{month:02}-28T00:00:00Z");
    Item::from([
        ("pk".into(), text(format!("USER#bench-{user}"))),
        (
            "sk".into(),
            text(format!("CREDIT#free#{end}#free:{year}-{month:02}-01")),
        ),
        ("entity".into(), text("PastCredit".into())),
        ("user_id".into(), text(format!("bench-{user}"))),
        ("is_current".into(), Bool(false)),
        ("ended_at".into(), text(end)),
        ("lot".into(), M(lot)),
    ])
}

/// Peak memory of this process, if the system reports it.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    match line {
        Some(most) => format!("at most {} of memory", most.trim()),
        None => "memory use is not available on this system".to_string(),
    }
}

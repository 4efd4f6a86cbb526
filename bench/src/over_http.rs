//! Whole servers over HTTP: the local gateway with our functions behind it,
//! and Express on Postgres; then 64 clients on one account.

use std::io::Error;
use std::net::SocketAddr;
use std::time::Duration;

use local::World;
use local::identity::TokenRequest;
use serde_json::{Value, json};
use shared::host::clock::Clock;

use crate::beside::{USER, balance};
use crate::gateway::{Served, address_of};
use crate::load::{Loaded, load, request};
use crate::peers::{ExpressPg, Identity};
use crate::report::{Report, Table, exact_ms};
use crate::warm::percentile;

type Failure = Box<dyn std::error::Error>;

/// Connections of the comparison.
const CONNECTIONS: u32 = 50;
/// Clients that contend for one account.
const CONTENDERS: u32 = 64;
/// Warm-up requests, not measured.
const BEFORE: u32 = 500;

/// Answers per second, and the p99 latency.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Throughput {
    pub(crate) per_second: u128,
    pub(crate) p99: Duration,
}

impl Throughput {
    fn of(loaded: &Loaded) -> Self {
        Throughput {
            per_second: loaded.per_second(),
            p99: percentile(&loaded.times, 99),
        }
    }
}

/// Reads of our gateway and of the server peer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Servers {
    pub(crate) ours: Throughput,
    /// None if it could not be built.
    pub(crate) peer: Option<Throughput>,
}

const COLUMNS: [&str; 5] = [
    "over HTTP",
    "answers a second",
    "p50 ms",
    "p99 ms",
    "answers",
];

fn row(report: &mut Report, table: &mut Table, what: &str, loaded: &Loaded) {
    report.samples(what, &loaded.times);
    let answers = loaded.statuses.iter();
    let answers: Vec<String> = answers
        .map(|(status, count)| format!("{count} x {status}"))
        .collect();
    table.row(vec![
        what.to_string(),
        loaded.per_second().to_string(),
        exact_ms(percentile(&loaded.times, 50)),
        exact_ms(percentile(&loaded.times, 99)),
        answers.join(", "),
    ]);
}

async fn reads(address: SocketAddr, token: &str, calls: u32) -> std::io::Result<Loaded> {
    let bearer = format!("Bearer {token}");
    let make = move |_| {
        let headers = [("authorization", bearer.as_str())];
        request("GET", "/api/user/credits", &headers, None)
    };
    load(address, CONNECTIONS, BEFORE, make.clone()).await?;
    load(address, CONNECTIONS, calls, make).await
}

async fn charges(
    address: SocketAddr,
    token: &str,
    connections: u32,
    calls: u32,
    prefix: &'static str,
) -> std::io::Result<Loaded> {
    let bearer = format!("Bearer {token}");
    let path = format!("/api/users/{USER}/charges");
    load(address, connections, calls, move |call| {
        let key = format!("{prefix}-{call}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("idempotency-key", key.as_str()),
        ];
        request("POST", &path, &headers, Some("{\"amount\":\"0.001\"}"))
    })
    .await
}

async fn ours_serve(
    report: &mut Report,
    table: &mut Table,
    calls: u32,
) -> Result<Throughput, Failure> {
    let served = Served::start().await?;
    let body = json!({ "user": USER, "scope": "credits.read" }).to_string();
    let token = served.token(&body).await?;
    let loaded = reads(served.address, &token, calls).await?;
    row(report, table, "local gateway, GET credits", &loaded);
    Ok(Throughput::of(&loaded))
}

/// The same with the server peer, whose tokens the world's issuer signs.
async fn peer_serves(
    report: &mut Report,
    table: &mut Table,
    world: &World,
    calls: u32,
) -> Result<Throughput, Failure> {
    let peer = ExpressPg::build()?;
    let jwks = world.issuer.jwks();
    let key = jwks.pointer("/keys/0").cloned().unwrap_or(Value::Null);
    let identity = Identity {
        key,
        issuer: world.issuer.issuer().to_string(),
        audience: world.issuer.audience().to_string(),
    };
    let running = peer.start(&identity, &[USER.to_string()], &balance())?;
    let address = address_of(&running.base_url)?;
    let now = world.clock.now().unix_seconds();
    let token = TokenRequest::access(USER, "credits.read", "bench");
    let token = world.issuer.issue(&token, now)?;
    let loaded = reads(address, &token, calls).await?;
    row(report, table, "Express + Postgres, GET credits", &loaded);
    let service = TokenRequest::client_credentials("inference-service", "credits.charge", "bench");
    let token = world.issuer.issue(&service, now)?;
    let contended = charges(address, &token, CONTENDERS, calls.min(CONTENDED), "peer").await?;
    row(
        report,
        table,
        &contention_of("Express + Postgres"),
        &contended,
    );
    table.note(format!(
        "{}; its zip has {} bytes.",
        peer.versions, peer.zip_bytes
    ));
    Ok(Throughput::of(&loaded))
}

/// Maximum charges of the contention line: they wait for each other.
const CONTENDED: u32 = 2_000;

fn contention_of(who: &str) -> String {
    format!("{who}, {CONTENDERS} clients charge one account")
}

/// The table; returns the measured reads of ours and of the peer.
pub(crate) async fn run(
    report: &mut Report,
    world: &World,
    calls: u32,
    alone: bool,
) -> Result<Servers, Failure> {
    let mut table = Table::new("Servers", &COLUMNS);
    let ours = ours_serve(report, &mut table, calls).await?;
    let served = Served::start().await?;
    let body = json!({ "client": "inference-service", "scope": "credits.charge" }).to_string();
    let token = served.token(&body).await?;
    let loaded = charges(
        served.address,
        &token,
        CONTENDERS,
        calls.min(CONTENDED),
        "one",
    )
    .await?;
    row(report, &mut table, &contention_of("local gateway"), &loaded);
    check_sum(&served, &loaded, &mut table).await?;
    drop(served);
    let measured = if alone {
        Err("the peer was left out by --alone".into())
    } else {
        peer_serves(report, &mut table, world, calls).await
    };
    let peer = match measured {
        Ok(measured) => Some(measured),
        Err(error) => {
            table.note(format!("Missing: {error}."));
            None
        }
    };
    table.note(format!(
        "{CONNECTIONS} connections for reads, {CONTENDERS} for charges; server and client share this machine's processors. The \
         local gateway is everything in one process: HTTP, token check, functions, embedded engine in memory; it \
         remembers which signatures it has verified. Express verifies each, and its Postgres syncs each commit to the disk."
    ));
    report.table(&table);
    Ok(Servers { ours, peer })
}

/// The balance must fall by exactly the accepted charges.
async fn check_sum(served: &Served, loaded: &Loaded, table: &mut Table) -> Result<(), Failure> {
    let body = json!({ "client": "inference-service", "scope": "credits.charge" }).to_string();
    let bearer = format!("Bearer {}", served.token(&body).await?);
    let headers = [("authorization", bearer.as_str())];
    let path = format!("/api/users/{USER}/credits");
    let answer = served.ask("GET", &path, &headers, None).await?;
    let answer: Value = serde_json::from_slice(&answer)?;
    let version = answer.get("version").and_then(Value::as_u64);
    let version = version.ok_or_else(|| Error::other(format!("no version: {answer}")))?;
    let accepted = loaded.statuses.get(&201).copied().unwrap_or_default();
    // The seeds opened it with the first entry.
    table.note(format!(
        "Of the contended charges {accepted} were accepted and {} entries were written; who was answered 503 repeats under \
         the same key.",
        version.saturating_sub(1)
    ));
    Ok(())
}

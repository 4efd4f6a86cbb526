//! Measuring: so many calls by so many callers at once, each timed, with what
//! they cost on DynamoDB in the mean.

use std::collections::BTreeMap;
use std::sync::Arc;

use local::World;
use local::gateway::Request;
use local::stripe::{StoryEvent, sign};
use serde_json::json;
use shared::domain::Timestamp;
use shared::host::clock::Stopwatch;

/// Requests as callers send them.
pub(crate) struct Caller;

impl Caller {
    pub(crate) fn get(path: &str, token: &str) -> Request {
        Request {
            method: "GET".into(),
            path: path.into(),
            headers: vec![("authorization".into(), format!("Bearer {token}"))],
            ..Request::default()
        }
    }

    pub(crate) fn webhook(event: &StoryEvent, secret: &str, now: Timestamp) -> Request {
        let body = event.payload().into_bytes();
        let signature = sign(secret, now, &body);
        Request {
            method: "POST".into(),
            path: "/webhooks/stripe".into(),
            headers: vec![
                ("stripe-signature".into(), signature),
                ("content-type".into(), "application/json".into()),
            ],
            body,
            ..Request::default()
        }
    }

    pub(crate) fn charge(user: &str, token: &str, key: &str, amount: &str) -> Request {
        Request {
            method: "POST".into(),
            path: format!("/api/users/{user}/charges"),
            headers: vec![
                ("authorization".into(), format!("Bearer {token}")),
                ("idempotency-key".into(), key.into()),
                ("content-type".into(), "application/json".into()),
            ],
            body: json!({ "amount": amount }).to_string().into_bytes(),
            ..Request::default()
        }
    }
}

/// What a line of the table says; costs are means per call with two decimals.
pub(crate) struct Measured {
    pub(crate) per_second: u128,
    pub(crate) p50_us: u128,
    pub(crate) p99_us: u128,
    /// What is left of the mean time without the database's own work, where one
    /// call runs at a time.
    pub(crate) own_us: Option<u128>,
    pub(crate) requests: String,
    pub(crate) reads: String,
    pub(crate) writes: String,
    pub(crate) statuses: String,
}

/// Makes `calls` calls, spread over `callers` at once; `request` gets the
/// number of the caller and of its call.
pub(crate) async fn run(
    world: &World,
    callers: u32,
    calls: u32,
    request: &impl Fn(u32, u32) -> Request,
) -> Measured {
    world.dynamodb.meter().reset();
    let gateway = Arc::new(world.gateway.clone());
    let engine_before = world.dynamodb.engine_time();
    let whole = Stopwatch::start();
    let mut tasks = Vec::new();
    for caller in 0..callers {
        let requests: Vec<Request> = (0..calls / callers)
            .map(|call| request(caller, call))
            .collect();
        let gateway = gateway.clone();
        tasks.push(tokio::spawn(async move {
            let mut answered = Vec::with_capacity(requests.len());
            for request in requests {
                let stopwatch = Stopwatch::start();
                let reply = gateway.handle(request).await;
                answered.push((stopwatch.elapsed().as_micros(), reply.status));
            }
            answered
        }));
    }
    let mut times = Vec::new();
    let mut statuses = BTreeMap::<u16, u32>::new();
    for task in tasks {
        for (time, status) in task.await.unwrap_or_default() {
            times.push(time);
            *statuses.entry(status).or_default() += 1;
        }
    }
    let elapsed = whole.elapsed().as_micros().max(1);
    let engine = (world.dynamodb.engine_time() - engine_before).as_micros();
    let in_calls: u128 = times.iter().sum();
    times.sort_unstable();
    let count = times.len().max(1);
    let percentile = |percent: usize| times.get(count * percent / 100).copied().unwrap_or(0);
    let cost = world.dynamodb.meter().snapshot().total;
    let mean = |hundredths: u64| {
        let each = hundredths / u64::try_from(count).unwrap_or(u64::MAX);
        format!("{}.{:02}", each / 100, each % 100)
    };
    Measured {
        per_second: 1_000_000 * count as u128 / elapsed,
        p50_us: percentile(50),
        p99_us: percentile(99),
        own_us: (callers == 1).then(|| in_calls.saturating_sub(engine) / count as u128),
        requests: mean(cost.requests * 100),
        reads: mean(cost.read_units.half_units() * 50),
        writes: mean(cost.write_units.half_units() * 50),
        statuses: statuses
            .iter()
            .map(|(status, count)| format!("{count}x{status}"))
            .collect::<Vec<_>>()
            .join(" "),
    }
}

//! The watch function: a schedule calls it every five minutes. It reads gauges for alarms,
//! and for the rest of its time it checks accounts against their ledgers.
//!
//! No balance depends on it. Months turn and lots end when an account is read, whether or
//! not it runs; it only tells that something is wrong before somebody else does.

#![deny(clippy::wildcard_enum_match_arm)]

mod gauges;
mod pass;
mod routes;
mod seen;

use std::time::Duration;

use serde_json::Value;
use shared::host::clock::{Deadline, SharedClock, Stopwatch};
use shared::host::log::{Figure, Level, Log, Unit};
use shared::http::add_work;
use shared::store::{Store, StoreError, Table};

use seen::Seen;

/// The function's name in logs and metrics.
pub const FUNCTION: &str = "watch";

/// The tables this function may access.
pub const TABLES: &[Table] = &[Table::Credits, Table::Users, Table::Billing, Table::Notices];

/// It has no routes.
pub const ROUTES: &[&str] = &[];

/// How long it checks accounts in one call; its timeout is longer.
const ROUND: Duration = Duration::from_secs(20);

/// The function and everything it needs.
#[derive(Clone, Debug)]
pub struct App {
    store: Store,
    clock: SharedClock,
    log: Log,
    round: Duration,
}

impl App {
    /// Builds the function from its parts.
    pub fn new(store: Store, clock: SharedClock, log: Log) -> Self {
        let round = ROUND;
        App {
            store,
            clock,
            log,
            round,
        }
    }

    /// The same with another time for checking accounts in one call.
    pub fn with_round(self, round: Duration) -> Self {
        App { round, ..self }
    }

    /// Handles a call of the schedule, whatever the event says. `invocation` is Lambda's
    /// own id.
    pub async fn handle(&self, _event: Value, invocation: String) -> Value {
        let stopwatch = Stopwatch::start();
        let app = App {
            store: self.store.for_one_request(),
            ..self.clone()
        };
        let seen = Seen::default();
        let until = Deadline::after(self.round);
        let gauges = app.read_gauges().await;
        let verified = app.go_on(until, &seen).await;
        let failure = gauges.and(verified).err();
        app.note(&seen, failure.as_ref(), &invocation, stopwatch.elapsed());
        Value::Null
    }

    /// The line of a call.
    fn note(&self, seen: &Seen, failure: Option<&StoreError>, invocation: &str, latency: Duration) {
        let level = match failure {
            Some(_) => Level::Error,
            None => Level::Info,
        };
        let mut line = self.log.line(level);
        line.text("message", "the tables were looked after");
        line.text("lambda_request_id", invocation);
        if let Some(error) = failure {
            line.text("reason", &error.to_string());
        }
        line.count("Requests", 1);
        line.count("ServerErrors", failure.is_some().into());
        seen.write(&mut line);
        let microseconds = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        line.metric(
            "Latency",
            Unit::Milliseconds,
            Figure::thousandths(microseconds),
        );
        add_work(&mut line, self.store.work().done());
        line.write();
    }
}

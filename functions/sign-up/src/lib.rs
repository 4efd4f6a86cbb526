//! The sign-up function: the user pool calls it when somebody has confirmed their
//! address, and it creates the user, or adds address and name to one who exists.
//!
//! It returns every event as it came and never fails: the person is confirmed already,
//! an error would only show them a failure, and the first sign-in creates who is missing.

#![deny(clippy::wildcard_enum_match_arm)]

mod confirmation;
mod routes;

use std::time::Duration;

use serde_json::Value;
use shared::domain::UserId;
use shared::host::clock::{Deadline, SharedClock, Stopwatch};
use shared::host::log::{Figure, Level, Log, Unit};
use shared::http::add_work;
use shared::store::{Arrival, Store, StoreError, Table};

use confirmation::Confirmation;

/// The function's name in logs and metrics.
pub const FUNCTION: &str = "sign-up";

/// The tables this function may access.
pub const TABLES: &[Table] = &[Table::Users];

/// It has no routes.
pub const ROUTES: &[&str] = &[];

/// The user pool waits five seconds.
const DEADLINE: Duration = Duration::from_millis(3500);

/// The function and everything it needs to answer.
#[derive(Clone, Debug)]
pub struct App {
    store: Store,
    clock: SharedClock,
    log: Log,
}

/// What became of an event.
enum Outcome {
    Created,
    Completed,
    Existing,
    Erased,
    /// Not about a new user.
    Ignored,
    /// Not an event of a user pool.
    Unreadable,
    Failed(StoreError),
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Outcome::Created => "created",
            Outcome::Completed => "completed",
            Outcome::Existing => "existing",
            Outcome::Erased => "erased",
            Outcome::Ignored => "ignored",
            Outcome::Unreadable => "unreadable",
            Outcome::Failed(_) => "failed",
        }
    }
}

impl App {
    /// Builds the function from its parts.
    pub fn new(store: Store, clock: SharedClock, log: Log) -> Self {
        App { store, clock, log }
    }

    /// Handles an event and returns it unchanged. `invocation` is Lambda's own id.
    pub async fn handle(&self, event: Value, invocation: String) -> Value {
        let stopwatch = Stopwatch::start();
        let app = App {
            store: self.store.for_one_request(),
            ..self.clone()
        };
        let outcome = match Confirmation::of(&event) {
            Some(Confirmation::Of(user)) => app.create(*user).await,
            Some(Confirmation::OfNobodyNew) => Outcome::Ignored,
            None => Outcome::Unreadable,
        };
        app.note(&outcome, &invocation, stopwatch.elapsed());
        event
    }

    async fn create(&self, person: confirmation::Confirmed) -> Outcome {
        let (user_id, now): (UserId, _) = (person.user_id, self.clock.now());
        let user = person.introduction.user(user_id, now, None);
        match self.store.arrive(&user, Deadline::after(DEADLINE)).await {
            Ok(Arrival::Created(_)) => Outcome::Created,
            Ok(Arrival::Completed(_)) => Outcome::Completed,
            Ok(Arrival::Existing(_)) => Outcome::Existing,
            Ok(Arrival::Erased) => Outcome::Erased,
            Err(error) => Outcome::Failed(error),
        }
    }

    /// The line of a request: neither who it was about nor what it said.
    fn note(&self, outcome: &Outcome, invocation: &str, latency: Duration) {
        let failed = matches!(outcome, Outcome::Failed(_) | Outcome::Unreadable);
        let level = if failed { Level::Error } else { Level::Info };
        let mut line = self.log.line(level);
        line.text("message", "a user was confirmed");
        line.text("lambda_request_id", invocation);
        line.text("outcome", outcome.word());
        if let Outcome::Failed(error) = outcome {
            line.text("reason", &error.to_string());
            let damaged = matches!(error, StoreError::Damaged(_));
            line.count("LedgerMismatches", damaged.into());
        }
        line.count("Requests", 1);
        line.count("ServerErrors", failed.into());
        let microseconds = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let milliseconds = Figure::thousandths(microseconds);
        line.metric("Latency", Unit::Milliseconds, milliseconds);
        add_work(&mut line, self.store.work().done());
        line.write();
    }
}

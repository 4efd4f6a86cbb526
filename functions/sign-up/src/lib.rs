//! The sign-up function: the user pool calls it before a sign-up, and it refuses addresses
//! of throw-away mailboxes; and when somebody has confirmed their address, and it creates
//! the user, or adds address and name to one who exists.
//!
//! It returns every other event as it came and never fails: who cannot be read is let in;
//! who has confirmed is confirmed already, an error would only show them a failure, and
//! the first sign-in creates who is missing.

#![deny(clippy::wildcard_enum_match_arm)]

mod confirmation;
mod disposable;
mod pre_sign_up;
mod routes;

use std::time::Duration;

use serde_json::Value;
use shared::domain::UserId;
use shared::host::clock::{Deadline, SharedClock, Stopwatch};
use shared::host::environment::{VariableError, Variables};
use shared::host::log::{Figure, Level, Log, Unit};
use shared::http::add_work;
use shared::store::{Arrival, Store, StoreError, Table};

use confirmation::Confirmation;
pub use pre_sign_up::REFUSED;

/// The function's name in logs and metrics.
pub const FUNCTION: &str = "sign-up";

/// The tables this function may access.
pub const TABLES: &[Table] = &[Table::Users];

/// It has no routes.
pub const ROUTES: &[&str] = &[];

/// The user pool waits five seconds.
const DEADLINE: Duration = Duration::from_millis(3500);

/// A sign-up that is refused; the pool shows the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{REFUSED}")]
pub struct Refused;

/// Settings from the environment, read once at the start.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    refuses_disposable: bool,
}

impl Settings {
    /// Reads `REFUSE_DISPOSABLE` (`true` or `false`, default true): whether addresses of
    /// throw-away mailboxes are refused.
    pub fn read(variables: &Variables) -> Result<Self, VariableError> {
        let refuses_disposable = variables.parsed("REFUSE_DISPOSABLE", true, "true or false")?;
        Ok(Settings { refuses_disposable })
    }
}

/// The function and everything it needs to answer.
#[derive(Clone, Debug)]
pub struct App {
    store: Store,
    clock: SharedClock,
    settings: Settings,
    log: Log,
}

/// What became of an event.
enum Outcome {
    Created,
    Completed,
    Existing,
    Erased,
    /// A sign-up that may go on.
    Let,
    /// One with an address that is thrown away.
    Refused,
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
            Outcome::Let => "let",
            Outcome::Refused => "refused",
            Outcome::Ignored => "ignored",
            Outcome::Unreadable => "unreadable",
            Outcome::Failed(_) => "failed",
        }
    }
}

impl App {
    /// Builds the function from its parts.
    pub fn new(store: Store, clock: SharedClock, settings: Settings, log: Log) -> Self {
        App {
            store,
            clock,
            settings,
            log,
        }
    }

    /// Handles an event and returns it unchanged. `invocation` is Lambda's own id.
    ///
    /// # Errors
    ///
    /// [`Refused`] before a sign-up with an address that is thrown away.
    pub async fn handle(&self, event: Value, invocation: String) -> Result<Value, Refused> {
        let stopwatch = Stopwatch::start();
        let app = App {
            store: self.store.for_one_request(),
            ..self.clone()
        };
        let is_before = pre_sign_up::is_before(&event);
        let outcome = match is_before {
            true => app.judge(&event),
            false => match Confirmation::of(&event) {
                Some(Confirmation::Of(user)) => app.create(*user).await,
                Some(Confirmation::OfNobodyNew) => Outcome::Ignored,
                None => Outcome::Unreadable,
            },
        };
        app.note(&outcome, is_before, &invocation, stopwatch.elapsed());
        match outcome {
            Outcome::Refused => Err(Refused),
            Outcome::Created
            | Outcome::Completed
            | Outcome::Existing
            | Outcome::Erased
            | Outcome::Let
            | Outcome::Ignored
            | Outcome::Unreadable
            | Outcome::Failed(_) => Ok(event),
        }
    }

    /// Whether a sign-up may go on. No table is asked.
    fn judge(&self, event: &Value) -> Outcome {
        match pre_sign_up::is_thrown_away(event) {
            Some(true) if self.settings.refuses_disposable => Outcome::Refused,
            Some(_) => Outcome::Let,
            None => Outcome::Unreadable,
        }
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
    fn note(&self, outcome: &Outcome, is_before: bool, invocation: &str, latency: Duration) {
        let failed = matches!(outcome, Outcome::Failed(_) | Outcome::Unreadable);
        let level = if failed { Level::Error } else { Level::Info };
        let mut line = self.log.line(level);
        line.text(
            "message",
            match is_before {
                true => "somebody signs up",
                false => "a user was confirmed",
            },
        );
        line.text("lambda_request_id", invocation);
        line.text("outcome", outcome.word());
        if let Outcome::Failed(error) = outcome {
            line.text("reason", &error.to_string());
            let damaged = matches!(error, StoreError::Damaged(_));
            line.count("LedgerMismatches", damaged.into());
        }
        line.count("Requests", 1);
        line.count("ServerErrors", failed.into());
        let is_refused = matches!(outcome, Outcome::Refused);
        // Lambda counts a refusal as an error of the function; its alarm takes these off.
        line.count("Refused", is_refused.into());
        let microseconds = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let milliseconds = Figure::thousandths(microseconds);
        line.metric("Latency", Unit::Milliseconds, milliseconds);
        add_work(&mut line, self.store.work().done());
        line.write();
    }
}

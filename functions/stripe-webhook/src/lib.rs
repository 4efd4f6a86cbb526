//! The Stripe webhook function: takes what Stripe tells and makes credits of it.
//!
//! This file names its one route, reads the configuration and tells and counts
//! what becomes of deliveries: one line for each request, one for each event.

mod gauge;
mod rejection;
mod routes;
mod secrets;
mod signature;

pub use rejection::Rejection;
pub use secrets::{SigningSecrets, Unverified};
pub use signature::{SignatureError, SigningSecret, WeakSecret, verify};
pub use stripe::{ReadError, counted_type, read};

use std::pin::pin;
use std::str::FromStr;

use shared::domain::billing::{BillingEvent, BillingTerms, EventOutcome};
use shared::domain::{ParseIdentifierError, StripeId};
use shared::host::clock::SharedClock;
use shared::host::environment::{VariableError, Variables};
use shared::host::log::{Level, Line, Log};
use shared::http::{Answering, ApiError, Event, Response};
use shared::store::{CatalogueCache, SettledEvent, Store, StoreError, Table};

use gauge::Gauge;

/// What this function calls itself in the log and its metrics.
pub const FUNCTION: &str = "stripe-webhook";

/// The tables this function may touch; the connection is opened with a read of
/// the first, and of accounts alone it may read a single item.
pub const TABLES: &[Table] = &[Table::Credits, Table::Users, Table::Billing];

/// The route keys this function answers, as in the template.
pub const ROUTES: &[&str] = &[routes::post_webhook::ROUTE_KEY];

/// What the environment settles, read once at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which events are acted on.
    pub terms: BillingTerms,
}

impl Settings {
    /// From `STRIPE_LIVEMODE`, `true` or `false`; there is no default, because
    /// a wrong guess gives credits for test cards or loses real purchases. From
    /// `STRIPE_ACCOUNTS` the connected accounts, separated by commas, whose
    /// events count as our own.
    pub fn read(variables: &Variables) -> Result<Self, VariableError> {
        let name = "STRIPE_LIVEMODE";
        variables.required(name, "true where Stripe's live events arrive, else false")?;
        let livemode = variables.parsed(name, false, "true or false")?;
        let expected = "ids of connected accounts, separated by commas";
        let accounts = variables.parsed("STRIPE_ACCOUNTS", Accounts::default(), expected)?;
        Ok(Settings {
            terms: BillingTerms {
                livemode,
                accounts: accounts.0,
            },
        })
    }
}

/// Connected accounts as a variable lists them.
#[derive(Default)]
struct Accounts(Vec<StripeId>);

impl FromStr for Accounts {
    type Err = ParseIdentifierError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let accounts = text.split(',').map(str::trim);
        let accounts = accounts.filter(|account| !account.is_empty());
        Ok(Accounts(
            accounts.map(str::parse).collect::<Result<_, _>>()?,
        ))
    }
}

/// The function with all it works with.
#[derive(Clone, Debug)]
pub struct App {
    store: Store,
    clock: SharedClock,
    catalogue: CatalogueCache,
    settings: Settings,
    secrets: SigningSecrets,
    log: Log,
    gauge: Gauge,
}

impl App {
    /// Puts the function together.
    pub fn new(
        store: Store,
        clock: SharedClock,
        settings: Settings,
        secrets: SigningSecrets,
        log: Log,
    ) -> Self {
        App {
            store,
            clock,
            catalogue: CatalogueCache::default(),
            settings,
            secrets,
            log,
            gauge: Gauge::default(),
        }
    }

    /// Fetches the signing secrets and the catalogue while the sandbox still
    /// starts, and looks how long something has waited. Secrets that cannot be
    /// used keep the function from starting; a catalogue that cannot be read just
    /// now is read with the first event.
    pub async fn warm_up(&self) -> Result<(), VariableError> {
        if let Err(failure) = self.read_catalogue().await {
            let mut line = self.log.line(Level::Warning);
            line.text("message", "the catalogue could not be read ahead of time");
            line.text("reason", &failure.to_string());
            line.write();
        }
        self.gauge.read(self).await;
        self.secrets.warm_up().await
    }

    async fn read_catalogue(&self) -> Result<(), StoreError> {
        self.catalogue.prices(&self.store, self.clock.now()).await?;
        Ok(())
    }

    /// Answers one request.
    pub async fn handle(&self, event: Event) -> Response {
        let app = App {
            store: self.store.for_one_request(),
            ..self.clone()
        };
        let count_rejected = |response: &Response, line: &mut Line<'_>| {
            let is_taken = (200..300).contains(&response.status_code());
            line.count("Rejected", u64::from(!is_taken));
        };
        Answering::of(&event, &app.log, &app.store)
            .run_and(pin!(app.route(&event)), count_rejected)
            .await
    }

    async fn route(&self, event: &Event) -> Result<Response, ApiError> {
        match event.route_key() {
            routes::post_webhook::ROUTE_KEY => routes::post_webhook::respond(self, event).await,
            _ => Err(ApiError::NotFound),
        }
    }

    /// The event that a delivery tells of: its size, its signature and its
    /// shape hold. A rejection is counted and logged here.
    pub async fn receive(&self, event: &Event) -> Result<BillingEvent, Rejection> {
        let received = routes::post_webhook::receive(self, event).await;
        if let Err(rejection) = &received {
            self.reject(rejection, event.request_id());
        }
        received
    }

    /// Counts what became of a delivery as `Events` by `Function`, `Type` and
    /// `Outcome`. The outcome is one word of a few; the type may be any.
    pub fn count(&self, event_type: &str, outcome: &'static str) {
        let event_type = counted_type(event_type);
        self.counted(Level::Info, event_type, outcome).write();
    }

    /// A line that counts what became of a delivery.
    fn counted(&self, level: Level, event_type: &'static str, outcome: &'static str) -> Line<'_> {
        let mut line = self.log.line(level);
        line.dimension("Type", event_type);
        line.dimension("Outcome", outcome);
        line.count_one_by(&["Type", "Outcome"], "Events");
        line
    }

    /// Logs and counts what became of an event, on one line. What waits or was
    /// refused is counted when it comes to that, and not when it is repeated.
    fn note(&self, event: &SettledEvent, outcome: &'static str, request_id: &str) {
        let (level, message) = if event.needs_operator {
            (Level::Error, "an event needs a person")
        } else {
            (Level::Info, "an event is settled")
        };
        let mut line = self.counted(level, counted_type(&event.event_type), outcome);
        if event.needs_operator {
            line.count_one_by(&["Outcome"], "NeedsOperator");
        }
        let is = |settled: EventOutcome| u64::from(outcome == settled.as_str());
        line.count("RefusedEvents", is(EventOutcome::Refused));
        line.count("ParkedEvents", is(EventOutcome::Parked));
        line.text("message", message);
        line.text("request_id", request_id);
        line.text("event_id", event.id.as_str());
        line.text("event_type", &event.event_type);
        if let Some(reason) = &event.reason {
            line.text("reason", reason);
        }
        line.write();
    }

    /// The log gets no more than the public text: paths and names of fields,
    /// never what stands in them.
    fn reject(&self, rejection: &Rejection, request_id: &str) {
        let level = if rejection.needs_attention() {
            Level::Error
        } else {
            Level::Info
        };
        let mut line = self.counted(level, rejection.counted_type(), rejection.outcome());
        line.text("message", "a delivery was turned away");
        line.text("request_id", request_id);
        if let Some(id) = rejection.event_id() {
            line.text("event_id", id.as_str());
        }
        line.text("reason", &rejection.to_string());
        line.write();
    }
}

#[cfg(test)]
mod fixtures;

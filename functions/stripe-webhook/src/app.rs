//! What the function works with, what its environment settles, and what it logs
//! and counts of deliveries: one line for each request, one for each event.

use std::str::FromStr;

use shared::domain::billing::{BillingTerms, EventOutcome};
use shared::domain::{ParseIdentifierError, StripeId};
use shared::host::clock::SharedClock;
use shared::host::environment::{VariableError, Variables};
use shared::host::log::{Level, Line, Log};
use shared::store::{CatalogueCache, SettledEvent, Store, StoreError};
use stripe::counted_type;

use crate::gauge::Gauge;
use crate::rejection::Rejection;
use crate::secrets::SigningSecrets;

/// What this function calls itself in the log and its metrics.
pub const FUNCTION: &str = "stripe-webhook";

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
    pub(crate) store: Store,
    pub(crate) clock: SharedClock,
    pub(crate) catalogue: CatalogueCache,
    pub(crate) settings: Settings,
    pub(crate) secrets: SigningSecrets,
    pub(crate) log: Log,
    pub(crate) gauge: Gauge,
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
        let catalogue = self.catalogue.read_at();
        self.gauge
            .read(catalogue, &self.store, self.clock.now(), &self.log)
            .await;
        self.secrets.warm_up().await
    }

    pub(crate) async fn read_catalogue(&self) -> Result<(), StoreError> {
        self.catalogue.prices(&self.store, self.clock.now()).await?;
        Ok(())
    }

    /// Counts what became of a delivery as `Events` by `Function`, `Type` and
    /// `Outcome`. The outcome is one word of a few; the type may be any.
    pub fn count(&self, event_type: &str, outcome: &'static str) {
        let event_type = counted_type(event_type);
        self.counted(Level::Info, event_type, outcome).write();
    }

    /// A line that counts what became of a delivery.
    pub(crate) fn counted(
        &self,
        level: Level,
        event_type: &'static str,
        outcome: &'static str,
    ) -> Line<'_> {
        let mut line = self.log.line(level);
        line.dimension("Type", event_type);
        line.dimension("Outcome", outcome);
        line.count_one_by(&["Type", "Outcome"], "Events");
        line
    }

    /// Logs and counts what became of an event, on one line. What waits or was
    /// refused is counted when it comes to that, and not when it is repeated.
    pub(crate) fn note(&self, event: &SettledEvent, outcome: &'static str, request_id: &str) {
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
    pub(crate) fn reject(&self, rejection: &Rejection, request_id: &str) {
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

//! The Stripe webhook function: takes what Stripe tells and makes credits of it.
//!
//! This file names its one route, reads the configuration and counts what
//! becomes of deliveries.

mod reader;
mod rejection;
mod routes;
mod secrets;
mod signature;

pub use reader::{ReadError, counted_type, read};
pub use rejection::Rejection;
pub use secrets::{SigningSecrets, Unverified};
pub use signature::{SignatureError, SigningSecret, WeakSecret, verify};

use shared::domain::billing::BillingEvent;
use shared::host::clock::SharedClock;
use shared::host::environment::{VariableError, Variables};
use shared::host::metrics::Metrics;
use shared::http::{ApiError, Event, Response, answer};
use shared::store::{CatalogueCache, SettledEvent, Store, StoreError, Table};

/// What this function calls itself in counters.
const FUNCTION: &str = "stripe-webhook";

/// The tables this function may touch.
pub const TABLES: &[Table] = &[Table::Users, Table::Credits, Table::Billing];

/// The route keys this function answers, as in the template.
pub const ROUTES: &[&str] = &[routes::post_webhook::ROUTE_KEY];

/// What the environment settles, read once at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether the events to act on are about real money; the others are not
    /// for this deployment.
    pub livemode: bool,
}

impl Settings {
    /// From `STRIPE_LIVEMODE`, `true` or `false`; there is no default, because
    /// a wrong guess gives credits for test cards or loses real purchases.
    pub fn read(variables: &Variables) -> Result<Self, VariableError> {
        let name = "STRIPE_LIVEMODE";
        variables.required(name, "true where Stripe's live events arrive, else false")?;
        let livemode = variables.parsed(name, false, "true or false")?;
        Ok(Settings { livemode })
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
    metrics: Metrics,
}

impl App {
    /// Puts the function together.
    pub fn new(
        store: Store,
        clock: SharedClock,
        settings: Settings,
        secrets: SigningSecrets,
        metrics: Metrics,
    ) -> Self {
        App {
            store,
            clock,
            catalogue: CatalogueCache::default(),
            settings,
            secrets,
            metrics,
        }
    }

    /// Fetches the signing secrets and the catalogue while the sandbox still
    /// starts. Secrets that cannot be used keep the function from starting; a
    /// catalogue that cannot be read just now is read with the first event.
    pub async fn warm_up(&self) -> Result<(), VariableError> {
        if let Err(failure) = self.read_catalogue().await {
            tracing::warn!(%failure, "the catalogue could not be read ahead of time");
        }
        self.secrets.warm_up().await
    }

    async fn read_catalogue(&self) -> Result<(), StoreError> {
        self.catalogue.prices(&self.store, self.clock.now()).await?;
        Ok(())
    }

    /// Answers one request.
    pub async fn handle(&self, event: Event) -> Response {
        answer(&event, async {
            match event.route_key() {
                routes::post_webhook::ROUTE_KEY => {
                    routes::post_webhook::respond(self, &event).await
                }
                _ => Err(ApiError::NotFound),
            }
        })
        .await
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
        self.count_known(counted_type(event_type), outcome);
    }

    /// Logs and counts what became of an event.
    fn note(&self, event: &SettledEvent, outcome: &'static str, request_id: &str) {
        self.count(&event.event_type, outcome);
        let (id, event_type) = (&event.id, event.event_type.as_str());
        let reason = event.reason.as_deref().unwrap_or_default();
        if event.needs_operator {
            let dimensions = [("Function", FUNCTION), ("Outcome", outcome)];
            self.metrics.count("NeedsOperator", &dimensions, 1);
            tracing::error!(request_id, %id, event_type, outcome, reason, "an event needs a person");
        } else {
            tracing::info!(request_id, %id, event_type, outcome, reason, "settled");
        }
    }

    fn count_known(&self, event_type: &'static str, outcome: &'static str) {
        let dimensions = [
            ("Function", FUNCTION),
            ("Type", event_type),
            ("Outcome", outcome),
        ];
        self.metrics.count("Events", &dimensions, 1);
    }

    /// The log gets no more than the public text: paths and names of fields,
    /// never what stands in them.
    fn reject(&self, rejection: &Rejection, request_id: &str) {
        let (outcome, event_type) = (rejection.outcome(), rejection.counted_type());
        self.count_known(event_type, outcome);
        let event_id = rejection.event_id().map_or("unknown", |id| id.as_str());
        let reason = rejection.to_string();
        if rejection.needs_attention() {
            tracing::error!(
                request_id,
                outcome,
                event_type,
                event_id,
                reason,
                "a delivery was turned away"
            );
        } else {
            tracing::info!(request_id, outcome, reason, "a delivery was turned away");
        }
    }
}

#[cfg(test)]
mod fixtures;

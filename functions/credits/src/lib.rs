//! The credits function: what a user may spend and has spent, and the charges
//! and holds of the inference service.
//!
//! One file per route; this file names them, reads the configuration and does
//! nothing else.

mod fields;
mod routes;
mod service;

use std::pin::pin;

use shared::domain::Usage;
use shared::host::clock::SharedClock;
use shared::host::entropy::SharedEntropy;
use shared::host::environment::{VariableError, Variables};
use shared::host::log::Log;
use shared::http::{Answering, ApiError, Event, RateLimiter, Response, ScopePrefix};
use shared::store::{ModelCache, RecentAccounts, Store, Table};

use routes::{
    get_credits, get_history, get_usage, get_user_credits, post_charge, post_hold,
    post_hold_commit, post_hold_extend, post_hold_release, post_hold_report,
};

/// What this function calls itself in the log and its metrics.
pub const FUNCTION: &str = "credits";

/// The tables this function may touch; the one it needs first comes first.
pub const TABLES: &[Table] = &[Table::Credits, Table::Users];

/// The route keys this function answers, as in the template.
pub const ROUTES: &[&str] = &[
    get_credits::ROUTE_KEY,
    get_history::ROUTE_KEY,
    get_usage::ROUTE_KEY,
    get_user_credits::ROUTE_KEY,
    post_charge::ROUTE_KEY,
    post_hold::ROUTE_KEY,
    post_hold_commit::ROUTE_KEY,
    post_hold_extend::ROUTE_KEY,
    post_hold_release::ROUTE_KEY,
    post_hold_report::ROUTE_KEY,
];

/// What the environment settles, read once at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    scope_prefix: ScopePrefix,
    credits_limiter: RateLimiter,
    renew_url: Option<String>,
}

impl Settings {
    /// From `SCOPE_PREFIX` (default none), `RATE_LIMIT_CREDITS_PER_MINUTE`
    /// (default 60, 0 = no limit) and `RENEW_URL` (where an expired
    /// subscription can be renewed; default none).
    pub fn read(variables: &Variables) -> Result<Self, VariableError> {
        Ok(Settings {
            scope_prefix: ScopePrefix::new(variables.optional("SCOPE_PREFIX")),
            credits_limiter: RateLimiter::read(
                "credits",
                variables,
                "RATE_LIMIT_CREDITS_PER_MINUTE",
                60,
            )?,
            renew_url: variables.optional("RENEW_URL").map(str::to_string),
        })
    }
}

/// The function with all it works with.
#[derive(Clone, Debug)]
pub struct App {
    store: Store,
    clock: SharedClock,
    entropy: SharedEntropy,
    settings: Settings,
    log: Log,
    models: ModelCache,
    recent: RecentAccounts,
}

impl App {
    /// Puts the function together.
    pub fn new(
        store: Store,
        clock: SharedClock,
        entropy: SharedEntropy,
        settings: Settings,
        log: Log,
    ) -> Self {
        App {
            store,
            clock,
            entropy,
            settings,
            log,
            models: ModelCache::default(),
            recent: RecentAccounts::default(),
        }
    }

    /// Answers one request.
    pub async fn handle(&self, event: Event) -> Response {
        let app = App {
            store: self.store.for_one_request(),
            ..self.clone()
        };
        Answering::of(&event, &app.log, &app.store)
            .run(pin!(app.route(&event)))
            .await
    }

    async fn route(&self, event: &Event) -> Result<Response, ApiError> {
        match event.route_key() {
            get_credits::ROUTE_KEY => get_credits::respond(self, event).await,
            get_history::ROUTE_KEY => get_history::respond(self, event).await,
            get_usage::ROUTE_KEY => get_usage::respond(self, event).await,
            get_user_credits::ROUTE_KEY => get_user_credits::respond(self, event).await,
            post_charge::ROUTE_KEY => post_charge::respond(self, event).await,
            post_hold::ROUTE_KEY => post_hold::respond(self, event).await,
            post_hold_commit::ROUTE_KEY => post_hold_commit::respond(self, event).await,
            post_hold_extend::ROUTE_KEY => post_hold_extend::respond(self, event).await,
            post_hold_release::ROUTE_KEY => post_hold_release::respond(self, event).await,
            post_hold_report::ROUTE_KEY => post_hold_report::respond(self, event).await,
            _ => Err(ApiError::NotFound),
        }
    }

    /// Whether the model that a charge names, if any, is on offer.
    async fn offers_model_of(&self, usage: &Usage) -> Result<bool, ApiError> {
        match &usage.model_id {
            None => Ok(true),
            Some(model) => {
                let now = self.clock.now();
                Ok(self.models.has_model(&self.store, now, model).await?)
            }
        }
    }

    /// Adds where to renew to the refusal that asks for it.
    fn refusal(&self, error: ApiError) -> ApiError {
        match error {
            ApiError::SubscriptionExpired {
                required,
                available,
                renew_url: _,
            } => ApiError::SubscriptionExpired {
                required,
                available,
                renew_url: self.settings.renew_url.clone(),
            },
            other => other,
        }
    }
}

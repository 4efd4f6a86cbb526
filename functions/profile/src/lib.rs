//! The profile function: who a user is, what they have chosen, everything the
//! app needs at launch in one trip, and the models on offer.
//!
//! One file per route; this file names them, reads the configuration and does
//! nothing else.

mod bodies;
mod routes;

use std::pin::pin;

use shared::host::clock::SharedClock;
use shared::host::environment::{VariableError, Variables};
use shared::host::log::Log;
use shared::http::{Answering, ApiError, Event, RateLimiter, Response, ScopePrefix};
use shared::store::{ModelCache, Store, Table};

/// What this function calls itself in the log and its metrics.
pub const FUNCTION: &str = "profile";

/// The tables this function may touch.
pub const TABLES: &[Table] = &[Table::Users, Table::Credits];

/// The route keys this function answers, as in the template.
pub const ROUTES: &[&str] = &[
    routes::get_profile::ROUTE_KEY,
    routes::get_preferences::ROUTE_KEY,
    routes::patch_preferences::ROUTE_KEY,
    routes::get_user::ROUTE_KEY,
    routes::get_models::ROUTE_KEY,
];

/// What the environment settles, read once at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    scope_prefix: ScopePrefix,
    profile_limiter: RateLimiter,
    launch_limiter: RateLimiter,
}

impl Settings {
    /// From `SCOPE_PREFIX` (default none) and `RATE_LIMIT_PROFILE_PER_MINUTE`
    /// (default 30 each for profile and launch, 0 = no limit).
    pub fn read(variables: &Variables) -> Result<Self, VariableError> {
        let limiter =
            |route| RateLimiter::read(route, variables, "RATE_LIMIT_PROFILE_PER_MINUTE", 30);
        Ok(Settings {
            scope_prefix: ScopePrefix::new(variables.optional("SCOPE_PREFIX")),
            profile_limiter: limiter("profile")?,
            launch_limiter: limiter("launch")?,
        })
    }
}

/// The function with all it works with.
#[derive(Clone, Debug)]
pub struct App {
    store: Store,
    clock: SharedClock,
    settings: Settings,
    log: Log,
    models: ModelCache,
}

impl App {
    /// Puts the function together.
    pub fn new(store: Store, clock: SharedClock, settings: Settings, log: Log) -> Self {
        App {
            store,
            clock,
            settings,
            log,
            models: ModelCache::default(),
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
            routes::get_profile::ROUTE_KEY => routes::get_profile::respond(self, event).await,
            routes::get_preferences::ROUTE_KEY => {
                routes::get_preferences::respond(self, event).await
            }
            routes::patch_preferences::ROUTE_KEY => {
                routes::patch_preferences::respond(self, event).await
            }
            routes::get_user::ROUTE_KEY => routes::get_user::respond(self, event).await,
            routes::get_models::ROUTE_KEY => routes::get_models::respond(self, event).await,
            _ => Err(ApiError::NotFound),
        }
    }
}

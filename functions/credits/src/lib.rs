//! The credits function: what a user may spend.
//!
//! One file per route; this file names them, reads the configuration and does
//! nothing else.

mod routes;

use shared::host::clock::SharedClock;
use shared::host::environment::{VariableError, Variables};
use shared::http::{ApiError, Event, RateLimiter, Response, ScopePrefix, answer};
use shared::store::{Store, Table};

/// The tables this function may touch.
pub const TABLES: &[Table] = &[Table::Credits];

/// The route keys this function answers, as in the template.
pub const ROUTES: &[&str] = &[routes::get_credits::ROUTE_KEY];

/// What the environment settles, read once at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    scope_prefix: ScopePrefix,
    credits_limiter: RateLimiter,
}

impl Settings {
    /// From `SCOPE_PREFIX` (default none) and `RATE_LIMIT_CREDITS_PER_MINUTE`
    /// (default 60, 0 = no limit).
    pub fn read(variables: &Variables) -> Result<Self, VariableError> {
        Ok(Settings {
            scope_prefix: ScopePrefix::new(variables.optional("SCOPE_PREFIX")),
            credits_limiter: RateLimiter::read(
                "credits",
                variables,
                "RATE_LIMIT_CREDITS_PER_MINUTE",
                60,
            )?,
        })
    }
}

/// The function with all it works with.
#[derive(Clone, Debug)]
pub struct App {
    store: Store,
    clock: SharedClock,
    settings: Settings,
}

impl App {
    /// Puts the function together.
    pub fn new(store: Store, clock: SharedClock, settings: Settings) -> Self {
        App {
            store,
            clock,
            settings,
        }
    }

    /// Answers one request.
    pub async fn handle(&self, event: Event) -> Response {
        answer(&event, async {
            match event.route_key() {
                routes::get_credits::ROUTE_KEY => routes::get_credits::respond(self, &event).await,
                _ => Err(ApiError::NotFound),
            }
        })
        .await
    }
}

//! What the function works with, and what its environment settles.

use shared::host::clock::SharedClock;
use shared::host::environment::{VariableError, Variables};
use shared::host::log::Log;
use shared::http::{RateLimiter, ScopePrefix};
use shared::store::{ModelCache, Store};

/// What this function calls itself in the log and its metrics.
pub const FUNCTION: &str = "profile";

/// What the environment settles, read once at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) scope_prefix: ScopePrefix,
    pub(crate) profile_limiter: RateLimiter,
    pub(crate) launch_limiter: RateLimiter,
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
    pub(crate) store: Store,
    pub(crate) clock: SharedClock,
    pub(crate) settings: Settings,
    pub(crate) log: Log,
    pub(crate) models: ModelCache,
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
}

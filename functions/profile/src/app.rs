//! The state of the profile function, and the settings it reads from the environment
//! once, at the start.

use shared::domain::{Price, Timestamp, plan_in_force};
use shared::host::clock::SharedClock;
use shared::host::environment::{VariableError, Variables};
use shared::host::log::Log;
use shared::http::{ApiError, Event, RateLimiter, ScopePrefix, also_has};
use shared::store::{ModelCache, Person, SinglePrices, Store};

/// The function's name in logs and metrics.
pub const FUNCTION: &str = "profile";

/// What a change of preferences weighs beside a look at them: it reads and writes.
const CHANGE_POINTS: u64 = 2;

/// Settings from the environment, read once at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) scope_prefix: ScopePrefix,
    pub(crate) profile_limiter: RateLimiter,
    pub(crate) launch_limiter: RateLimiter,
    pub(crate) preferences_limiter: RateLimiter,
    pub(crate) change_limiter: RateLimiter,
    pub(crate) models_limiter: RateLimiter,
    pub(crate) unsubscribe_limiter: RateLimiter,
}

impl Settings {
    /// Reads `SCOPE_PREFIX` (default none) and `RATE_LIMIT_PROFILE_PER_MINUTE` (default
    /// 30, 0 = no limit; points each for profile, launch, reading preferences, changing
    /// them, models and unsubscribing).
    pub fn read(variables: &Variables) -> Result<Self, VariableError> {
        let limiter =
            |counter| RateLimiter::read(counter, variables, "RATE_LIMIT_PROFILE_PER_MINUTE", 30);
        Ok(Settings {
            scope_prefix: ScopePrefix::new(variables.optional("SCOPE_PREFIX")),
            profile_limiter: limiter("profile")?,
            launch_limiter: limiter("launch")?,
            preferences_limiter: limiter("preferences")?,
            change_limiter: limiter("preferences-change")?.weighing(CHANGE_POINTS),
            models_limiter: limiter("models")?,
            unsubscribe_limiter: limiter("unsubscribe")?,
        })
    }
}

/// The function and everything it needs to answer.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) store: Store,
    pub(crate) clock: SharedClock,
    pub(crate) settings: Settings,
    pub(crate) log: Log,
    pub(crate) models: ModelCache,
    pub(crate) prices: SinglePrices,
}

impl App {
    /// Builds the function from its parts.
    pub fn new(store: Store, clock: SharedClock, settings: Settings, log: Log) -> Self {
        App {
            store,
            clock,
            settings,
            log,
            models: ModelCache::default(),
            prices: SinglePrices::default(),
        }
    }

    /// The price of a person's plan, from the catalogue, if it was bought at one.
    pub(crate) async fn price_of(
        &self,
        person: &Person,
        now: Timestamp,
    ) -> Result<Option<Price>, ApiError> {
        match plan_in_force(&person.subscriptions, now).price_id {
            Some(id) => Ok(self.prices.price(&self.store, now, &id).await?),
            None => Ok(None),
        }
    }

    /// Whether the caller's token is good for buying too.
    pub(crate) fn may_buy(&self, event: &Event) -> bool {
        also_has(event, &self.settings.scope_prefix, &["billing.manage"])
    }
}

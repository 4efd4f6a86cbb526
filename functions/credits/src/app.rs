//! The state of the credits function, and the settings it reads from the environment
//! once, at the start.

use std::sync::Arc;

use shared::domain::rating::RateCards;
use shared::host::clock::SharedClock;
use shared::host::entropy::SharedEntropy;
use shared::host::environment::{VariableError, Variables};
use shared::host::log::Log;
use shared::http::{ApiError, RateLimiter, ScopePrefix};
use shared::store::{ModelCache, RecentAccounts, Store};

/// The function's name in logs and metrics.
pub const FUNCTION: &str = "credits";

/// What a page of the history weighs beside a balance: a full one costs about twice as
/// much (docs/decisions/edge-and-http.md has the arithmetic).
const HISTORY_POINTS: u64 = 2;
/// What a sum of usage weighs: a month of an active user costs about four times as much.
const USAGE_POINTS: u64 = 4;

/// Settings from the environment, read once at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) scope_prefix: ScopePrefix,
    pub(crate) credits_limiter: RateLimiter,
    pub(crate) history_limiter: RateLimiter,
    pub(crate) usage_limiter: RateLimiter,
    pub(crate) quotes_limiter: RateLimiter,
    pub(crate) renew_url: Option<String>,
}

impl Settings {
    /// Reads `SCOPE_PREFIX` (default none), `RATE_LIMIT_CREDITS_PER_MINUTE` (default
    /// 60, 0 = no limit; points each for the balance, for the ledger, which history and
    /// usage share, and for quotes) and `RENEW_URL` (where an expired subscription can be
    /// renewed; default none).
    pub fn read(variables: &Variables) -> Result<Self, VariableError> {
        let limiter =
            |counter| RateLimiter::read(counter, variables, "RATE_LIMIT_CREDITS_PER_MINUTE", 60);
        Ok(Settings {
            scope_prefix: ScopePrefix::new(variables.optional("SCOPE_PREFIX")),
            credits_limiter: limiter("credits")?,
            history_limiter: limiter("ledger")?.weighing(HISTORY_POINTS),
            usage_limiter: limiter("ledger")?.weighing(USAGE_POINTS),
            quotes_limiter: limiter("quotes")?,
            renew_url: variables.optional("RENEW_URL").map(str::to_string),
        })
    }
}

/// The function and everything it needs to answer.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) store: Store,
    pub(crate) clock: SharedClock,
    pub(crate) entropy: SharedEntropy,
    pub(crate) settings: Settings,
    pub(crate) log: Log,
    pub(crate) models: ModelCache,
    pub(crate) recent: RecentAccounts,
}

impl App {
    /// Builds the function from its parts.
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

    /// Whether the model that a request names, if any, is on offer.
    pub(crate) async fn offers(&self, model: Option<&str>) -> Result<bool, ApiError> {
        match model {
            None => Ok(true),
            Some(model) => {
                let now = self.clock.now();
                Ok(self.models.has_model(&self.store, now, model).await?)
            }
        }
    }

    /// The rate cards, if a request is rated by those of a model.
    pub(crate) async fn cards_for(&self, model: Option<&str>) -> Result<Arc<RateCards>, ApiError> {
        match model {
            None => Ok(Arc::default()),
            Some(model) => {
                let now = self.clock.now();
                Ok(self.models.cards_for(&self.store, now, model).await?)
            }
        }
    }

    /// Adds the renewal URL to the error that needs it.
    pub(crate) fn refusal(&self, error: ApiError) -> ApiError {
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

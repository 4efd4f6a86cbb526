//! The state of the billing function, and the settings it reads from the environment
//! once, at the start.

use shared::host::clock::SharedClock;
use shared::host::entropy::SharedEntropy;
use shared::host::environment::{VariableError, Variables};
use shared::host::log::Log;
use shared::http::{RateLimiter, ScopePrefix};
use shared::store::{PriceCache, Store, StoreError};
use stripe_client::Client;

use crate::return_url::Allowed;

/// The function's name in logs and metrics.
pub const FUNCTION: &str = "billing";

/// The scope of its routes.
pub(crate) const SCOPE: &str = "billing.manage";

/// Settings from the environment, read once at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) scope_prefix: ScopePrefix,
    pub(crate) limiter: RateLimiter,
    pub(crate) prices_limiter: RateLimiter,
    /// Where buyers may return to; empty = the redirect URIs of the token's client.
    pub(crate) return_urls: Vec<Allowed>,
    pub(crate) livemode: bool,
}

impl Settings {
    /// Reads `STRIPE_LIVEMODE` (`true` or `false`, required), `RETURN_URLS` (addresses
    /// that buyers may return to, separated by commas; default: the redirect URIs of the
    /// token's client), `SCOPE_PREFIX` (default none) and
    /// `RATE_LIMIT_BILLING_PER_MINUTE` (default 20 for checkouts and the portal together,
    /// and as many for prices; 0 = no limit).
    pub fn read(variables: &Variables) -> Result<Self, VariableError> {
        let name = "STRIPE_LIVEMODE";
        variables.required(name, "true where purchases are real, else false")?;
        let listed = variables.optional("RETURN_URLS").unwrap_or_default();
        let listed = listed.split(',').map(str::trim);
        let listed = listed.filter(|entry| !entry.is_empty());
        let return_urls = listed.map(|entry| {
            Allowed::listed(entry).ok_or_else(|| VariableError::Unusable {
                name: "RETURN_URLS",
                problem: format!(
                    "must list https addresses, http addresses of this machine and schemes of \
                     apps like myapp://, not {entry:?}"
                ),
            })
        });
        let limiter =
            |counter| RateLimiter::read(counter, variables, "RATE_LIMIT_BILLING_PER_MINUTE", 20);
        Ok(Settings {
            scope_prefix: ScopePrefix::new(variables.optional("SCOPE_PREFIX")),
            limiter: limiter("billing")?,
            prices_limiter: limiter("prices")?,
            return_urls: return_urls.collect::<Result<_, _>>()?,
            livemode: variables.parsed(name, false, "true or false")?,
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
    pub(crate) prices: PriceCache,
    /// Stripe's API; none without a key.
    pub(crate) stripe: Option<Client>,
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
            prices: PriceCache::default(),
            stripe: None,
        }
    }

    /// The same function, which sells through this client, with keys of the
    /// deployment's mode. Without one only the prices are answered.
    #[must_use]
    pub fn selling_through(self, stripe: Option<Client>) -> Self {
        let livemode = self.settings.livemode;
        App {
            stripe: stripe.map(|stripe| stripe.in_mode(livemode)),
            ..self
        }
    }

    /// Reads the prices while the sandbox is still starting. If they cannot be read now,
    /// the first request reads them.
    pub async fn warm_up(&self) {
        let read: Result<_, StoreError> = self.prices.list(&self.store, self.clock.now()).await;
        if let Err(failure) = read {
            let trouble = format!("the prices could not be read ahead of time: {failure}");
            self.store.work().note(trouble);
        }
    }
}

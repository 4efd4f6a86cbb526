//! The state of the token function, and the settings it reads from the environment
//! once, at the start. Nothing is connected before the first request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use outbound::Url;
use shared::host::clock::SharedClock;
use shared::host::environment::{VariableError, Variables};
use shared::host::log::Log;
use shared::http::ScopePrefix;
use shared::store::Store;

use crate::issuer::Issuer;
use crate::keys::KeyCache;

/// The function's name in logs and metrics.
pub const FUNCTION: &str = "token";

/// Settings from the environment, read once at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The `iss` of tokens.
    pub(crate) issuer: String,
    /// Where the issuer exchanges codes.
    pub(crate) token_endpoint: Url,
    /// Where the issuer publishes its keys.
    pub(crate) jwks_uri: Url,
    /// Accepted `aud` values; `client_id` where a token has no `aud`.
    pub(crate) audiences: Vec<String>,
    pub(crate) scope_prefix: ScopePrefix,
}

impl Settings {
    /// Reads `TOKEN_ISSUER`, `TOKEN_ENDPOINT`, `JWKS_URI`, `TOKEN_AUDIENCES` (separated by
    /// commas), all required, and `SCOPE_PREFIX` (default none).
    pub fn read(variables: &Variables) -> Result<Self, VariableError> {
        let issuer = variables.required("TOKEN_ISSUER", "the issuer, as in `iss` of its tokens")?;
        let audiences = "the accepted audiences of tokens, separated by commas";
        let audiences = variables.required("TOKEN_AUDIENCES", audiences)?.split(',');
        let audiences = audiences.map(str::trim).filter(|name| !name.is_empty());
        Ok(Settings {
            issuer: issuer.to_string(),
            token_endpoint: url(variables, "TOKEN_ENDPOINT", "the issuer's token endpoint")?,
            jwks_uri: url(variables, "JWKS_URI", "the address of the issuer's keys")?,
            audiences: audiences.map(str::to_string).collect(),
            scope_prefix: ScopePrefix::new(variables.optional("SCOPE_PREFIX")),
        })
    }
}

fn url(
    variables: &Variables,
    name: &'static str,
    purpose: &'static str,
) -> Result<Url, VariableError> {
    let text = variables.required(name, purpose)?;
    text.parse().map_err(|error| VariableError::Unusable {
        name,
        problem: format!("{error}, not {text:?}"),
    })
}

/// The function and everything it needs to answer.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) store: Store,
    pub(crate) clock: SharedClock,
    pub(crate) settings: Settings,
    pub(crate) log: Log,
    pub(crate) issuer: Issuer,
    pub(crate) keys: KeyCache,
    /// Whether something kept this request's tokens from the data beside them.
    pub(crate) without_data: Arc<AtomicBool>,
}

impl App {
    /// Builds the function from its parts.
    pub fn new(store: Store, clock: SharedClock, settings: Settings, log: Log) -> Self {
        App {
            issuer: Issuer::at(&settings.token_endpoint),
            keys: KeyCache::at(&settings.jwks_uri),
            store,
            clock,
            settings,
            log,
            without_data: Arc::default(),
        }
    }

    /// Notes for this request's log line why its tokens come without data.
    pub(crate) fn leave_out_data(&self, why: &str, is_trouble: bool) {
        self.without_data.store(is_trouble, Ordering::Relaxed);
        self.store
            .work()
            .note(format!("the tokens are returned without data: {why}"));
    }
}

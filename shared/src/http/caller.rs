//! The caller: who makes a request, according to the verified token alone.
//!
//! The gateway has checked signature, issuer, audience and time, and that the token has
//! at least one of the route's scopes. It can neither distinguish an ID token from an
//! access token nor require two scopes at once, so both are checked here.

use super::{ApiError, Event};
use crate::domain::{ClientId, UserId};

/// The prefix of each scope in this deployment's tokens: Cognito issues `<resource
/// server>/<scope>`, others the bare scope.
#[derive(Clone, Debug, Default)]
pub struct ScopePrefix(String);

impl ScopePrefix {
    /// From `SCOPE_PREFIX`, for example `api/`; none = bare scopes.
    pub fn new(prefix: Option<&str>) -> Self {
        ScopePrefix(prefix.unwrap_or_default().to_string())
    }

    /// Whether the scopes of a token, separated by spaces, contain every one in `needed`.
    pub fn grants(&self, scopes: &str, needed: &[&str]) -> bool {
        let granted: Vec<&str> = scopes
            .split_whitespace()
            .filter_map(|scope| scope.strip_prefix(self.0.as_str()))
            .collect();
        needed.iter().all(|scope| granted.contains(scope))
    }
}

/// A user on whose behalf a request is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The token's `sub`.
    pub user_id: UserId,
}

/// A program that acts on its own behalf: the inference service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceCaller {
    /// The OAuth client.
    pub client: ClientId,
}

impl Caller {
    /// The caller of a user route, if the token carries every scope in `needed`.
    pub fn of(event: &Event, prefix: &ScopePrefix, needed: &[&str]) -> Result<Self, ApiError> {
        let subject = subject(event)?;
        let user_id = subject
            .parse()
            .map_err(|_| ApiError::Unauthorized("the token's sub is not a user id"))?;
        check_scopes(event, prefix, needed)?;
        if is_client_itself(event, subject) {
            return Err(ApiError::WrongCaller(
                "This needs a token of a user, not of a service.",
            ));
        }
        Ok(Caller { user_id })
    }
}

impl ServiceCaller {
    /// The caller of a service route, if the token comes from client credentials and
    /// carries every scope in `needed`.
    pub fn of(event: &Event, prefix: &ScopePrefix, needed: &[&str]) -> Result<Self, ApiError> {
        let subject = subject(event)?;
        check_scopes(event, prefix, needed)?;
        if !is_client_itself(event, subject) {
            return Err(ApiError::WrongCaller(
                "This needs a token of a service, not of a user.",
            ));
        }
        let client = client_id(event)
            .and_then(|client| client.parse().ok())
            .ok_or(ApiError::Unauthorized("the token names no client"))?;
        Ok(ServiceCaller { client })
    }
}

/// Whether the token of a caller also carries every scope in `wanted`.
pub fn also_has(event: &Event, prefix: &ScopePrefix, wanted: &[&str]) -> bool {
    check_scopes(event, prefix, wanted).is_ok()
}

/// Lets a user's token pass that has every scope in `of_user`, and a service's that has
/// every one in `of_service`; answers the user, or none for a service.
pub fn user_or_service(
    event: &Event,
    prefix: &ScopePrefix,
    of_user: &[&str],
    of_service: &[&str],
) -> Result<Option<Caller>, ApiError> {
    if is_client_itself(event, subject(event)?) {
        ServiceCaller::of(event, prefix, of_service).map(|_| None)
    } else {
        Caller::of(event, prefix, of_user).map(Some)
    }
}

fn subject(event: &Event) -> Result<&str, ApiError> {
    if event
        .claim("token_use")
        .is_some_and(|kind| kind != "access")
    {
        return Err(ApiError::Unauthorized("the token is not an access token"));
    }
    event
        .claim("sub")
        .ok_or(ApiError::Unauthorized("the token has no sub"))
}

/// Cognito writes `client_id`, others `azp`.
fn client_id(event: &Event) -> Option<&str> {
    event.claim("client_id").or_else(|| event.claim("azp"))
}

/// With client credentials the client is its own subject; some issuers append
/// `@clients` to it.
fn is_client_itself(event: &Event, subject: &str) -> bool {
    client_id(event).is_some_and(|client| {
        subject
            .strip_prefix(client)
            .is_some_and(|rest| rest.is_empty() || rest == "@clients")
    })
}

fn check_scopes(event: &Event, prefix: &ScopePrefix, needed: &[&str]) -> Result<(), ApiError> {
    let granted = event.claim("scope").or_else(|| event.claim("scp"));
    // A list claim arrives as `[a b]`.
    let granted = granted.unwrap_or_default().trim_matches(['[', ']']);
    if prefix.grants(granted, needed) {
        Ok(())
    } else {
        Err(ApiError::InsufficientScope {
            needed: needed.join(" "),
        })
    }
}

//! The caller: who a request is from, by the verified token alone.
//!
//! The gateway has checked signature, issuer, audience and time, and that the
//! token has any one of the route's scopes. It cannot tell an ID token from an
//! access token nor ask for two scopes at once, so that is checked here.

use super::{ApiError, Event};
use crate::domain::UserId;

/// What stands before each scope in this deployment's tokens: Cognito issues
/// `<resource server>/<scope>`, others the bare scope.
#[derive(Clone, Debug, Default)]
pub struct ScopePrefix(String);

impl ScopePrefix {
    /// From `SCOPE_PREFIX`, for example `api/`; none = bare scopes.
    pub fn new(prefix: Option<&str>) -> Self {
        ScopePrefix(prefix.unwrap_or_default().to_string())
    }
}

/// A user on whose behalf a request is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The token's `sub`.
    pub user_id: UserId,
}

impl Caller {
    /// The caller of a user route, if the token carries every scope in `needed`.
    pub fn of(event: &Event, prefix: &ScopePrefix, needed: &[&str]) -> Result<Self, ApiError> {
        let subject = event
            .claim("sub")
            .ok_or(ApiError::Unauthorized("the token has no sub"))?;
        if event
            .claim("token_use")
            .is_some_and(|kind| kind != "access")
        {
            return Err(ApiError::Unauthorized("the token is no access token"));
        }
        let user_id = subject
            .parse()
            .map_err(|_| ApiError::Unauthorized("the token's sub is no user id"))?;
        let granted = event.claim("scope").or_else(|| event.claim("scp"));
        let granted: Vec<&str> = granted
            .unwrap_or_default()
            // A claim that was a list arrives as `[a b]`.
            .trim_matches(['[', ']'])
            .split_whitespace()
            .filter_map(|scope| scope.strip_prefix(prefix.0.as_str()))
            .collect();
        if needed.iter().all(|scope| granted.contains(scope)) {
            Ok(Caller { user_id })
        } else {
            Err(ApiError::InsufficientScope {
                needed: needed.join(" "),
            })
        }
    }
}

//! Identity in the local world: an issuer of real RS256 tokens with sign-in by
//! OAuth, and the checks of API Gateway's JWT authorizer.
//!
//! `signing-key.pem` is public, like everything else in the repository. It signs
//! nothing but local tokens, and no deployed authorizer knows its issuer.

mod authorizer;
mod claims;
mod discovery;
mod issuer;
pub(crate) mod oauth;
#[cfg(test)]
mod tests;
mod token_id;
mod verified;

pub use authorizer::{JwksError, JwtAuthorizer, Rejection};
pub use claims::Claims;
pub(crate) use discovery::{
    AUTHORIZE_PATH, DISCOVERY_PATH, JWKS_PATH, TOKEN_PATH, discovery_document,
};
pub(crate) use issuer::IdToken;
pub use issuer::{IssuerError, TokenIssuer, TokenRequest, TokenUse};
pub use oauth::Grants;
pub(crate) use token_id::token_id;

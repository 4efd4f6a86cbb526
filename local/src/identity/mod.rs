//! Identity in the local world: an issuer of real RS256 tokens, and the checks
//! of API Gateway's JWT authorizer.
//!
//! `signing-key.pem` is public, like everything else in the repository. It signs
//! nothing but local tokens, and no deployed authorizer knows its issuer.

mod authorizer;
mod claims;
mod issuer;
#[cfg(test)]
mod tests;
mod token_id;
mod verified;

pub use authorizer::{JwksError, JwtAuthorizer, Rejection};
pub use claims::Claims;
pub use issuer::{IssuerError, TokenIssuer, TokenRequest, TokenUse};
pub(crate) use token_id::token_id;

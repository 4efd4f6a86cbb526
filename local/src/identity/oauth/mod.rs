//! The issuer as an OAuth server: the authorization code grant with PKCE, and
//! refresh tokens that are rotated. Routes, time and randomness are the
//! caller's. It knows public clients only, and keeps no session of a browser.

mod authorization;
mod exchange;
mod form;
mod grants;
mod page;
mod refusal;
#[cfg(test)]
mod tests;

pub(crate) use authorization::{AuthorizationError, AuthorizationRequest};
pub(crate) use exchange::Exchange;
pub(crate) use form::Form;
pub use grants::Grants;
pub(crate) use grants::{CodeBinding, Given, SignIn};
pub(crate) use page::{SignInPage, error_page};
pub(crate) use refusal::{OAuthCode, OAuthError};

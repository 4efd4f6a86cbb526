//! The edge: the code between API Gateway and a route.
//!
//! An [`Event`] comes in, a [`Response`] goes out. In between a route has five steps:
//! parse, load, decide, commit, render. Every failure becomes an [`ApiError`], which
//! one place turns into a response.

mod allowance;
mod answer;
mod body;
mod caller;
mod conditional;
mod credits_body;
mod error;
mod error_causes;
mod error_code;
mod event;
mod json;
mod limiter;
mod oauth_error;
#[cfg(feature = "openapi")]
pub mod openapi;
mod origin;
mod price_body;
mod response;
mod serve;

pub use allowance::Allowance;
pub use answer::{Answering, add_work};
pub use body::{Fields, json_text};
pub use caller::{Caller, ScopePrefix, ServiceCaller, also_has, user_or_service};
pub use conditional::conditional;
pub use credits_body::CreditsBody;
pub use error::{ApiError, FieldProblems, Portal};
pub use error_code::ErrorCode;
pub use event::{BodyError, Event};
pub use limiter::RateLimiter;
pub use oauth_error::OAuthError;
pub use origin::Origin;
pub use price_body::PriceBody;
pub use response::Response;
pub use serve::{
    Foundation, StartError, exit_code, prepare, serve, serve_refusing_trigger, serve_trigger, start,
};

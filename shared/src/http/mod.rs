//! The edge: what lies between API Gateway and a route.
//!
//! An [`Event`] comes in, a [`Response`] goes out; in between a route reads as
//! five steps: parse, load, decide, commit, render. Whatever goes wrong
//! becomes an [`ApiError`] and is turned into an answer in one place.

mod answer;
mod caller;
mod conditional;
mod credits_body;
mod error;
mod event;
mod limiter;
mod response;
mod serve;

pub use answer::answer;
pub use caller::{Caller, ScopePrefix};
pub use conditional::conditional;
pub use credits_body::CreditsBody;
pub use error::ApiError;
pub use event::Event;
pub use limiter::{Allowance, RateLimiter};
pub use response::Response;
pub use serve::{StartError, serve, start};

//! Calls Stripe's API, for what an event does not carry, and to sell.
//!
//! Requests are form encoded and name one version of the API. A call tries again after
//! failures that pass, under one deadline, and a `POST` names an idempotency key, so
//! that trying again does nothing twice. Answers are bounded in size and returned as
//! JSON: the crate `stripe` is the one reader of Stripe's objects.
//!
//! Nothing is fetched and no connection is made before the first call: neither the key
//! nor the root certificates cost a start anything.
//!
//! Source: <https://docs.stripe.com/api>.

#![deny(clippy::wildcard_enum_match_arm)]

mod answer;
mod client;
mod endpoint;
mod error;
mod form;
mod idempotency;
mod key;
mod objects;
mod pages;
mod selling;
mod source;
mod whole;

pub use client::{API_VERSION, Client};
pub use endpoint::{Endpoint, EndpointError};
pub use error::{Outage, Refusal, StripeError};
pub use form::Form;
pub use idempotency::{IdempotencyKey, UnusableIdempotencyKey};
pub use key::{ApiKey, KeyError};
pub use objects::Collection;
pub use pages::Pages;
pub use selling::{CheckoutMode, NewCheckout, NewCustomer, PortalFlow, has_mark, is_customer_of};
pub use source::KeySource;

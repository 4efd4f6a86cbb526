//! A Stripe that answers: the part of Stripe's HTTP API that a business of this
//! kind reads, and the few writes that it needs, over what the stories left; and
//! the pages on which customers buy and change what they bought.
//!
//! What is sold here is reported to the world's webhook. Everything lies in memory
//! and is bounded. It knows the four API versions of the stories and refuses others.

mod call;
mod customers;
mod endpoint;
mod expansion;
mod faults;
mod filters;
mod hosted;
mod http;
mod keys;
mod live;
mod pages;
mod parameters;
mod pressed;
mod reads;
mod refunds;
mod refusal;
mod resources;
mod selling;
mod shelf;
mod webhook;
mod writer;
mod writes;

pub use endpoint::WEBHOOK_ENDPOINT;
pub use faults::UnknownFault;
pub(crate) use http::serve;
pub use live::{LocalStripe, Recorded, Reply, Request, TellError};
pub(crate) use selling::SeededSubscription;
pub use shelf::{Full, MAX_OBJECTS};
pub(crate) use webhook::Webhook;

/// A key that the local Stripe takes, as it takes every test key; it opens nothing
/// else.
pub const STRIPE_API_KEY: &str = "sk_test_local_world_only_0123456789";

//! What the suites share: a world to hold promises against, a client to talk to
//! it over HTTP, and views of its tables that can be compared byte for byte.
//!
//! Nothing here decides what is right; the suites in `promises` do.

mod commands;
mod operator;
mod served;
mod service;
mod signed_in;
mod stripe_api;
mod tables;

pub use commands::{Opening, a_charge, api_key, at, commit, credits, user};
pub use operator::{Operator, Said};
pub use served::{
    Answer, Served, account, frozen, selling_world, unheard_world, world, world_with,
};
pub use service::Service;
pub use signed_in::SignedIn;
pub use stripe_api::{STRIPE_KEY, StripeApi};
pub use tables::{Tables, dump, plain};

/// What signs the events of Stripe in every local world; it guards nothing.
pub use local::STRIPE_WEBHOOK_SECRET as WEBHOOK_SECRET;

/// The moment at which every suite starts unless it says otherwise.
pub const NOW: &str = "2025-11-06T14:30:00Z";

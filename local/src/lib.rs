//! The local world, the whole system in one process: DynamoDB, gateway, token issuer
//! and clock.
//!
//! The functions, their store and their templates are the ones that run on AWS.
//! Their surroundings are replaced: DynamoDB by an embedded one, API Gateway by
//! [`gateway`], the identity provider by [`identity`], the wall clock by one
//! that can be moved.

mod addressed;
pub mod clock;
mod control;
mod dated;
pub mod deployment;
#[cfg(feature = "openapi")]
mod described;
pub mod docs;
pub mod dynamodb;
mod frame;
mod front;
mod functions;
pub mod gateway;
pub mod identity;
mod lines;
mod money;
pub mod notices;
mod server;
mod sign_in;
pub mod stripe;
pub mod stripe_api;
mod world;

#[cfg(feature = "openapi")]
pub use described::described;
pub use functions::{FunctionError, Handler, Parts};
pub use lines::{LogLevel, WorldLines};
pub use server::{Server, ServerError, serve_stripe};
pub use world::{STRIPE_WEBHOOK_SECRET, World, WorldError, WorldOptions};

/// The embedded engine allocates many small values: with this allocator a
/// migration of ten thousand rows takes three quarters of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

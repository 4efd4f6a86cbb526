//! The local world, the whole system in one process: DynamoDB, gateway, token issuer
//! and clock.
//!
//! Nothing here is a stand-in for our own code: the functions, their store and
//! their templates are the ones that go to AWS. What stands around them is
//! replaced: DynamoDB by an embedded one, API Gateway by [`gateway`], the
//! identity provider by [`identity`], the wall clock by one that can be moved.

pub mod clock;
mod control;
pub mod deployment;
pub mod dynamodb;
mod functions;
pub mod gateway;
pub mod identity;
mod lines;
mod server;
pub mod stripe;
mod world;

pub use functions::FunctionError;
pub use lines::LogLevel;
pub use server::{Server, ServerError};
pub use world::{STRIPE_WEBHOOK_SECRET, World, WorldError, WorldOptions};

/// The embedded engine makes and drops small values all the time: with this one
/// ten thousand rows are migrated in three quarters of the time that the
/// system's takes.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

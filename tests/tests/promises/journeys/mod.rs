//! A user's story over real HTTP: through the gateway, the function and the
//! store to the tables and back. Nothing here looks inside; it only asks.

mod caching;
mod credits;
pub(crate) mod engine;
mod local_routes;
mod rate_limit;
mod tokens;

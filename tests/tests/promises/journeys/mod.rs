//! A user's story over real HTTP: through the gateway, the function and the
//! store to the tables and back. Nothing here looks inside; it only asks.

mod caching;
mod credits;
pub(crate) mod engine;
mod errors;
pub(crate) mod front;
mod launch;
mod local_routes;
mod models;
mod newcomers;
mod preferences;
mod profile;
mod profile_rate_limit;
mod rate_limit;
mod selling;
pub(crate) mod sign_in;
mod stripe;
mod subscriptions;
mod tokens;

use shared::host::clock::Deadline;
use shared::store::{Created, Record};
use tests::Served;

/// Puts a record into a served world's tables, as Stripe or an operator would.
pub(crate) async fn store<T: Record + std::fmt::Debug + PartialEq>(served: &Served, record: &T) {
    let deadline = Deadline::after(std::time::Duration::from_secs(10));
    let created = served.world.store.create(record, deadline).await;
    assert_eq!(created.unwrap(), Created::New);
}

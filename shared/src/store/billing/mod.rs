//! Stripe's events: what the planner says of each is put into the tables, once,
//! in whatever order they come.
//!
//! ```text
//! load      what the event names, then what the planner asks for
//! plan      shared::domain::billing::plan: what it means, from facts alone
//! write     record, claims, billing items, account: one transaction, each
//!           part on the version that was seen              moved? load again
//! drain     what waited for what it made known
//! ```
//!
//! An operator's acts take the same way, with a note of who asks and why.
//!
//! Nothing is answered before it is committed, and an event that could not be
//! settled is delivered again by Stripe.

mod drain;
pub(super) mod facts;
pub(super) mod lost;
pub(super) mod parking;
pub(super) mod request;
pub(super) mod settle;
mod versioned;
mod waiting;
mod write;

pub use drain::{DrainRequest, Drained};
pub use lost::KnownEvent;
pub use request::{SettleError, SettleRequest, Settled, SettledEvent, UnreadableEvent};
pub use waiting::{WaitingEvent, WaitingWalk};

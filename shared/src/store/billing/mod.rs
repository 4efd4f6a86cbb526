//! Stripe's events: each event is applied to the tables once, as the planner decides,
//! in whatever order events arrive.
//!
//! ```text
//! load      what the event names, then what the planner asks for
//! plan      shared::domain::billing::plan: what it means, from facts alone
//! write     record, claims, billing items, account: one transaction, each
//!           part on the version that was seen            changed? load again
//! drain     events parked for what it made known
//! ```
//!
//! An operator's actions take the same path, with a note of who asks and why.
//!
//! Nothing is answered before it is committed. Stripe redelivers an event that could
//! not be settled.

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

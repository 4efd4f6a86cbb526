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
mod facts;
mod lost;
mod operator;
mod parking;
mod settle;
mod versioned;
mod waiting;
mod write;

pub use drain::{DrainRequest, Drained};
pub(crate) use facts::event_record;
pub use lost::KnownEvent;
pub use operator::{Assignment, OperatorPlan};
pub(crate) use parking::{HEAD, Head, PARKED, ParkedEvent, who_cares};
pub use settle::{SettleError, SettleRequest, Settled, SettledEvent, UnreadableEvent};
pub(crate) use versioned::BillingItem;
pub use waiting::{WaitingEvent, WaitingWalk};

//! Stripe's events: what each says is put into the tables, once, in whatever
//! order they come.
//!
//! ```text
//! look      one batch over all that the event names        seen before? done
//! drain     what waits for its customer goes first
//! plan      whose is it, what does it change               not known? it waits
//! commit    record, claims, billing items, account: one transaction, each
//!           part on the version that was seen              moved? look again
//! drain     what waited for what it made known
//! ```
//!
//! Nothing is answered before it is committed, and an event that could not be
//! settled is delivered again by Stripe.

mod drain;
mod invoices;
mod links;
mod owner;
mod packs;
mod parking;
mod plan;
mod returns;
mod settle;
mod sight;
mod subscriptions;
mod versioned;

pub use drain::{DrainRequest, Drained};
pub(crate) use parking::{HEAD, Head};
pub use settle::{SettleError, SettleRequest, Settled, SettledEvent, UnreadableEvent};
pub(crate) use versioned::BillingItem;

//! A model of how Stripe bills subscriptions: prorations, invoices, customer
//! balance, payments, refunds, disputes and credit notes.
//!
//! A [`History`] is a value: a list of [`Act`]s with the seconds between them.
//! [`World::run`] applies it and collects the events that Stripe would post to a
//! webhook; [`render`] writes one as JSON in the [`Shape`] of an API version.
//! [`expected_credits`] computes, from the same history, the credits that must
//! remain.
//!
//! Not modelled: taxes, tiers and metered prices, mixed intervals in one
//! subscription, schedules, several payments per invoice, payments and refunds
//! that stay pending, minimum charges, fees, and backdated changes.
//!
//! The crate reads no clock, draws no random numbers and shares nothing with the
//! code that reads these events, so that it can contradict it.

mod act;
mod calendar;
mod catalogue;
mod engine;
pub mod exploits;
mod look_up;
mod objects;
mod oracle;
mod render;
#[cfg(any(test, feature = "proptest"))]
pub mod strategy;
#[cfg(test)]
mod tests;

pub use act::{
    Act, CancelAt, Collection, Crediting, DisputeEnd, History, NoteBy, NoteTo, Proration, Step,
};
pub use calendar::{Interval, Unit, boundary, interval_before};
pub use catalogue::{Price, sample_catalogue};
pub use engine::World;
pub use look_up::look_up;
pub use objects::{
    CreditNote, CreditedItems, Customer, Dispute, Event, Invoice, InvoiceStatus, Item, Line,
    LineKind, NoteLine, Object, Payment, Refund, Subscription, SubscriptionStatus, Transaction,
};
pub use oracle::{Doubt, Expected, ExpectedLot, ExpectedUser, expected_credits, expected_of};
pub use render::{Shape, render};

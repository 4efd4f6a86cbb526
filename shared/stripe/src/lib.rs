//! From the JSON of Stripe's events and objects to facts about credits.
//!
//! The reader goes by where fields are, never by the event's `api_version`. So it reads
//! acacia and every later version alike, and takes only what it needs. It knows no
//! HTTP, no tables and no time.
//!
//! - **Required**: ids, amounts that decide, the list of lines, a status. A missing
//!   field, or one of another type, is an error that names its JSON path.
//! - **References**, such as the customer or the payment: optional, but an invalid id
//!   is an error. Otherwise events that belong together would silently be treated as
//!   unrelated.
//! - **All else** is useful but never a reason to refuse an event: an unreadable value
//!   counts as absent. A new word of Stripe's does not make an event unreadable either.
//!
//! Source: <https://docs.stripe.com/api/events/object> and, for fields that
//! moved, <https://docs.stripe.com/changelog/basil>.

#![deny(clippy::wildcard_enum_match_arm)]

mod checkout;
mod credit_note;
mod error;
mod event;
mod invoice;
mod line;
mod money;
mod node;
mod object;
mod parties;
mod subscription;

pub use error::ReadError;
pub use event::{OLDEST_VERSION, counted_type, read, wanted_types};
pub use object::read_object;

#[cfg(test)]
mod tests;

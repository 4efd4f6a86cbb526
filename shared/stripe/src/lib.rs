//! From the JSON of Stripe's events and objects to facts about credits.
//!
//! The reader goes by where fields are, never by the event's `api_version`, so
//! it reads acacia and every later version alike, and takes only what it needs.
//! It knows neither HTTP nor tables nor time.
//!
//! - **Needed**: ids, amounts that decide, the list of lines, a status. What is
//!   missing, or has another type, is an error that names its JSON path.
//! - **References**, such as the customer or the payment: there may be none, but
//!   one that is no id is an error. Without it, events that belong together
//!   would be taken for strangers in silence.
//! - **All else** is worth having and not worth refusing an event for: what
//!   cannot be read of it counts as not reported. Words that Stripe adds later do not
//!   either make an event unreadable.
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
pub use event::{counted_type, read};
pub use object::read_object;

#[cfg(test)]
mod tests;

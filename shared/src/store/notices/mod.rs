//! Endpoints, deliveries and what else the sender of notices keeps.
//!
//! Nothing here is money and nothing depends on two items at once, so items are put one
//! by one, each if it is absent or as it was seen.

mod deliveries;
mod endpoints;
mod link_keys;
mod mail;
mod put;
mod stream;

#[cfg(feature = "operator")]
pub use deliveries::DeliveriesWalk;
pub use deliveries::delivery_key;
#[cfg(feature = "operator")]
pub(in crate::store) use deliveries::{DELIVERY, shard_of};
#[cfg(feature = "operator")]
pub(in crate::store) use endpoints::ENDPOINT;
#[cfg(feature = "operator")]
pub(in crate::store) use link_keys::LINK_KEYS;
pub use link_keys::LinkKeys;
pub use mail::MailOfDay;
#[cfg(feature = "operator")]
pub(in crate::store) use mail::{MAIL_OF_DAY, SUPPRESSION, Suppression};
#[cfg(feature = "operator")]
pub(in crate::store) use put::Expected;
pub use stream::{StreamImage, StreamItem};

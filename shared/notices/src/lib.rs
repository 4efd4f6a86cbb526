//! Notices as messages: what is said, how it is signed, and who gets it.
//!
//! Deliveries are begun here, by the function that reads the stream and by the operator
//! who replays it. Nothing here sends.

#![deny(clippy::wildcard_enum_match_arm)]

mod message;
#[cfg(feature = "openapi")]
mod openapi;
mod outbox;
mod signature;
mod unsubscribe;

pub use message::{Message, TEST_EVENT, told};
#[cfg(feature = "openapi")]
pub use openapi::described;
pub use outbox::{Begun, MAILED, is_mailed, tell, untold};
pub use signature::{SecretError, generate, sign};
pub use unsubscribe::{
    MailPreference, SealedToken, UNSUBSCRIBE_PARAMETER, UNSUBSCRIBE_PATH, Unsubscribe, link_keys,
    roll,
};

//! Notices: what entries tell arrives at every endpoint at least once under one id, and
//! in a mailbox at most once a day and kind, whatever the streams and the receivers do.

mod bad_receivers;
mod ground;
mod mail;
mod operator;
mod property;
mod stream;
mod unsubscribe;

pub(crate) use ground::{Ground, Receiver, USER};

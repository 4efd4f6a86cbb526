//! The stories by subject: one function each, in terms of `script`.

pub(crate) mod packs;
pub(crate) mod subscriptions;

mod membership;

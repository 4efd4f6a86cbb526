//! The stories themselves, by what they are about: one function each, in the
//! words of `script`.

pub(crate) mod packs;
pub(crate) mod subscriptions;

mod membership;

//! One file per route.

pub(crate) mod post_token;

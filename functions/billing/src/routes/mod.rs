//! The routes of the billing function, one file each: parse, load, decide, commit,
//! render.

pub(crate) mod get_prices;
pub(crate) mod post_checkout;
pub(crate) mod post_portal;

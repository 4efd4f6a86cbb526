//! The routes of the Stripe webhook function, one file each. What an event means is
//! decided in `shared`.

pub(crate) mod post_webhook;

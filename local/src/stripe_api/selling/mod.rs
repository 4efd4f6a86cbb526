//! Selling: checkouts, subscriptions and the customer portal, by API and on the
//! pages that Stripe hosts.
//!
//! Subscriptions are billed by the model of `stripe-billing`; what it does not know
//! (sessions, payments of packs) is here.

mod checkout;
mod drawing;
mod engine;
mod happen;
mod line_items;
mod names;
mod portal;
mod portal_sessions;
mod seeded;
mod sessions;
mod state;
mod subscriptions;

pub(crate) use checkout::{CheckoutAct, CheckoutEnd, CheckoutPage, ItemLine};
pub(crate) use portal::{PortalAct, PortalPage, ShownPlan, ShownSubscription};
pub(crate) use seeded::SeededSubscription;
pub(super) use seeded::put_seeded;
pub(super) use state::Selling;
pub(super) use {
    checkout::{act_on_checkout, checkout_page},
    happen::let_time_pass,
    portal::{act_in_portal, portal_page},
    portal_sessions::create as create_portal_session,
    sessions::{create as create_session, expire as expire_session},
    subscriptions::{cancel as cancel_subscription, update as update_subscription},
};

//! The input of the planner.
//!
//! Whatever may influence a plan is in it, so the planner reads no clock and no store.

use crate::billing::{BillingEvent, Catalogue, Facts, OperatorNote};
use crate::{StripeId, Timestamp};

/// The input for planning one event.
#[derive(Clone, Copy, Debug)]
pub struct PlanRequest<'a> {
    /// The event from Stripe.
    pub event: &'a BillingEvent,
    /// The facts loaded so far.
    pub facts: &'a Facts,
    /// The catalogue of prices.
    pub catalogue: &'a Catalogue,
    /// The time of the decision.
    pub now: Timestamp,
    /// Which events this deployment accepts.
    pub terms: &'a BillingTerms,
    /// How often the ledger had an entry under the event's cause already.
    pub attempt: u32,
    /// The operator's act that requested it, if one did.
    pub operator: Option<&'a OperatorNote>,
    /// Whether a settled event gives up the place where it waited: what it made known
    /// was drained.
    pub leaves: bool,
}

/// Which Stripe events a deployment accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BillingTerms {
    /// Whether it accepts events about real money, or test events.
    pub livemode: bool,
    /// The connected accounts whose events count as our own.
    pub accounts: Vec<StripeId>,
}

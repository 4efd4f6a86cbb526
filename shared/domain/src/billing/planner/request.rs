//! What an event is planned with.

use crate::billing::{BillingEvent, Catalogue, Facts, OperatorNote};
use crate::{StripeId, Timestamp};

/// What an event is planned with.
#[derive(Clone, Copy, Debug)]
pub struct PlanRequest<'a> {
    /// What Stripe reported.
    pub event: &'a BillingEvent,
    /// What is known.
    pub facts: &'a Facts,
    /// What prices buy.
    pub catalogue: &'a Catalogue,
    /// The time to decide at.
    pub now: Timestamp,
    /// What this deployment takes.
    pub terms: &'a BillingTerms,
    /// How often the ledger had an entry under the cause of this event already.
    pub attempt: u32,
    /// The operator who asks for it, if one does, and what for.
    pub operator: Option<&'a OperatorNote>,
}

/// What a deployment takes of Stripe's events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BillingTerms {
    /// Whether it is about real money.
    pub livemode: bool,
    /// The connected accounts whose events count as our own.
    pub accounts: Vec<StripeId>,
}

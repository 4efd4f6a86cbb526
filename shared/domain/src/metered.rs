//! Commands whose amount follows from what a model used.
//!
//! Plain data: `price` rates them.

use std::sync::Arc;

use super::rating::{Estimate, MeteredUsage, RateCards};
use super::{HoldId, OnExpiry, Usage};

/// A command that states a use instead of an amount.
#[derive(Clone, Debug)]
pub struct Metered {
    /// The model that was or will be used.
    pub model_id: String,
    /// What it requests.
    pub request: MeteredRequest,
    /// The rate cards of all models.
    pub cards: Arc<RateCards>,
}

/// What a command that states a use requests. In [`Usage`] the caller sets the
/// operation and the session; the rest is filled in.
#[derive(Clone, Debug)]
pub enum MeteredRequest {
    /// Charge what was used.
    Charge {
        /// What was used.
        used: MeteredUsage,
        /// What it was used for.
        usage: Usage,
    },
    /// Hold the most that a call can cost.
    Hold {
        /// The hold's name.
        hold: HoldId,
        /// What is known of the call.
        estimate: Estimate,
        /// Its lifetime, unless it is extended.
        ttl_seconds: u32,
        /// What happens when it expires.
        on_expiry: OnExpiry,
    },
    /// Report the use of a hold so far.
    Report {
        /// The hold.
        hold: HoldId,
        /// All that was used so far.
        used: MeteredUsage,
        /// What it was used for.
        usage: Usage,
    },
    /// Charge what was used of a hold and release the rest.
    Commit {
        /// The hold.
        hold: HoldId,
        /// All that was used.
        used: MeteredUsage,
        /// What it was used for.
        usage: Usage,
    },
}

//! The audit: checks the invariants of the tables, item by item.
//!
//! A finding names the item and states the problem in a sentence. Nothing is written.
//! The audit may run beside live traffic: an account is compared with its ledger at
//! exactly the version that was read, and items written together are read again as of
//! one moment before they are reported.
//!
//! Memory does not grow with the tables, except for the past credits of one user, see
//! [`MAX_PAST_CREDITS`].

mod attributes;
mod billing;
mod books;
pub(super) mod differences;
pub(super) mod fold;
mod imported;
mod ledger;
mod meanwhile;
mod money;
mod notices;
mod people;
mod plans;
mod survey;
mod waiting;

use crate::store::schema::keys::Key;

pub use ledger::{MAX_PAST_CREDITS, UserAudit};
pub use survey::{AuditSink, Audited};

/// A violated invariant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The item: table, partition key and sort key.
    pub key: String,
    /// The problem.
    pub problem: String,
    /// The item for logs: its kind, and nobody's name.
    pub place: String,
    /// Nothing is damaged: what should be settled by now still waits.
    pub only_waits: bool,
}

impl Finding {
    pub(crate) fn new(key: &Key, problem: impl Into<String>) -> Self {
        Finding {
            key: key.to_string(),
            problem: problem.into(),
            place: key.place(),
            only_waits: false,
        }
    }
}

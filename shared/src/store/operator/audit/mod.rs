//! The audit: what must hold of what lies in the tables, looked at item by item.
//!
//! A finding names the item and says in a sentence what is wrong with it. Nothing
//! is written. It may run beside live traffic: what is found of an account that
//! moved meanwhile is looked at again before it is reported, and items that are
//! written together are read in the order in which a half-seen pair looks whole.
//!
//! What is held at once does not grow with the tables, but for the past credits
//! of one user, see [`MAX_PAST_CREDITS`].

mod attributes;
mod billing;
mod books;
mod differences;
mod fold;
mod imported;
mod ledger;
mod people;
mod survey;
mod waiting;

use crate::store::schema::keys::Key;

pub use ledger::{MAX_PAST_CREDITS, UserAudit};
pub use survey::{AuditSink, Audited};

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The item: table, partition key and sort key.
    pub key: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Finding {
    pub(crate) fn new(key: &Key, problem: impl Into<String>) -> Self {
        Finding {
            key: key.to_string(),
            problem: problem.into(),
        }
    }
}

//! An operator's act on an event or a customer, as stored with the record; and the
//! reasons why an event is refused, which only an operator or a new delivery can
//! overcome.

use serde::{Deserialize, Serialize};

use crate::{StripeId, Timestamp};

/// An act of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorAct {
    /// Assigned a customer to a user; the events that waited for it were settled.
    Assigned,
    /// Supplied the object of an event.
    Supplied,
    /// Had an event settled again.
    Replayed,
    /// Decided that an event has no effect.
    Dismissed,
    /// Gave a claim to another user.
    Moved,
    /// Deleted a claim that its owner did not need, or that named nobody.
    Released,
}

impl OperatorAct {
    /// Its name in items and results.
    pub fn as_str(self) -> &'static str {
        match self {
            OperatorAct::Assigned => "assigned",
            OperatorAct::Supplied => "supplied",
            OperatorAct::Replayed => "replayed",
            OperatorAct::Dismissed => "dismissed",
            OperatorAct::Moved => "moved",
            OperatorAct::Released => "released",
        }
    }
}

/// The last act of an operator on an event or a customer: what, who, why and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorNote {
    /// The act.
    pub act: OperatorAct,
    /// The operator, by the name they gave.
    pub actor: String,
    /// The reason, in their words.
    pub reason: String,
    /// When it was done.
    pub at: Timestamp,
}

/// Why an event is refused. The text is stored in its record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventRefusal {
    /// It is about real money and the deployment is not, or the other way round.
    #[error("it is of {} mode and this deployment is not", if *livemode { "live" } else { "test" })]
    OtherMode {
        /// Whether the event is about real money.
        livemode: bool,
    },
    /// It is of a connected account that does not count as our own.
    #[error("it is of the connected account {0}, which is not configured")]
    OtherAccount(StripeId),
    /// It names a user other than the owner of its customer or subscription.
    #[error("its customer or subscription belongs to another user")]
    OtherUser,
    /// It could not be parsed; where and why.
    #[error("{0}")]
    Unreadable(String),
}

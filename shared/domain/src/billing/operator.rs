//! What an operator has done about an event or a customer, as it is kept with
//! the record; and why an event is refused, which only a person or a new
//! delivery gets around.

use serde::{Deserialize, Serialize};

use crate::{StripeId, Timestamp};

/// What an operator did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorAct {
    /// Said whose a customer is; what waited for that was settled.
    Assigned,
    /// Supplied the object that an event is about.
    Supplied,
    /// Had an event settled again.
    Replayed,
    /// Settled that nothing follows from an event.
    Dismissed,
}

impl OperatorAct {
    /// The act's name in items and results.
    pub fn as_str(self) -> &'static str {
        match self {
            OperatorAct::Assigned => "assigned",
            OperatorAct::Supplied => "supplied",
            OperatorAct::Replayed => "replayed",
            OperatorAct::Dismissed => "dismissed",
        }
    }
}

/// Who did what to an event or a customer, why and when; of several acts the
/// last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorNote {
    /// What was done.
    pub act: OperatorAct,
    /// Who did it, as they call themselves.
    pub actor: String,
    /// Why, in their words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// Why an event is refused. The text is what its record says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventRefusal {
    /// It is about real money and the deployment is not, or the other way round.
    #[error("it is of {} mode and this deployment is not", if *livemode { "live" } else { "test" })]
    OtherMode {
        /// Whether the event is about real money.
        livemode: bool,
    },
    /// It happened in a connected account that does not count as our own.
    #[error("it is of the connected account {0}, which is not configured")]
    OtherAccount(StripeId),
    /// It names another user than the claim of its customer or subscription.
    #[error("its customer or subscription belongs to another user")]
    OtherUser,
    /// It could not be read; where and why.
    #[error("{0}")]
    Unreadable(String),
}

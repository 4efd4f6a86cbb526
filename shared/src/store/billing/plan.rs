//! A plan: all that one event changes, to be committed as one.

use aws_sdk_dynamodb::types::TransactWriteItem;

use crate::domain::billing::{BillingEvent, Catalogue, EventOutcome, ParkReason, Unpriced};
use crate::domain::{Action, Command, Decision, Digester, EntryKey, Erasable, StripeId, Timestamp};
use crate::domain::{Cause, UserId};
use crate::host::clock::Deadline;
use crate::store::StoreError;

/// What is to be settled, and with what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task<'a> {
    pub(super) event: &'a BillingEvent,
    pub(super) catalogue: &'a Catalogue,
    pub(super) now: Timestamp,
    pub(super) deadline: Deadline,
    /// Whether the ledger has an entry under the cause of this event although
    /// the event's own record says that it is new.
    pub(super) cause_taken: bool,
}

/// All that an event changes.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) outcome: EventOutcome,
    /// Why it is refused.
    pub(super) reason: Option<String>,
    /// What it waits for.
    pub(super) waits_for: Option<ParkReason>,
    /// Whom it is about.
    pub(super) user_id: Option<UserId>,
    /// What it writes besides the account.
    pub(super) parts: Vec<TransactWriteItem>,
    /// What it does to the account.
    pub(super) decision: Option<Decision>,
}

impl Plan {
    fn of(outcome: EventOutcome) -> Plan {
        Plan {
            outcome,
            reason: None,
            waits_for: None,
            user_id: None,
            parts: Vec::new(),
            decision: None,
        }
    }

    /// What it says will be in the tables.
    pub(super) fn applied(user_id: Option<UserId>, parts: Vec<TransactWriteItem>) -> Plan {
        Plan {
            user_id,
            parts,
            ..Plan::of(EventOutcome::Applied)
        }
    }

    /// It is only recorded.
    pub(super) fn ignored() -> Plan {
        Plan::of(EventOutcome::Ignored)
    }

    /// It cannot be.
    pub(super) fn refused(reason: impl ToString) -> Plan {
        Plan {
            reason: Some(reason.to_string()),
            ..Plan::of(EventOutcome::Refused)
        }
    }

    /// It waits.
    pub(super) fn parked(reason: ParkReason) -> Plan {
        Plan {
            reason: Some(reason.to_string()),
            waits_for: Some(reason),
            ..Plan::of(EventOutcome::Parked)
        }
    }

    /// What becomes of an event whose credits cannot be told: what an operator
    /// can mend waits for it, the rest cannot be.
    pub(super) fn unpriced(problem: Unpriced, object: &StripeId) -> Plan {
        match problem {
            Unpriced::Unknown(price) => Plan::parked(ParkReason::Price(price)),
            Unpriced::Incomplete | Unpriced::Unnamed(_) => {
                Plan::parked(ParkReason::Review(object.clone()))
            }
            Unpriced::TooLarge | Unpriced::Unnameable(_) => Plan::refused(problem),
        }
    }
}

impl Task<'_> {
    /// A command on behalf of Stripe under a cause that names the business
    /// object, so that the ledger takes it once whoever tells of it.
    pub(super) fn command(&self, cause: &str, action: Action) -> Result<Command, StoreError> {
        let cause: Cause = cause
            .parse()
            .map_err(|error| StoreError::Rejected(format!("{cause}: {error}")))?;
        let mut digester = Digester::new("stripe");
        digester.text("cause", cause.as_str());
        Ok(Command {
            key: EntryKey::Cause(cause),
            request_hash: digester.finish(),
            // Not a person's name, so nothing is to be hidden by a salt.
            actor: Erasable::new("stripe", [0; 16]),
            label: None,
            action,
        })
    }
}

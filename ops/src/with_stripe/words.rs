//! What `creditsctl stripe` says.

use std::fmt;

use serde::Serialize;
use shared::domain::UserId;
use shared::domain::billing::{BillingEvent, EventOutcome};
use shared::store::{EventDifference, SettledEvent};
use stripe_client::Collection;

use super::ours::Ours;
use wording::in_words;

/// An event of a sync.
#[derive(Serialize)]
pub(super) struct SyncLine<'a> {
    event: &'a str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    event_type: Option<&'a str>,
    /// None if it cannot be read.
    outcome: Option<EventOutcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip)]
    would: bool,
}

impl<'a> SyncLine<'a> {
    pub(super) fn settled(event: &'a SettledEvent) -> Self {
        SyncLine {
            event: event.id.as_str(),
            event_type: Some(&event.event_type),
            outcome: Some(event.outcome),
            reason: event.reason.clone(),
            would: false,
        }
    }

    pub(super) fn planned(event: &'a BillingEvent, difference: &EventDifference) -> Self {
        SyncLine {
            event: event.id.as_str(),
            event_type: Some(&event.event_type),
            outcome: Some(difference.outcome),
            reason: difference.reason.clone(),
            would: true,
        }
    }

    pub(super) fn unreadable(event: &'a str, problem: String) -> Self {
        SyncLine {
            event,
            event_type: None,
            outcome: None,
            reason: Some(problem),
            would: false,
        }
    }
}

impl fmt::Display for SyncLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is = if self.would { "would be" } else { "is" };
        write!(formatter, "{}", self.event)?;
        if let Some(event_type) = self.event_type {
            write!(formatter, " ({event_type})")?;
        }
        match self.outcome {
            Some(outcome) => write!(formatter, " {is} {}", outcome.as_str())?,
            None => write!(formatter, " cannot be read")?,
        }
        match &self.reason {
            Some(reason) => write!(formatter, ": {reason}"),
            None => Ok(()),
        }
    }
}

/// The sum of a sync.
#[derive(Default, Serialize)]
pub(super) struct SyncSummary {
    /// Events that Stripe has.
    pub(super) events: u64,
    /// Those that the tables did not have, or that were settled along with them.
    pub(super) new: u64,
    /// New ones about no credits.
    pub(super) ignored: u64,
    /// New ones that still need something.
    pub(super) left_open: u64,
}

impl fmt::Display for SyncSummary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SyncSummary {
            events,
            new,
            ignored,
            left_open,
        } = self;
        write!(
            formatter,
            "{events} events, {new} new, {ignored} ignored, {left_open} still open"
        )
    }
}

/// An object whose event would change something.
#[derive(Serialize)]
pub(super) struct DifferenceLine<'a> {
    object: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_type: Option<&'a str>,
    outcome: Option<EventOutcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a UserId>,
    /// Changes of the account, in words.
    changes: Vec<String>,
    /// The items that differ.
    items: Vec<String>,
    settled: bool,
}

impl<'a> DifferenceLine<'a> {
    pub(super) fn of(
        object: &'a str,
        event: &'a BillingEvent,
        difference: &'a EventDifference,
        settled: bool,
    ) -> Self {
        DifferenceLine {
            object,
            event_type: Some(&event.event_type),
            outcome: Some(difference.outcome),
            reason: difference.reason.clone(),
            user_id: difference.user_id.as_ref(),
            changes: difference.postings.iter().map(in_words).collect(),
            items: difference.items.iter().map(ToString::to_string).collect(),
            settled,
        }
    }

    pub(super) fn unreadable(object: &'a str, problem: String) -> Self {
        DifferenceLine {
            object,
            event_type: None,
            outcome: None,
            reason: Some(problem),
            user_id: None,
            changes: Vec::new(),
            items: Vec::new(),
            settled: false,
        }
    }
}

impl fmt::Display for DifferenceLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.object)?;
        if let Some(user_id) = self.user_id {
            write!(formatter, " of {user_id}")?;
        }
        match (self.outcome, self.event_type) {
            (Some(EventOutcome::Applied), Some(event_type)) if self.settled => {
                write!(formatter, " was missed ({event_type}); it is settled now")?;
            }
            (Some(EventOutcome::Applied), Some(event_type)) => {
                write!(formatter, " was missed ({event_type})")?;
            }
            (Some(outcome), _) => write!(formatter, " needs you: {}", outcome.as_str())?,
            (None, _) => write!(formatter, " cannot be read")?,
        }
        if let Some(reason) = &self.reason {
            write!(formatter, ": {reason}")?;
        }
        for change in &self.changes {
            write!(formatter, "\n    {change}")?;
        }
        for item in &self.items {
            write!(formatter, "\n    differs: {item}")?;
        }
        Ok(())
    }
}

/// A customer or subscription of ours that Stripe does not know.
#[derive(Serialize)]
pub(super) struct OursAloneLine<'a> {
    object: &'a str,
    user_id: &'a UserId,
    ours_alone: bool,
    way_out: String,
}

impl<'a> OursAloneLine<'a> {
    pub(super) fn of(ours: &'a Ours) -> Self {
        let id = ours.id.as_str();
        let way_out = match ours.collection {
            Collection::Customers => format!(
                "if nothing of it is needed, creditsctl claim release customer {id} --reason TEXT"
            ),
            _ => "if it is gone for good, creditsctl event replay EVENT --file FILE with a customer.subscription.deleted about it".to_string(),
        };
        OursAloneLine {
            object: id,
            user_id: &ours.user_id,
            ours_alone: true,
            way_out,
        }
    }
}

impl fmt::Display for OursAloneLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} of {} is ours alone: Stripe has no such object\n    check that the API key is of the right account and mode; {}",
            self.object, self.user_id, self.way_out
        )
    }
}

/// A user with two subscriptions in force.
#[derive(Serialize)]
pub(super) struct TwinLine<'a> {
    user_id: &'a UserId,
    in_force: &'a [&'a str],
}

impl<'a> TwinLine<'a> {
    pub(super) fn of(user_id: &'a UserId, in_force: &'a [&'a str]) -> Self {
        TwinLine { user_id, in_force }
    }
}

impl fmt::Display for TwinLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} has {} subscriptions in force, {}: cancel all but one at Stripe",
            self.user_id,
            self.in_force.len(),
            self.in_force.join(" and ")
        )
    }
}

/// The sum of a reconciliation.
#[derive(Default, Serialize)]
pub(super) struct ReconcileSummary {
    /// Objects that were compared.
    pub(super) objects: u64,
    /// Objects of customers whom nobody here has claimed.
    pub(super) of_others: u64,
    /// Objects that the webhook never heard of, or not of their latest state.
    pub(super) missed: u64,
    /// Those of them that are settled now.
    pub(super) settled: u64,
    /// Objects that need an operator.
    pub(super) needs_you: u64,
}

impl ReconcileSummary {
    /// How many still differ.
    pub(super) fn left_open(&self) -> u64 {
        let missed = self.missed.saturating_sub(self.settled);
        missed.saturating_add(self.needs_you)
    }
}

impl fmt::Display for ReconcileSummary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReconcileSummary {
            objects,
            of_others,
            missed,
            settled,
            needs_you,
        } = self;
        write!(
            formatter,
            "{objects} objects, {of_others} of others, {missed} missed, {settled} settled now, {needs_you} need you"
        )
    }
}

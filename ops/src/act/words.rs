//! Report lines of events, plans and outcomes.

use std::fmt;

use serde::Serialize;
use shared::domain::billing::{BillingEvent, EventOutcome, EventRecord};
use shared::domain::{StripeId, UserId};
use shared::store::{OperatorPlan, SettledEvent};

use wording::in_words;

/// The outcome of an event.
#[derive(Serialize)]
pub(crate) struct SettledLine<'a> {
    settled: SettledParts<'a>,
}

#[derive(Serialize)]
struct SettledParts<'a> {
    event: &'a StripeId,
    #[serde(rename = "type")]
    event_type: &'a str,
    outcome: EventOutcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Nothing was written, because nothing changed.
    repeated: bool,
    /// It was parked and waited for this event.
    waited: bool,
}

impl<'a> SettledLine<'a> {
    pub(crate) fn of(event: &'a SettledEvent) -> Self {
        SettledLine {
            settled: SettledParts {
                event: &event.id,
                event_type: &event.event_type,
                outcome: event.outcome,
                reason: event.reason.as_deref(),
                repeated: false,
                waited: false,
            },
        }
    }

    pub(crate) fn unchanged(mut self) -> Self {
        self.settled.repeated = true;
        self
    }

    pub(crate) fn that_waited(mut self) -> Self {
        self.settled.waited = true;
        self
    }
}

impl fmt::Display for SettledLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SettledParts {
            event,
            event_type,
            outcome,
            reason,
            repeated,
            waited,
        } = &self.settled;
        if *waited {
            write!(formatter, "    was parked: ")?;
        }
        let still = if *repeated { "still " } else { "" };
        let outcome = outcome.as_str();
        write!(formatter, "{event} ({event_type}) is {still}{outcome}")?;
        match reason {
            Some(reason) => write!(formatter, ": {reason}"),
            None => Ok(()),
        }
    }
}

/// The plan for settling an event.
#[derive(Serialize)]
pub(crate) struct PlannedLine<'a> {
    planned: PlannedParts<'a>,
}

#[derive(Serialize)]
struct PlannedParts<'a> {
    event: &'a StripeId,
    #[serde(rename = "type")]
    event_type: &'a str,
    outcome: EventOutcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a UserId>,
    /// Changes to the account, in words.
    changes: Vec<String>,
    /// The items that would be written.
    writes: Vec<String>,
    /// What the plan would unblock.
    then_settles: Vec<String>,
}

impl<'a> PlannedLine<'a> {
    pub(crate) fn of(event: &'a BillingEvent, plan: &'a OperatorPlan) -> Self {
        PlannedLine {
            planned: PlannedParts {
                event: &event.id,
                event_type: &event.event_type,
                outcome: plan.outcome,
                reason: plan.reason.as_deref(),
                user_id: plan.user_id.as_ref(),
                changes: plan.postings.iter().map(in_words).collect(),
                writes: plan.writes.iter().map(ToString::to_string).collect(),
                then_settles: plan.drains.iter().map(ToString::to_string).collect(),
            },
        }
    }
}

impl fmt::Display for PlannedLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PlannedParts {
            event,
            event_type,
            outcome,
            reason,
            user_id,
            changes,
            writes,
            then_settles,
        } = &self.planned;
        let would = if writes.is_empty() {
            "would stay"
        } else {
            "would be"
        };
        write!(
            formatter,
            "{event} ({event_type}) {would} {}",
            outcome.as_str()
        )?;
        if let Some(reason) = reason {
            write!(formatter, ": {reason}")?;
        }
        writeln!(formatter)?;
        if let Some(user_id) = user_id {
            writeln!(formatter, "    for {user_id}")?;
        }
        for change in changes {
            writeln!(formatter, "    {change}")?;
        }
        for key in writes {
            writeln!(formatter, "    writes {key}")?;
        }
        for reason in then_settles {
            writeln!(
                formatter,
                "    then settles the events that wait for {reason}"
            )?;
        }
        Ok(())
    }
}

/// An event as recorded.
#[derive(Serialize)]
pub(crate) struct EventLine<'a> {
    event: EventParts<'a>,
}

#[derive(Serialize)]
struct EventParts<'a> {
    id: &'a StripeId,
    #[serde(flatten)]
    record: &'a EventRecord,
    /// Its content, while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    says: Option<&'a BillingEvent>,
    /// What an operator can do, while it is open.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ways_out: Vec<String>,
}

impl<'a> EventLine<'a> {
    pub(crate) fn of(id: &'a StripeId, record: &'a EventRecord) -> Self {
        EventLine {
            event: EventParts {
                id,
                record,
                says: None,
                ways_out: Vec::new(),
            },
        }
    }

    /// Adds the event's content and what an operator can do.
    pub(crate) fn in_full(mut self, ways_out: Vec<String>) -> Self {
        self.event.says = self.event.record.event.as_deref();
        self.event.ways_out = ways_out;
        self
    }
}

impl fmt::Display for EventLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EventParts {
            id,
            record,
            says,
            ways_out,
        } = &self.event;
        let (outcome, at) = (record.outcome.as_str(), record.settled_at);
        writeln!(
            formatter,
            "{id} ({}) is {outcome} since {at}",
            record.event_type
        )?;
        if let Some(created) = record.created {
            writeln!(formatter, "    created {created}")?;
        }
        if let Some(user_id) = &record.user_id {
            writeln!(formatter, "    user {user_id}")?;
        }
        if let Some(reason) = &record.reason {
            writeln!(formatter, "    reason: {reason}")?;
        }
        if let Some(waits_for) = &record.waits_for {
            writeln!(formatter, "    waits for {waits_for}")?;
        }
        if let Some(note) = &record.operator {
            let (act, actor) = (note.act.as_str(), &note.actor);
            writeln!(
                formatter,
                "    {act} by {actor} at {}: {}",
                note.at, note.reason
            )?;
        }
        if let (Some(user_id), EventOutcome::Applied) = (&record.user_id, record.outcome) {
            let command = format!("creditsctl explain --user {user_id}");
            writeln!(formatter, "    `{command}` shows its ledger entry")?;
        }
        if let Some(says) = says {
            let json = serde_json::to_string_pretty(says).map_err(|_| fmt::Error)?;
            writeln!(formatter, "    content {}", json.replace('\n', "\n    "))?;
        }
        for way_out in ways_out {
            writeln!(formatter, "    to do: {way_out}")?;
        }
        Ok(())
    }
}

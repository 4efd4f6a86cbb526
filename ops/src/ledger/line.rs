//! The report line of a change: what an operator's entry did, would do or did before.

use std::fmt;

use serde::Serialize;
use shared::domain::{Credits, Entry, EntryKind, Erasable, Timestamp, UserId};

use wording::in_words;

/// An entry of an operator.
#[derive(Serialize)]
pub(super) struct ChangeLine<'a> {
    change: Parts<'a>,
}

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Made,
    WouldBeMade,
    MadeBefore,
}

#[derive(Serialize)]
struct Parts<'a> {
    user_id: &'a UserId,
    status: Status,
    kind: EntryKind,
    #[serde(rename = "amount_milli")]
    amount: Credits,
    key: String,
    at: Timestamp,
    /// None once they are erased.
    actor: Option<&'a str>,
    reason: Option<&'a str>,
    /// Its postings, in words.
    changes: Vec<String>,
    /// The balance after it, in whole credits as the user sees them.
    total_available: i64,
    held: i64,
    debt: i64,
}

fn text(erasable: &Erasable) -> Option<&str> {
    erasable.text.as_ref().map(|(text, _)| text.as_str())
}

impl<'a> ChangeLine<'a> {
    fn of(entry: &'a Entry, status: Status) -> Self {
        let shown = &entry.shown_after;
        ChangeLine {
            change: Parts {
                user_id: &entry.user_id,
                status,
                kind: entry.kind,
                amount: entry.outcome.amount,
                key: entry.key.to_string(),
                at: entry.at,
                actor: text(&entry.actor),
                reason: entry.label.as_ref().and_then(text),
                changes: entry.postings.iter().map(in_words).collect(),
                total_available: shown.total_available,
                held: shown.held,
                debt: shown.debt,
            },
        }
    }

    /// It was committed just now.
    pub(super) fn made(entry: &'a Entry) -> Self {
        ChangeLine::of(entry, Status::Made)
    }

    /// It would be committed.
    pub(super) fn planned(entry: &'a Entry) -> Self {
        ChangeLine::of(entry, Status::WouldBeMade)
    }

    /// It was committed before.
    pub(super) fn repeated(entry: &'a Entry) -> Self {
        ChangeLine::of(entry, Status::MadeBefore)
    }
}

impl fmt::Display for ChangeLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            user_id,
            status,
            kind,
            amount,
            key,
            at,
            actor,
            reason,
            changes,
            total_available,
            held,
            debt,
        } = &self.change;
        let kind = kind.as_str().replace('_', "-");
        let what = if amount.is_zero() {
            kind
        } else {
            format!("{kind} of {amount}")
        };
        let actor = actor.unwrap_or("somebody erased");
        let reason = reason.unwrap_or("a reason that was erased");
        if *status == Status::MadeBefore {
            return write!(
                formatter,
                "{user_id}: already done, {what} at {at} by {actor} ({reason}) under key {key}; pass another --key to do it again"
            );
        }
        let leaves = match status {
            Status::WouldBeMade => "would leave",
            Status::Made | Status::MadeBefore => "leaves",
        };
        write!(
            formatter,
            "{user_id}: {what} {leaves} {total_available} available"
        )?;
        if *held != 0 {
            write!(formatter, ", {held} held")?;
        }
        if *debt != 0 {
            write!(formatter, ", {debt} owed")?;
        }
        for change in changes {
            write!(formatter, "\n    {change}")?;
        }
        write!(formatter, "\n    by {actor}: {reason}; key {key}")
    }
}

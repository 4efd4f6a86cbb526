//! A step: an entry, the resulting balance and its postings.

use std::fmt;

use serde::Serialize;
use shared::domain::rating::{RatedPart, Rating};
use shared::domain::{CreditAccount, Credits, Entry, EntryKind, Posting, Timestamp};

use super::words::in_words;

/// An entry and the resulting balance.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    entry: EntryLine,
}

#[derive(Debug, Serialize)]
struct EntryLine {
    seq: u64,
    at: Timestamp,
    kind: EntryKind,
    key: String,
    actor: String,
    /// A caller's label, or an operator's reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// The conversation that the call was part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    /// What the amount was rated by.
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<RatingLine>,
    amount: Credits,
    free_available: Credits,
    pro_available: Credits,
    held: Credits,
    debt: Credits,
    postings: Vec<PostingLine>,
}

#[derive(Debug, Serialize)]
struct RatingLine {
    rate_card: String,
    /// Each part in words.
    parts: Vec<String>,
}

impl From<&Rating> for RatingLine {
    fn from(rating: &Rating) -> Self {
        let parts = rating.breakdown.iter();
        let words = |part: &RatedPart| match part.count {
            0 => format!("{} {}", part.cost, part.unit),
            count => format!("{} for {count} {}", part.cost, part.unit),
        };
        RatingLine {
            rate_card: rating.card.to_string(),
            parts: parts.map(words).collect(),
        }
    }
}

impl fmt::Display for RatingLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "rated by {}", self.rate_card)?;
        if !self.parts.is_empty() {
            write!(formatter, ": {}", self.parts.join(", "))?;
        }
        Ok(())
    }
}

#[derive(Debug, Serialize)]
struct PostingLine {
    /// What it did, in words.
    what: String,
    /// Remaining credits of its lot after it; negative means owed.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_of_lot: Option<Credits>,
}

/// A problem in the ledger.
#[derive(Debug, Serialize)]
pub(super) struct Unusual {
    pub(super) key: String,
    pub(super) problem: String,
}

impl fmt::Display for Unusual {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "  ! {}: {}", self.key, self.problem)
    }
}

impl Step {
    /// Posts an entry to the account. Returns the step and the problems of the
    /// entry.
    pub(super) fn of(account: &mut CreditAccount, entry: &Entry) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        if !entry.is_authentic() {
            problems.push("it was changed after it was written".to_string());
        }
        if entry.seq != account.version.saturating_add(1) {
            let after = account.version;
            problems.push(format!("entry {} follows entry {after}", entry.seq));
        } else if entry.previous_hash != account.head_hash {
            problems.push("its previous hash is not that of the entry before it".to_string());
        }
        let mut postings = Vec::new();
        for posting in &entry.postings {
            let what = in_words(posting);
            if let Err(error) = account.apply(posting) {
                problems.push(format!("{what}: {error}"));
            }
            postings.push(PostingLine {
                what,
                left_of_lot: left_of_lot(account, posting),
            });
        }
        account.record(entry.seq, entry.at, entry.hash);
        let actor = entry.actor.text.as_ref();
        let label = entry.label.as_ref().and_then(|label| label.text.as_ref());
        let session = entry.outcome.usage.session.as_ref();
        let session = session.and_then(|session| session.text.as_ref());
        let balance = &entry.balance_after;
        let line = EntryLine {
            seq: entry.seq,
            at: entry.at,
            kind: entry.kind,
            key: entry.key.to_string(),
            actor: actor.map_or_else(|| "an erased actor".to_string(), |(name, _)| name.clone()),
            label: label.map(|(text, _)| text.clone()),
            session: session.map(|(text, _)| text.clone()),
            rating: entry.outcome.rating.as_ref().map(RatingLine::from),
            amount: entry.outcome.amount,
            free_available: balance.free_available,
            pro_available: balance.pro_available,
            held: balance.held,
            debt: balance.debt,
            postings,
        };
        (Step { entry: line }, problems)
    }
}

/// What a posting left of its lot.
fn left_of_lot(account: &CreditAccount, posting: &Posting) -> Option<Credits> {
    let id = match posting {
        Posting::Opened(terms) => &terms.id,
        Posting::Moved { lot, .. } => lot,
        Posting::Recalled(past) => &past.lot.terms.id,
        _ => return None,
    };
    account.lot(id)?.surplus().ok()
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EntryLine {
            seq,
            at,
            kind,
            key,
            actor,
            label,
            session,
            rating,
            amount,
            free_available,
            pro_available,
            held,
            debt,
            postings,
        } = &self.entry;
        let kind = kind.as_str().replace('_', "-");
        write!(
            formatter,
            "{at}  {seq}. {kind} of {amount} by {actor} ({key}): {free_available} free and {pro_available} pro left"
        )?;
        if !held.is_zero() {
            write!(formatter, ", {held} held")?;
        }
        if !debt.is_zero() {
            write!(formatter, ", {debt} owed")?;
        }
        if let Some(label) = label {
            write!(formatter, "\n    label: {label}")?;
        }
        if let Some(session) = session {
            write!(formatter, "\n    session: {session}")?;
        }
        if let Some(rating) = rating {
            write!(formatter, "\n    {rating}")?;
        }
        for PostingLine { what, left_of_lot } in postings {
            write!(formatter, "\n    {what}")?;
            if let Some(left) = left_of_lot {
                write!(formatter, "; {left} left")?;
            }
        }
        Ok(())
    }
}

//! An entry with the balance after it and its postings.

use std::fmt;

use domain::rating::{RatedPart, Rating};
use domain::{Credits, Entry, EntryKind, Posting, Timestamp};
use serde::Serialize;

use super::posting::in_words;

/// An entry, the resulting balance and its postings in words.
#[derive(Debug, Serialize)]
pub struct EntryLine {
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

/// A posting in words.
#[derive(Debug, Serialize)]
pub struct PostingLine {
    /// What it did, in words.
    what: String,
    /// Remaining credits of its lot after it; negative means owed.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_of_lot: Option<Credits>,
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

impl PostingLine {
    /// A posting, and what it left of its lot if that is known.
    pub fn of(posting: &Posting, left_of_lot: Option<Credits>) -> Self {
        PostingLine {
            what: in_words(posting),
            left_of_lot,
        }
    }

    /// What it did, in words.
    pub fn what(&self) -> &str {
        &self.what
    }
}

impl fmt::Display for PostingLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)?;
        match self.left_of_lot {
            Some(left) => write!(formatter, "; {left} left"),
            None => Ok(()),
        }
    }
}

impl EntryLine {
    /// An entry with its postings, of which the caller knows what they left.
    pub fn of(entry: &Entry, postings: Vec<PostingLine>) -> Self {
        let actor = entry.actor.text.as_ref();
        let label = entry.label.as_ref().and_then(|label| label.text.as_ref());
        let session = entry.outcome.usage.session.as_ref();
        let session = session.and_then(|session| session.text.as_ref());
        let balance = &entry.balance_after;
        EntryLine {
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
        }
    }

    /// When it was written.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// What it is, of which amount and by whom: `charge of 5 by inference-service`.
    pub fn what(&self) -> String {
        let kind = self.kind.as_str().replace('_', "-");
        format!("{kind} of {} by {}", self.amount, self.actor)
    }

    /// The key under which it is written.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The balance after it.
    pub fn balance(&self) -> String {
        let (free, pro) = (self.free_available, self.pro_available);
        let mut text = format!("{free} free and {pro} pro left");
        if !self.held.is_zero() {
            text += &format!(", {} held", self.held);
        }
        if !self.debt.is_zero() {
            text += &format!(", {} owed", self.debt);
        }
        text
    }

    /// All else, line by line: label, session, rating and postings.
    pub fn details(&self) -> Vec<String> {
        let label = self.label.iter().map(|label| format!("label: {label}"));
        let session = self.session.iter().map(|it| format!("session: {it}"));
        let rating = self.rating.iter().map(RatingLine::to_string);
        let postings = self.postings.iter().map(PostingLine::to_string);
        label.chain(session).chain(rating).chain(postings).collect()
    }
}

impl fmt::Display for EntryLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, seq, key) = (self.at, self.seq, &self.key);
        let (what, balance) = (self.what(), self.balance());
        write!(formatter, "{at}  {seq}. {what} ({key}): {balance}")?;
        for line in self.details() {
            write!(formatter, "\n    {line}")?;
        }
        Ok(())
    }
}

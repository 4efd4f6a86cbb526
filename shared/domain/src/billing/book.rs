//! The book of a subscription: every paid line of its invoices, and what was
//! returned of them.
//!
//! The clawback target of each lot is a pure function of the book, so the same
//! lines give the same result in every order of arrival.

mod backing;
mod line;
mod targets;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::LinePeriod;
use super::returned::Returned;
use crate::{Credits, LotId, StripeId, Timestamp, UserId};

pub use line::{BookLine, LineEffect, LineLot};
pub use targets::LotTarget;

/// The maximum number of anchors kept: the latest.
const MAX_ANCHORS: usize = 16;

/// The number of lines beyond which those whose period ended first are dropped: a credit
/// that names one of them waits for an operator. Lines that all end together are kept.
const MAX_LINES: usize = 300;

/// The paid time of a subscription, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionBook {
    /// The user it belongs to.
    pub user_id: UserId,
    /// The billing cycle anchors it has had, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<Timestamp>,
    /// The ends of its trials, by their starts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub trials: BTreeMap<Timestamp, Timestamp>,
    /// Its paid lines, sorted by invoice and id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<BookLine>,
    /// What was returned of its invoices; invoices without returns have no row.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub returned: BTreeMap<StripeId, Returned>,
    /// The number of parked events that wait for a change of this book.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waiting: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The number of lines above which a book is full: it must fit an item of DynamoDB (400 KB)
/// with lines of some 350 bytes.
const MAX_TOGETHER: usize = 600;

impl SubscriptionBook {
    /// An empty book.
    pub fn new(user_id: UserId) -> Self {
        SubscriptionBook {
            user_id,
            anchors: Vec::new(),
            trials: BTreeMap::new(),
            lines: Vec::new(),
            returned: BTreeMap::new(),
            waiting: 0,
        }
    }

    /// The line with this invoice and id.
    pub fn line(&self, invoice: &StripeId, id: &StripeId) -> Option<&BookLine> {
        self.lines
            .iter()
            .find(|line| line.invoice == *invoice && line.id == *id)
    }

    /// The amount that the lot of one of its lines granted.
    pub fn granted(&self, lot: &LotId) -> Credits {
        let lots = self.lines.iter().filter_map(|line| match &line.effect {
            LineEffect::Grants(given) | LineEffect::Trial(given) => Some(given),
            LineEffect::Credits(_) | LineEffect::Nothing => None,
        });
        let mut lots = lots.filter(|given| given.lot == *lot);
        lots.next().map_or(Credits::ZERO, |given| given.granted)
    }

    /// Whether it has a line of an invoice.
    pub fn has_invoice(&self, invoice: &StripeId) -> bool {
        self.lines.iter().any(|line| line.invoice == *invoice)
    }

    /// Whether an import brought lots of this price. Earlier invoices of such a
    /// subscription are unknown here, and no credit waits for them.
    pub fn has_imported(&self, price: &StripeId) -> bool {
        let mut lines = self.lines.iter();
        lines.any(|line| line.is_imported() && line.price == *price)
    }

    /// Adds a paid line; a line that exists stays as it is.
    pub fn note_line(&mut self, line: BookLine) {
        if self.line(&line.invoice, &line.id).is_none() {
            self.lines.push(line);
            self.lines
                .sort_by(|one, other| (&one.invoice, &one.id).cmp(&(&other.invoice, &other.id)));
        }
        while self.lines.len() > MAX_LINES {
            let first_end = self.lines.iter().map(|line| line.period.end).min();
            // What is granted and credited until one end is kept together.
            let mut lines = self.lines.iter();
            if lines.all(|line| Some(line.period.end) == first_end) {
                break;
            }
            self.lines.retain(|line| Some(line.period.end) != first_end);
        }
    }

    /// Whether so many lines end together that it must not grow.
    pub(crate) fn is_full(&self) -> bool {
        self.lines.len() > MAX_TOGETHER
    }

    /// Adds a billing cycle anchor.
    pub fn note_anchor(&mut self, anchor: Timestamp) {
        if let Err(place) = self.anchors.binary_search(&anchor) {
            self.anchors.insert(place, anchor);
        }
        while self.anchors.len() > MAX_ANCHORS {
            self.anchors.remove(0);
        }
    }

    /// Sets what was returned of an invoice.
    pub fn set_returned(&mut self, invoice: &StripeId, returned: Returned) {
        if returned.is_nothing() {
            self.returned.remove(invoice);
        } else {
            self.returned.insert(invoice.clone(), returned);
        }
    }

    /// The stretches of a period: its parts between the starts and ends of lines.
    fn stretches(&self, period: LinePeriod) -> Vec<(Timestamp, Timestamp)> {
        let edges = self
            .lines
            .iter()
            .flat_map(|line| [line.period.start, line.period.end]);
        let inside = |edge: &Timestamp| (period.start..period.end).contains(edge);
        let mut edges: Vec<_> = edges
            .filter(inside)
            .chain([period.start, period.end])
            .collect();
        edges.sort();
        edges.dedup();
        let later = edges.iter().skip(1).copied();
        edges.iter().copied().zip(later).collect()
    }
}

#[cfg(test)]
mod tests;

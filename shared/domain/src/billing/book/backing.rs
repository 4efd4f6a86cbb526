//! Which units each credit of a book takes, and which invoices do not count because
//! they credit time that is not known to be paid.
//!
//! A credit that names no line takes what was last billed of its price: a line with
//! as many units until the same end, if one is left; otherwise units of what began
//! before it. A credit that finds fewer units than it takes credits an invoice that
//! is unpaid or not known yet. All of this follows from the set of lines alone.

use std::collections::{BTreeMap, BTreeSet};

use super::{BookLine, LineEffect, SubscriptionBook};
use crate::billing::{CreditedLine, LinePeriod};
use crate::{StripeId, Timestamp};

/// Units of a line (by its number) that a credit takes in a stretch.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) line: usize,
    pub(super) stretch: usize,
    pub(super) units: u64,
}

/// A credit and the units it takes.
pub(super) struct Credit<'a> {
    pub(super) line: &'a BookLine,
    pub(super) parts: Vec<Part>,
    named: &'a [CreditedLine],
    /// Whether it finds fewer units than it takes.
    is_short: bool,
}

/// What credits take, in the order in which they take it.
pub(super) struct Backing<'a> {
    pub(super) stretches: Vec<(Timestamp, Timestamp)>,
    pub(super) credits: Vec<Credit<'a>>,
    /// The invoices that do not count.
    pub(super) idle: BTreeSet<&'a StripeId>,
}

/// The state while credits take units.
struct Walk<'a> {
    book: &'a SubscriptionBook,
    stretches: Vec<(Timestamp, Timestamp)>,
    /// The units taken, by line number and stretch number.
    used: BTreeMap<(usize, usize), u64>,
}

impl SubscriptionBook {
    /// The invoices that do not count until more is known: they credit time that is
    /// not known to be paid, or time of such an invoice.
    pub fn idle_invoices(&self) -> BTreeSet<&StripeId> {
        self.backing().idle
    }

    /// Those among them that a paid invoice must wait for: itself, or others that
    /// would count if it had not taken the units they credit.
    pub fn idle_by(&self, invoice: &StripeId) -> BTreeSet<&StripeId> {
        let mut idle = self.idle_invoices();
        if idle.is_empty() {
            return idle;
        }
        let mut without = self.clone();
        without.lines.retain(|line| line.invoice != *invoice);
        let anyway = without.idle_invoices();
        idle.retain(|id| *id == invoice || !anyway.contains(*id));
        idle
    }

    pub(super) fn backing(&self) -> Backing<'_> {
        let mut walk = Walk {
            book: self,
            stretches: self.stretches(LinePeriod {
                start: Timestamp::MIN,
                end: Timestamp::MAX,
            }),
            used: BTreeMap::new(),
        };
        let mut lines: Vec<_> = self.lines.iter().filter_map(BookLine::as_credit).collect();
        lines.sort_by_key(|(line, _)| (line.period.start, &line.invoice, &line.id));
        let credits: Vec<_> = lines
            .into_iter()
            .map(|(line, named)| walk.credit(line, named))
            .collect();
        Backing {
            idle: self.idle(&credits),
            stretches: walk.stretches,
            credits,
        }
    }

    /// An invoice counts if everything that it credits counts.
    fn idle<'a>(&'a self, credits: &[Credit<'a>]) -> BTreeSet<&'a StripeId> {
        let short = credits.iter().filter(|credit| credit.is_short);
        let mut idle: BTreeSet<_> = short.map(|credit| &credit.line.invoice).collect();
        if idle.is_empty() {
            return idle;
        }
        loop {
            let more = credits.iter().filter(|credit| {
                let of_parts = credit.parts.iter().map(|part| part.line);
                let mut of_parts = of_parts.filter_map(|number| self.lines.get(number));
                let mut named = credit.named.iter();
                of_parts.any(|line| idle.contains(&line.invoice))
                    || named.any(|named| idle.contains(&named.invoice))
            });
            let more: Vec<_> = more.map(|credit| &credit.line.invoice).collect();
            let before = idle.len();
            idle.extend(more);
            if idle.len() == before {
                return idle;
            }
        }
    }
}

impl<'a> Walk<'a> {
    fn credit(&mut self, line: &'a BookLine, named: &'a [CreditedLine]) -> Credit<'a> {
        let found = if named.is_empty() {
            self.as_billed(line).or_else(|| self.of_price(line))
        } else {
            Some(self.named(line, named))
        };
        for part in found.iter().flatten() {
            let used = self.used.entry((part.line, part.stretch)).or_default();
            *used = used.saturating_add(part.units);
        }
        Credit {
            line,
            named,
            is_short: found.is_none(),
            parts: found.unwrap_or_default(),
        }
    }

    /// The numbers of the stretches within a period.
    fn within(&self, period: LinePeriod) -> Vec<usize> {
        let stretches = self.stretches.iter().enumerate();
        let inside = stretches.filter(|(_, (from, to))| period.start <= *from && *to <= period.end);
        inside.map(|(number, _)| number).collect()
    }

    fn left(&self, line: usize, stretch: usize) -> u64 {
        let units = self.book.lines.get(line).map_or(0, |line| line.quantity);
        let used = self.used.get(&(line, stretch)).copied().unwrap_or(0);
        units.saturating_sub(used)
    }

    /// The lines that grant time at the credit's price and began before it, latest
    /// start first; then those that began with it, which more likely belong to the
    /// same change. A trial costs nothing, so nothing of it is credited.
    fn candidates(&self, credit: &BookLine) -> Vec<(usize, &'a BookLine)> {
        let book = self.book;
        let lines = book.lines.iter().enumerate();
        let mut lines: Vec<_> = lines
            .filter(|(_, line)| {
                matches!(line.effect, LineEffect::Grants(_))
                    && line.price == credit.price
                    && line.period.start <= credit.period.start
            })
            .collect();
        lines.sort_by(|(_, one), (_, other)| {
            let with = |line: &BookLine| line.period.start == credit.period.start;
            let start = other.period.start.cmp(&one.period.start);
            let id = (&one.invoice, &one.id).cmp(&(&other.invoice, &other.id));
            with(one).cmp(&with(other)).then(start).then(id)
        });
        lines
    }

    /// All units of one line that billed as many units until the same end.
    fn as_billed(&self, credit: &BookLine) -> Option<Vec<Part>> {
        let stretches = self.within(credit.period);
        let candidates = self.candidates(credit);
        let mut lines = candidates.iter().filter(|(_, line)| {
            line.period.end == credit.period.end && line.quantity == credit.quantity
        });
        let whole = |number: usize| {
            let mut stretches = stretches.iter();
            stretches.all(|stretch| self.left(number, *stretch) == credit.quantity)
        };
        let (line, _) = lines.find(|(number, _)| whole(*number))?;
        let parts = stretches.iter().map(|stretch| Part {
            line: *line,
            stretch: *stretch,
            units: credit.quantity,
        });
        Some(parts.collect())
    }

    /// Units of its price, wherever some are left; none if there are too few and
    /// all paid lines are known.
    fn of_price(&self, credit: &BookLine) -> Option<Vec<Part>> {
        let mut candidates = self.candidates(credit);
        // Lines that began with it belong to the same change, or to one that was reverted.
        candidates.retain(|(_, line)| line.period.start < credit.period.start);
        let mut parts = Vec::new();
        for stretch in self.within(credit.period) {
            let (from, to) = *self.stretches.get(stretch)?;
            let covering = candidates.iter().filter(|(_, line)| line.covers(from, to));
            let covering = covering.map(|(number, _)| *number);
            let left = self.take(credit.quantity, stretch, covering, &mut parts);
            if left > 0 && !self.book.has_imported(&credit.price) {
                return None;
            }
        }
        Some(parts)
    }

    /// Units of the lines that a credit names. Imported lots stand in for lines
    /// that are not known here.
    fn named(&self, credit: &BookLine, named: &[CreditedLine]) -> Vec<Part> {
        let lines = self.book.lines.iter().enumerate();
        let is_meant = |line: &BookLine| {
            let mut named = named.iter();
            if line.is_imported() {
                let unknown = |named: &CreditedLine| !self.book.has_invoice(&named.invoice);
                credit.price == line.price && named.any(unknown)
            } else {
                named.any(|named| named.invoice == line.invoice && named.line == line.id)
            }
        };
        let mut meant: Vec<_> = lines.filter(|(_, line)| is_meant(line)).collect();
        meant.sort_by(|(_, one), (_, other)| {
            let start = other.period.start.cmp(&one.period.start);
            start.then_with(|| (&one.invoice, &one.id).cmp(&(&other.invoice, &other.id)))
        });
        let mut parts = Vec::new();
        for stretch in self.within(credit.period) {
            let Some((from, to)) = self.stretches.get(stretch).copied() else {
                continue;
            };
            let covering = meant.iter().filter(|(_, line)| line.covers(from, to));
            let covering = covering.map(|(number, _)| *number);
            self.take(credit.quantity, stretch, covering, &mut parts);
        }
        parts
    }

    /// Takes units in a stretch. Returns how many were not found.
    fn take(
        &self,
        units: u64,
        stretch: usize,
        lines: impl Iterator<Item = usize>,
        parts: &mut Vec<Part>,
    ) -> u64 {
        let mut wanted = units;
        for line in lines {
            let units = wanted.min(self.left(line, stretch));
            if units > 0 {
                parts.push(Part {
                    line,
                    stretch,
                    units,
                });
                wanted = wanted.saturating_sub(units);
            }
        }
        wanted
    }
}

//! How much of each lot must be clawed back, by the time that was credited and the
//! money that was returned.

use std::collections::BTreeMap;

use super::backing::{Backing, Credit};
use super::{BookLine, LineEffect, LineLot, SubscriptionBook};
use crate::billing::LinePeriod;
use crate::billing::returned::WHOLE;
use crate::timestamp::SECONDS_PER_DAY;
use crate::{Credits, CreditsOverflow, LotId, LotTerms, ScheduleTerms, Timestamp};

/// How much of a lot must be clawed back in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LotTarget {
    /// Of one lot.
    Lot(LotTerms, Credits),
    /// Of each month of a schedule.
    Schedule(ScheduleTerms, Vec<Credits>),
}

/// A part of a line's time that was credited, in whole seconds.
struct Taken {
    from: Timestamp,
    to: Timestamp,
    /// Units x [`WHOLE`].
    parts: u128,
}

impl LotTarget {
    /// The id of the lot or schedule.
    pub fn id(&self) -> &LotId {
        match self {
            LotTarget::Lot(terms, _) => &terms.id,
            LotTarget::Schedule(terms, _) => &terms.id,
        }
    }
}

impl SubscriptionBook {
    /// The clawback targets of all lots that its lines granted.
    pub fn targets(&self) -> Result<Vec<LotTarget>, CreditsOverflow> {
        let backing = self.backing();
        let mut taken = self.taken(&backing);
        let mut targets = Vec::new();
        for (number, line) in self.lines.iter().enumerate() {
            let is_idle = backing.idle.contains(&line.invoice);
            match &line.effect {
                LineEffect::Grants(lot) if lot.granted.is_positive() => {
                    let taken = taken.remove(&number).unwrap_or_default();
                    let gives = !is_idle && !self.gives_nothing(line);
                    targets.push(self.target((line, gives), lot, &taken)?);
                }
                LineEffect::Trial(lot) if lot.granted.is_positive() => {
                    let end = self.trial_end(line);
                    let terms = lot.terms(line.period.start, end);
                    let gone = if is_idle { lot.granted } else { Credits::ZERO };
                    targets.push(LotTarget::Lot(terms, gone));
                }
                LineEffect::Grants(_)
                | LineEffect::Trial(_)
                | LineEffect::Credits(_)
                | LineEffect::Nothing => {}
            }
        }
        Ok(targets)
    }

    /// The end of the trial that a line began: that of the subscription's last
    /// trial that had begun by then; otherwise the end of the line.
    fn trial_end(&self, line: &BookLine) -> Timestamp {
        let begun = line.period.start.plus_seconds(SECONDS_PER_DAY);
        let known = self.trials.range(..=begun).next_back();
        known.map_or(line.period.end, |(_, end)| *end)
    }

    /// Whether a moment lies in a known trial; the second in which a trial ends is
    /// part of it.
    pub fn is_in_trial(&self, at: Timestamp) -> bool {
        let begun = self.trials.range(..=at).next_back();
        begun.is_some_and(|(_, end)| at <= *end)
    }

    /// Whether a line belongs to a change within a trial.
    fn is_of_trial(&self, line: &BookLine) -> bool {
        match &line.effect {
            LineEffect::Grants(lot) => lot.for_nothing && self.is_in_trial(line.period.start),
            LineEffect::Trial(_) | LineEffect::Credits(_) | LineEffect::Nothing => false,
        }
    }

    /// Whether a line that seems to grant time grants nothing: it belongs to a
    /// change within a trial, or may also be a credit of the time it covers.
    pub fn gives_nothing(&self, line: &BookLine) -> bool {
        let unclear = match &line.effect {
            LineEffect::Grants(lot) => lot.unclear,
            LineEffect::Trial(_) | LineEffect::Credits(_) | LineEffect::Nothing => false,
        };
        self.is_of_trial(line) || (unclear && self.is_covered_by_others(line))
    }

    /// Whether other lines cover its time, regardless of what was clawed back of them.
    fn is_covered_by_others(&self, line: &BookLine) -> bool {
        self.stretches(line.period).iter().all(|(from, to)| {
            let others = self.lines.iter().filter(|other| {
                matches!(other.effect, LineEffect::Grants(_))
                    && other.price == line.price
                    && (&other.invoice, &other.id) != (&line.invoice, &line.id)
                    && other.covers(*from, *to)
                    && !self.is_of_trial(other)
            });
            let units = others.fold(0_u64, |sum, other| sum.saturating_add(other.quantity));
            units >= line.quantity
        })
    }

    fn target(
        &self,
        (line, gives): (&BookLine, bool),
        lot: &LineLot,
        taken: &[Taken],
    ) -> Result<LotTarget, CreditsOverflow> {
        let returned = self.returned.get(&line.invoice);
        let returned = returned.map_or(0, |returned| returned.of_line(&line.id));
        let returned = if gives { returned } else { WHOLE };
        let back = share_up(lot.granted, returned, WHOLE)?;
        if !lot.monthly {
            let unused = line.unused(lot.granted, line.period, taken)?;
            let target = unused.plus(back)?.min(lot.granted);
            return Ok(LotTarget::Lot(
                lot.terms(line.period.start, line.period.end),
                target,
            ));
        }
        let terms = lot.schedule(line.period);
        let months = terms.months();
        let mut targets = Vec::new();
        for (number, month) in months.iter().enumerate() {
            let start = month.terms.starts_at;
            let next = months.get(number.saturating_add(1));
            let end = next.map_or(line.period.end, |next| next.terms.starts_at);
            let unused = line.unused(month.granted, LinePeriod { start, end }, taken)?;
            targets.push(unused.min(month.granted));
        }
        // Returned money claws back the last months first.
        let mut rest = back;
        for (target, month) in targets.iter_mut().zip(&months).rev() {
            let part = month.granted.minus(*target)?.min(rest);
            *target = target.plus(part)?;
            rest = rest.minus(part)?;
        }
        Ok(LotTarget::Schedule(terms, targets))
    }

    /// What credits take of each line, by line number. Credits of an invoice that
    /// does not count take nothing.
    fn taken(&self, backing: &Backing<'_>) -> BTreeMap<usize, Vec<Taken>> {
        let mut taken: BTreeMap<usize, Vec<Taken>> = BTreeMap::new();
        let is_idle = |credit: &Credit<'_>| backing.idle.contains(&credit.line.invoice);
        for credit in backing.credits.iter().filter(|credit| !is_idle(credit)) {
            let kept = self.kept(credit.line);
            for part in &credit.parts {
                if let Some((from, to)) = backing.stretches.get(part.stretch).copied() {
                    let parts = parts(part.units, kept);
                    let taken = taken.entry(part.line).or_default();
                    taken.push(Taken { from, to, parts });
                }
            }
        }
        taken
    }

    /// How much of a credit line still stands: what was returned of its invoice
    /// undoes it.
    fn kept(&self, line: &BookLine) -> u128 {
        let returned = self.returned.get(&line.invoice);
        let returned = returned.map_or(0, |returned| returned.of_line(&line.id));
        WHOLE.saturating_sub(returned)
    }
}

impl BookLine {
    /// How much of `granted`, which is for `period`, was credited, rounded up.
    fn unused(
        &self,
        granted: Credits,
        period: LinePeriod,
        taken: &[Taken],
    ) -> Result<Credits, CreditsOverflow> {
        let mut sum: u128 = 0;
        for stretch in taken {
            let (from, to) = (stretch.from.max(period.start), stretch.to.min(period.end));
            let seconds = u128::try_from(to.seconds_since(from)).unwrap_or(0);
            let part = stretch.parts.checked_mul(seconds).ok_or(CreditsOverflow)?;
            sum = sum.checked_add(part).ok_or(CreditsOverflow)?;
        }
        let length = u128::try_from(period.end.seconds_since(period.start)).unwrap_or(0);
        let whole = parts(self.quantity, WHOLE).checked_mul(length);
        share_up(granted, sum, whole.ok_or(CreditsOverflow)?)
    }
}

fn parts(quantity: u64, kept: u128) -> u128 {
    u128::from(quantity).saturating_mul(kept)
}

/// `amount` x `part` / `whole`, rounded up, limited to `amount`; 0 of 0.
fn share_up(amount: Credits, part: u128, whole: u128) -> Result<Credits, CreditsOverflow> {
    if whole == 0 {
        return Ok(Credits::ZERO);
    }
    if part >= whole {
        return Ok(amount);
    }
    let milli = u128::try_from(amount.milli()).map_err(|_| CreditsOverflow)?;
    // Both are scaled down until the product fits. The loss is far below a
    // thousandth, and is rounded up.
    let (mut part, mut whole) = (part, whole);
    while milli.checked_mul(part).is_none() {
        part = part.div_ceil(2);
        whole = whole.div_euclid(2).max(1);
    }
    let share = milli
        .checked_mul(part)
        .ok_or(CreditsOverflow)?
        .div_ceil(whole);
    let share = i64::try_from(share).map_err(|_| CreditsOverflow)?;
    Ok(Credits::from_milli(share).min(amount))
}

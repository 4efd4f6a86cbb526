//! Drips: credits that are paid for a longer period at once and come month by
//! month, as those of an annual plan do.
//!
//! Everything about a month follows from the terms in closed form, so it does
//! not matter when the months are opened or in which order a refund is heard of.

use serde::{Deserialize, Serialize};

use super::{Credits, LotId, LotKind, LotRollover, LotTerms, ResetDay, Rollover, Timestamp};

/// At most so many months does a drip have: five years.
pub const MAX_DRIP_MONTHS: u32 = 60;

/// What is settled about a drip when it is granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DripTerms {
    /// Named by its cause, unique within the account; month `k` from 0 on is
    /// the lot `<id>:<k>`.
    pub id: LotId,
    /// When the first month begins.
    pub starts_at: Timestamp,
    /// The first moment after the paid period; after the start, and at most
    /// [`MAX_DRIP_MONTHS`] months after it.
    pub ends_at: Timestamp,
    /// When the last month's lot ends: the end of the period and its grace.
    pub expires_at: Timestamp,
    /// What all months together get: from nothing to [`Credits::MAX_AMOUNT`].
    #[serde(rename = "total_milli")]
    pub total: Credits,
    /// What may outlive each of the months, and for how long.
    #[serde(default, skip_serializing_if = "is_none")]
    pub rollover: Rollover,
}

fn is_none(rollover: &Rollover) -> bool {
    *rollover == Rollover::default()
}

/// A drip in an account: it leaves when its last month has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drip {
    /// What is settled about it.
    pub terms: DripTerms,
    /// How much of the total is taken back in all, the months that have begun
    /// included; from nothing to the total.
    pub taken_back: Credits,
    /// The month that begins next, counted from 0.
    pub next: u32,
}

/// One month of a drip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DripMonth {
    /// The terms of its lot.
    pub terms: LotTerms,
    /// Its part of the total.
    pub granted: Credits,
    /// Its part of what is taken back of the total: the target of its lot.
    pub target: Credits,
}

impl DripTerms {
    /// How many months it has: the fewest that reach its end; 1 to
    /// [`MAX_DRIP_MONTHS`]. None if it has not started by its end or lasts longer.
    pub fn month_count(&self) -> Option<u32> {
        let reaches_the_end = |count: &u32| self.starts_at.plus_months(*count) >= self.ends_at;
        let count = (1..=MAX_DRIP_MONTHS).find(reaches_the_end);
        count.filter(|_| self.starts_at < self.ends_at)
    }

    /// All its months, if `taken_back` of the total is to be gone in all: below
    /// nothing counts as nothing and above the total as all of it. The parts
    /// add up to the total and the targets to what is taken back. Empty if the
    /// period is not possible, for which a grant is refused.
    pub fn months(&self, taken_back: Credits) -> Vec<DripMonth> {
        let count = self.month_count().unwrap_or(0);
        let months = (0..count).map(|number| self.month(number, count, taken_back));
        months.collect()
    }

    /// One of `count` months.
    fn month(&self, number: u32, count: u32, taken_back: Credits) -> DripMonth {
        let after = number.saturating_add(1);
        let kept_for = self.rollover.months;
        let is_kept = kept_for > 0 && self.rollover.cap.is_positive();
        // Each boundary is reckoned from the start itself, so that a drip which
        // began on the 31st does not drift to the 28th.
        let (end, kept_until) = if after >= count {
            (self.expires_at, self.expires_at.plus_months(kept_for))
        } else {
            let kept_until = after.saturating_add(kept_for);
            let boundary = |number| self.starts_at.plus_months(number);
            (boundary(after), boundary(kept_until))
        };
        let granted_before = self.granted_until(number, count);
        let granted_after = self.granted_until(after, count);
        let target_before = self.target_of(granted_before, taken_back);
        let target_after = self.target_of(granted_after, taken_back);
        DripMonth {
            terms: LotTerms {
                id: self.id.month(number),
                kind: LotKind::Subscription,
                starts_at: self.starts_at.plus_months(number),
                expires_at: Some(if is_kept { kept_until } else { end }),
                monthly_allocation: Credits::ZERO,
                reset_day_of_month: ResetDay::FIRST,
                rollover: is_kept.then_some(LotRollover {
                    from: end,
                    cap: self.rollover.cap,
                }),
            },
            granted: credits(granted_after.saturating_sub(granted_before)),
            target: credits(target_after.saturating_sub(target_before)),
        }
    }

    /// What the first `number` of `count` months get together, in milli-credits.
    fn granted_until(&self, number: u32, count: u32) -> i128 {
        share(
            i128::from(self.total.milli()),
            i128::from(number),
            i128::from(count),
        )
    }

    /// How much of the first `granted` milli-credits is to be gone.
    fn target_of(&self, granted: i128, taken_back: Credits) -> i128 {
        let taken_back = i128::from(self.at_most_the_total(taken_back).milli());
        share(taken_back, granted, i128::from(self.total.milli()))
    }

    /// Nobody can take back less than nothing or more than was given.
    pub(crate) fn at_most_the_total(&self, taken_back: Credits) -> Credits {
        taken_back.min(self.total).max(Credits::ZERO)
    }
}

impl Drip {
    /// A drip of which nothing has come and nothing is taken back.
    pub(crate) fn new(terms: DripTerms) -> Self {
        Drip {
            terms,
            taken_back: Credits::ZERO,
            next: 0,
        }
    }

    /// When its next month begins.
    pub(crate) fn next_begins_at(&self) -> Timestamp {
        self.terms.starts_at.plus_months(self.next)
    }

    /// The month that begins next, and whether it is the last. None if there is
    /// no such month, which no posting leads to.
    pub(crate) fn next_month(&self) -> Option<(DripMonth, bool)> {
        let count = self.terms.month_count()?;
        let month =
            (self.next < count).then(|| self.terms.month(self.next, count, self.taken_back));
        month.map(|month| (month, self.next.saturating_add(1) == count))
    }

    /// Whether the lot is one of its months that are still to come.
    pub(crate) fn will_open(&self, lot: &LotId) -> bool {
        let number = lot.as_str().rsplit_once(':').map(|(_, number)| number);
        let Some(number) = number.and_then(|number| number.parse().ok()) else {
            return false;
        };
        let count = self.terms.month_count().unwrap_or(0);
        (self.next..count).contains(&number) && self.terms.id.month(number) == *lot
    }

    /// How much is taken back of the months that are still to come.
    pub(crate) fn still_taken_back(&self) -> Credits {
        let count = self.terms.month_count().unwrap_or(0);
        let granted = self.terms.granted_until(self.next, count);
        let gone = self.terms.target_of(granted, self.taken_back);
        credits(i128::from(self.taken_back.milli()).saturating_sub(gone))
    }
}

/// `part` of `whole` of an amount, rounded down. Amounts have 64 bits, so the
/// product has its place; nothing of nothing is nothing.
fn share(amount: i128, part: i128, whole: i128) -> i128 {
    let product = amount.saturating_mul(part);
    product.checked_div_euclid(whole).unwrap_or(0)
}

/// A part of an amount of 64 bits, which has them too.
fn credits(milli: i128) -> Credits {
    Credits::from_milli(i64::try_from(milli).unwrap_or(0))
}

#[cfg(test)]
mod tests;

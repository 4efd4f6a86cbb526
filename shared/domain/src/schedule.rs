//! Grant schedules: credits that are paid for a longer period at once and granted
//! month by month, as on an annual plan.
//!
//! Everything about a month follows from the terms in closed form, so it does not
//! matter when months are opened or in which order refunds arrive.

use serde::{Deserialize, Serialize};

use super::schedule_targets::{MonthTarget, at_most};
use super::{
    Credits, CreditsOverflow, LotId, LotKind, LotRollover, LotTerms, ResetDay, Rollover,
    ScheduleTargets, Timestamp,
};

/// The maximum number of months in a schedule: five years.
pub const MAX_SCHEDULE_MONTHS: u32 = 60;

/// The terms of a schedule, fixed when it is granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleTerms {
    /// Named after its cause; unique within the account. Month `k`, counted from 0,
    /// is the lot `<id>:<k>`.
    pub id: LotId,
    /// When the first month begins.
    pub starts_at: Timestamp,
    /// The first moment after the paid period. It lies after the start, by at most
    /// [`MAX_SCHEDULE_MONTHS`] months.
    pub ends_at: Timestamp,
    /// When the last month's lot ends: the end of the period and its grace.
    pub expires_at: Timestamp,
    /// The total of all months: from 0 to [`Credits::MAX_AMOUNT`].
    #[serde(rename = "total_milli")]
    pub total: Credits,
    /// The rollover of each month: how much outlives it, and for how long.
    #[serde(default, skip_serializing_if = "is_none")]
    pub rollover: Rollover,
    /// If it was paid after its first months had ended: when, and until when those
    /// months can be spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_late: Option<PaidLate>,
}

/// For a schedule paid after it had begun: when it was paid, and until when the
/// months that had ended by then can be spent. A late payment pays for those months
/// too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidLate {
    /// When it was paid.
    pub paid_at: Timestamp,
    /// The end of the lots of all months that had ended at or before `paid_at`. The
    /// last month is excepted: its end is in the terms. Not before `paid_at`.
    pub spend_until: Timestamp,
}

fn is_none(rollover: &Rollover) -> bool {
    *rollover == Rollover::default()
}

/// A schedule in an account; it leaves when its last month has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantSchedule {
    /// Its terms.
    pub terms: ScheduleTerms,
    /// The clawback target of each month to come, in canonical form. Clawbacks of
    /// months that have begun are in their lots.
    pub targets: ScheduleTargets,
    /// The month that begins next, counted from 0.
    pub next: u32,
}

/// One month of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleMonth {
    /// The terms of its lot.
    pub terms: LotTerms,
    /// Its part of the total.
    pub granted: Credits,
}

/// The month of a schedule that begins next.
#[derive(Clone, Debug)]
pub(crate) struct NextMonth {
    pub(crate) month: ScheduleMonth,
    /// How much of it must be clawed back in all.
    pub(crate) target: Credits,
    /// Whether it is the last month.
    pub(crate) is_last: bool,
}

impl ScheduleTerms {
    /// The number of months, 1 to [`MAX_SCHEDULE_MONTHS`]: the fewest that reach
    /// the end. None if the period does not end after its start or lasts longer.
    pub fn month_count(&self) -> Option<u32> {
        let reaches_the_end = |count: &u32| self.starts_at.plus_months(*count) >= self.ends_at;
        let count = (1..=MAX_SCHEDULE_MONTHS).find(reaches_the_end);
        count.filter(|_| self.starts_at < self.ends_at)
    }

    /// All its months; their parts add up to the total. Empty for an invalid
    /// period, whose grant is refused.
    pub fn months(&self) -> Vec<ScheduleMonth> {
        let count = self.month_count().unwrap_or(0);
        (0..count).map(|number| self.month(number, count)).collect()
    }

    /// One of `count` months.
    fn month(&self, number: u32, count: u32) -> ScheduleMonth {
        let after = number.saturating_add(1);
        let kept_for = self.rollover.months;
        let is_kept = kept_for > 0 && self.rollover.cap.is_positive();
        // Each boundary is computed from the start itself, so that a schedule that
        // began on the 31st does not drift to the 28th.
        let (end, kept_until) = if after >= count {
            (self.expires_at, self.expires_at.plus_months(kept_for))
        } else {
            let kept_until = after.saturating_add(kept_for);
            let boundary = |number| self.starts_at.plus_months(number);
            match self.paid_late {
                Some(late) if boundary(after) <= late.paid_at => {
                    let end = late.spend_until.max(boundary(after));
                    (end, end.plus_months(kept_for))
                }
                _ => (boundary(after), boundary(kept_until)),
            }
        };
        ScheduleMonth {
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
            granted: self.part(number, count),
        }
    }

    /// The part of the total that one of `count` months gets.
    fn part(&self, number: u32, count: u32) -> Credits {
        let before = self.granted_until(number, count);
        let after = self.granted_until(number.saturating_add(1), count);
        // A part of a 64-bit amount fits 64 bits.
        Credits::from_milli(i64::try_from(after.saturating_sub(before)).unwrap_or(0))
    }

    /// The total of the first `number` of `count` months, in milli-credits, rounded
    /// down. An amount has 64 bits, so the product fits 128.
    fn granted_until(&self, number: u32, count: u32) -> i128 {
        let product = i128::from(self.total.milli()).saturating_mul(i128::from(number));
        product.checked_div_euclid(i128::from(count)).unwrap_or(0)
    }

    /// The canonical form of the targets in `wanted`, for the months from `next`
    /// on. `wanted` is indexed by month number from 0; missing months count as 0.
    /// Each target is limited to the range from 0 to the month's part.
    pub fn targets_from(&self, next: u32, wanted: &[Credits]) -> ScheduleTargets {
        let target = |number: u32, part| {
            let wanted = usize::try_from(number).ok().and_then(|it| wanted.get(it));
            at_most(wanted.copied().unwrap_or_default(), part)
        };
        self.canonical(next, target)
    }

    fn canonical(&self, next: u32, target: impl Fn(u32, Credits) -> Credits) -> ScheduleTargets {
        let count = self.month_count().unwrap_or(0);
        ScheduleTargets::of((next..count).map(|number| {
            let part = self.part(number, count);
            MonthTarget {
                number,
                part,
                target: target(number, part),
            }
        }))
    }
}

impl GrantSchedule {
    /// A new schedule: no month has begun and nothing is clawed back.
    pub(crate) fn new(terms: ScheduleTerms) -> Self {
        GrantSchedule {
            terms,
            targets: ScheduleTargets::default(),
            next: 0,
        }
    }

    /// When its next month begins.
    pub(crate) fn next_begins_at(&self) -> Timestamp {
        self.terms.starts_at.plus_months(self.next)
    }

    /// The month that begins next. None if there is none; no posting leads to such
    /// a state.
    pub(crate) fn next_month(&self) -> Option<NextMonth> {
        let count = self.terms.month_count()?;
        (self.next < count).then(|| {
            let month = self.terms.month(self.next, count);
            NextMonth {
                target: self.targets.target(self.next, month.granted),
                month,
                is_last: self.next.saturating_add(1) == count,
            }
        })
    }

    /// Moves on to month `next` and forgets the targets of the months before it.
    pub(crate) fn advance(&mut self, next: u32) {
        let known = |number, part| self.targets.target(number, part);
        self.targets = self.terms.canonical(next, known);
        self.next = next;
    }

    /// Whether its targets are in canonical form. Every posting leaves them so.
    pub fn is_canonical(&self) -> bool {
        let known = |number, part| self.targets.target(number, part);
        self.targets == self.terms.canonical(self.next, known)
    }

    /// Whether the lot is one of its months to come.
    pub(crate) fn will_open(&self, lot: &LotId) -> bool {
        let number = lot.as_str().rsplit_once(':').map(|(_, number)| number);
        let Some(number) = number.and_then(|number| number.parse().ok()) else {
            return false;
        };
        let count = self.terms.month_count().unwrap_or(0);
        (self.next..count).contains(&number) && self.terms.id.month(number) == *lot
    }

    /// How much is clawed back of the months to come.
    pub(crate) fn still_clawed_back(&self) -> Result<Credits, CreditsOverflow> {
        let count = self.terms.month_count().unwrap_or(0);
        Credits::sum((self.next..count).map(|number| {
            let part = self.terms.part(number, count);
            self.targets.target(number, part)
        }))
    }
}

#[cfg(test)]
mod tests;

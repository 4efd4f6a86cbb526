//! What is clawed back of the months of a schedule that are still to come, run by run.
//!
//! A schedule lies in its account for years, so the figures are kept short: months
//! beside each other with one target are one run. The form is canonical: the
//! same targets are the same value, whichever was heard of first.

use super::Credits;

/// Absolute clawback targets of a schedule's months to come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScheduleTargets(Vec<TargetRun>);

/// Months beside each other of which the same is to be gone: from one month on
/// until the next run, or until the schedule's last month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetRun {
    /// The first of the months, counted from 0.
    pub from: u32,
    /// Of each of them so much is to be gone, and never more than its part.
    pub each: Credits,
}

/// A month's part of the total and what of it is to be gone: from nothing to
/// the part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MonthTarget {
    pub(crate) number: u32,
    pub(crate) part: Credits,
    pub(crate) target: Credits,
}

/// A run under way: it may still be reported as any figure from `least` to `most`.
/// A month that is all gone stands for every figure from its part on, so months
/// whose parts differ by a thousandth are one run.
struct OpenRun {
    from: u32,
    least: Credits,
    /// None = there is no most.
    most: Option<Credits>,
}

impl OpenRun {
    fn of(month: MonthTarget) -> Self {
        OpenRun {
            from: month.number,
            least: month.target,
            most: (month.target < month.part).then_some(month.target),
        }
    }

    /// The run with one more month, if both can be told as one.
    fn with(&self, month: MonthTarget) -> Option<Self> {
        let other = OpenRun::of(month);
        let least = self.least.max(other.least);
        let most = match (self.most, other.most) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        most.is_none_or(|most| least <= most).then_some(OpenRun {
            from: self.from,
            least,
            most,
        })
    }
}

impl ScheduleTargets {
    /// The canonical form of what is to be gone of the months to come, which
    /// come in their order.
    pub(crate) fn of(months: impl IntoIterator<Item = MonthTarget>) -> Self {
        let mut runs = Vec::new();
        // Nothing is to be gone before the first run, which needs no run.
        let nothing = OpenRun {
            from: 0,
            least: Credits::ZERO,
            most: Some(Credits::ZERO),
        };
        let (mut open, mut is_first) = (nothing, true);
        let mut close = |run: &OpenRun, is_first: bool| {
            if !is_first {
                runs.push(TargetRun {
                    from: run.from,
                    each: run.least,
                });
            }
        };
        for month in months {
            match open.with(month) {
                Some(longer) => open = longer,
                None => {
                    close(&open, is_first);
                    (open, is_first) = (OpenRun::of(month), false);
                }
            }
        }
        close(&open, is_first);
        ScheduleTargets(runs)
    }

    /// As they lie in an item; whether they are the canonical form is for the
    /// reader to check against the schedule.
    pub fn from_runs(runs: Vec<TargetRun>) -> Self {
        ScheduleTargets(runs)
    }

    /// The runs, in the order of their months. Before the first nothing is to be
    /// gone; one of nothing ends the one before it.
    pub fn runs(&self) -> &[TargetRun] {
        &self.0
    }

    /// Whether nothing is to be gone of any month.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is to be gone of a month that has this part of the total.
    pub(crate) fn target(&self, number: u32, part: Credits) -> Credits {
        let begun = self.0.iter().rev().find(|run| run.from <= number);
        let each = begun.map_or(Credits::ZERO, |run| run.each);
        at_most(each, part)
    }
}

/// Nobody can claw back less than nothing or more than was given.
pub(crate) fn at_most(target: Credits, part: Credits) -> Credits {
    target.min(part).max(Credits::ZERO)
}

#[cfg(test)]
mod tests;

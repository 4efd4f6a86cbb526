//! Clawback targets of a schedule's months to come, stored as runs.
//!
//! A schedule stays in its account for years, so the targets are kept short:
//! adjacent months with the same target form one run. The form is canonical: equal
//! targets are equal values, in whichever order they arrived.

use super::Credits;

/// Absolute clawback targets of a schedule's months to come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScheduleTargets(Vec<TargetRun>);

/// A run of adjacent months with the same target: from one month until the next
/// run, or until the schedule's last month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetRun {
    /// The first of the months, counted from 0.
    pub from: u32,
    /// How much of each month must be clawed back in all, limited to its part.
    pub each: Credits,
}

/// A month's part of the total, and how much of it must be clawed back: from 0 to
/// the part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MonthTarget {
    pub(crate) number: u32,
    pub(crate) part: Credits,
    pub(crate) target: Credits,
}

/// A run under construction: its target may still be any amount from `least` to
/// `most`. A month clawed back in full matches every target from its part up, so
/// months whose parts differ by a thousandth share a run.
struct OpenRun {
    from: u32,
    least: Credits,
    /// None = no upper limit.
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

    /// The run with one more month, if one target fits both.
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
    /// The canonical form of the targets of the months to come, given in order.
    pub(crate) fn of(months: impl IntoIterator<Item = MonthTarget>) -> Self {
        let mut runs = Vec::new();
        // Before the first run the target is 0, which needs no run.
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

    /// Runs as stored in an item. The caller must check against the schedule that
    /// they are in canonical form.
    pub fn from_runs(runs: Vec<TargetRun>) -> Self {
        ScheduleTargets(runs)
    }

    /// The runs, in order of their months. Before the first run the target is 0; a
    /// run with target 0 ends the run before it.
    pub fn runs(&self) -> &[TargetRun] {
        &self.0
    }

    /// Whether nothing must be clawed back of any month.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How much must be clawed back of a month with this part of the total.
    pub(crate) fn target(&self, number: u32, part: Credits) -> Credits {
        let begun = self.0.iter().rev().find(|run| run.from <= number);
        let each = begun.map_or(Credits::ZERO, |run| run.each);
        at_most(each, part)
    }
}

/// Limits a target to the range from 0 to the part.
pub(crate) fn at_most(target: Credits, part: Credits) -> Credits {
    target.min(part).max(Credits::ZERO)
}

#[cfg(test)]
mod tests;

//! Billing intervals on the calendar, and the share of an interval that a line bills.
//!
//! Stripe counts periods from the billing cycle anchor: with an anchor on the 31st,
//! periods end on the last day of shorter months, and return to the 31st after
//! February (<https://docs.stripe.com/billing/subscriptions/billing-cycle>).

use serde::{Deserialize, Serialize};

use super::LinePeriod;
use crate::Timestamp;
use crate::timestamp::SECONDS_PER_DAY;

/// The unit of a price's interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalUnit {
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// A calendar month.
    #[default]
    Month,
    /// 12 calendar months.
    Year,
}

/// How often a price bills: every `count` units of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillingInterval {
    /// The unit.
    pub unit: IntervalUnit,
    /// The number of units, from 1.
    pub count: u32,
}

/// The share of its interval that a line bills: `part / whole`, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The line's length.
    pub part: i64,
    /// The interval's length, above 0.
    pub whole: i64,
}

impl Share {
    /// All of the interval.
    pub const ALL: Share = Share { part: 1, whole: 1 };
}

/// Why a share cannot be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareProblem {
    /// It depends on the anchor day, which is not known.
    NeedsAnchor,
    /// The period ends before it starts, or the interval has no length.
    Impossible,
}

impl BillingInterval {
    /// Its calendar months, if its unit is a month or a year.
    fn months(self) -> Option<u32> {
        match self.unit {
            IntervalUnit::Day | IntervalUnit::Week => None,
            IntervalUnit::Month => Some(self.count),
            IntervalUnit::Year => Some(self.count.saturating_mul(12)),
        }
    }

    fn days(self) -> i64 {
        match self.unit {
            IntervalUnit::Day => i64::from(self.count),
            IntervalUnit::Week => i64::from(self.count).saturating_mul(7),
            IntervalUnit::Month | IntervalUnit::Year => 0,
        }
    }

    /// The moment one interval later.
    fn after(self, moment: Timestamp) -> Timestamp {
        match self.months() {
            Some(months) => moment.plus_months(months),
            None => moment.plus_seconds(self.days().saturating_mul(SECONDS_PER_DAY)),
        }
    }

    /// The moment one interval earlier, in a cycle with this anchor day.
    fn before(self, moment: Timestamp, anchor_day: u32) -> Timestamp {
        match self.months() {
            Some(months) => moment.minus_months(months, anchor_day),
            None => moment.plus_seconds(self.days().saturating_mul(-SECONDS_PER_DAY)),
        }
    }

    /// Whether the period is one interval to within a day, counted forward from its
    /// start or backward from its end.
    fn is_whole(self, period: LinePeriod) -> bool {
        let near =
            |one: Timestamp, other: Timestamp| one.seconds_since(other).abs() <= SECONDS_PER_DAY;
        near(self.after(period.start), period.end)
            || near(
                self.before(period.end, period.end.day_of_month()),
                period.start,
            )
    }

    /// The length of the interval that ends with the period, in seconds. If the
    /// period ends on the last day of a month, it depends on the anchor day, unless
    /// all possible anchor days give the same length.
    fn length_before(self, end: Timestamp, anchors: &[Timestamp]) -> Result<i64, ShareProblem> {
        let last = end.day_of_month();
        let length = |day: u32| end.seconds_since(self.before(end, day));
        if !end.is_last_day_of_month() || (last..=31).all(|day| length(day) == length(last)) {
            return Ok(length(last));
        }
        // An anchor of this cycle has the same time of day.
        let on_cycle = |anchor: &&Timestamp| {
            anchor.day_of_month() >= last && anchor.second_of_day() == end.second_of_day()
        };
        let anchor = anchors.iter().filter(on_cycle).max();
        anchor
            .map(|anchor| length(anchor.day_of_month()))
            .ok_or(ShareProblem::NeedsAnchor)
    }

    /// The share of the interval that a line bills. A line for a whole interval
    /// that is no proration has a share of 1, however long its month was.
    pub fn share(
        self,
        period: LinePeriod,
        proration: bool,
        anchors: &[Timestamp],
    ) -> Result<Share, ShareProblem> {
        if period.end < period.start {
            return Err(ShareProblem::Impossible);
        }
        if !proration && self.is_whole(period) {
            return Ok(Share::ALL);
        }
        let whole = self.length_before(period.end, anchors)?;
        if whole <= 0 {
            return Err(ShareProblem::Impossible);
        }
        let part = period.end.seconds_since(period.start);
        Ok(Share { part, whole })
    }
}

#[cfg(test)]
mod tests;

//! Billing cycles on the calendar, in UTC: the n-th boundary from an anchor,
//! with the anchor's day kept through shorter months (31 January, 28 February,
//! 31 March). Source: <https://docs.stripe.com/billing/subscriptions/billing-cycle>.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate};

const DAY: i64 = 86_400;

/// The unit of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 86,400 seconds.
    Day,
    /// Seven days.
    Week,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
}

/// How often a price is billed: every `count` units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The unit.
    pub unit: Unit,
    /// How many units, at least 1.
    pub count: u32,
}

impl Interval {
    /// Every `count` units.
    pub const fn new(unit: Unit, count: u32) -> Self {
        Self { unit, count }
    }

    /// Stripe's name for the unit.
    pub const fn word(self) -> &'static str {
        match self.unit {
            Unit::Day => "day",
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Year => "year",
        }
    }

    /// The length in days or in months.
    const fn steps(self) -> (i64, i64) {
        let count = self.count as i64;
        match self.unit {
            Unit::Day => (count, 0),
            Unit::Week => (7 * count, 0),
            Unit::Month => (0, count),
            Unit::Year => (0, 12 * count),
        }
    }
}

/// The `n`-th boundary after `anchor` (Unix seconds); 0 is the anchor itself,
/// negative numbers are before it.
pub fn boundary(anchor: i64, interval: Interval, n: i64) -> i64 {
    let (days, months) = interval.steps();
    if months == 0 {
        return anchor + n * days * DAY;
    }
    let day = date(anchor);
    let moved = add_months(first_of_month(day), n * months);
    at_day(moved, day.day(), anchor)
}

/// The start of the interval that ends at `end`. Where `end` is the last day of
/// its month, a later `anchor_day` (1 to 31) decides on the day of the start.
pub fn interval_before(end: i64, interval: Interval, anchor_day: u32) -> i64 {
    let (days, months) = interval.steps();
    if months == 0 {
        return end - days * DAY;
    }
    let last = date(end);
    let ends_month = last.day() == days_in_month(last);
    let day = if ends_month && anchor_day > last.day() {
        anchor_day
    } else {
        last.day()
    };
    at_day(add_months(first_of_month(last), -months), day, end)
}

/// The day of the month of a time, 1 to 31.
pub(crate) fn day_of_month(moment: i64) -> u32 {
    date(moment).day()
}

/// That day of the month of `first`, or its last, at the time of day of `like`.
fn at_day(first: NaiveDate, day: u32, like: i64) -> i64 {
    let day = day.min(days_in_month(first));
    let date = first + Days::new(u64::from(day) - 1);
    let midnight = date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
    midnight + like.rem_euclid(DAY)
}

fn date(moment: i64) -> NaiveDate {
    DateTime::from_timestamp(moment, 0).map_or(NaiveDate::MIN, |moment| moment.date_naive())
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day - Days::new(u64::from(day.day()) - 1)
}

fn add_months(day: NaiveDate, months: i64) -> NaiveDate {
    let count = Months::new(u32::try_from(months.unsigned_abs()).unwrap_or(u32::MAX));
    let moved = if months < 0 {
        day.checked_sub_months(count)
    } else {
        day.checked_add_months(count)
    };
    moved.unwrap_or(day)
}

fn days_in_month(day: NaiveDate) -> u32 {
    let first = first_of_month(day);
    let next = add_months(first, 1);
    u32::try_from((next - first).num_days()).unwrap_or(31)
}

//! Monthly periods from an anchor day, in closed form.
//!
//! A period starts at 00:00 UTC on the anchor day, or on the last day of a shorter
//! month: 31 Jan, 28 or 29 Feb, 31 Mar. Every boundary is computed from the anchor
//! day itself, never from the boundary before it, so a period never drifts to the
//! 28th.

use chrono::{Datelike, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use super::Timestamp;

/// The day of the month on which the free credits reset: 1 to 31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct ResetDay(u32);

/// A reset day outside 1 to 31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reset day must be between 1 and 31")]
pub struct ResetDayError;

impl ResetDay {
    /// The first of the month, the default.
    pub const FIRST: ResetDay = ResetDay(1);

    /// The day as a number, 1 to 31.
    pub const fn day(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for ResetDay {
    type Error = ResetDayError;

    fn try_from(day: u32) -> Result<Self, Self::Error> {
        if (1..=31).contains(&day) {
            Ok(ResetDay(day))
        } else {
            Err(ResetDayError)
        }
    }
}

impl From<ResetDay> for u32 {
    fn from(day: ResetDay) -> Self {
        day.0
    }
}

/// One month of free credits: from `starts_at` until just before `ends_at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first moment of the period.
    pub starts_at: Timestamp,
    /// The first moment after the period, which is where the next one starts.
    pub ends_at: Timestamp,
    /// The month of its start, counted from year 0. Consecutive periods of one
    /// anchor day have consecutive numbers.
    number: i32,
}

const MONTHS_PER_YEAR: i32 = 12;

impl Period {
    /// The period that contains `at`. At either end of the range of [`Timestamp`],
    /// its outer boundary is the end of the range.
    pub fn containing(at: Timestamp, reset_day: ResetDay) -> Period {
        let date = at.to_chrono().date_naive();
        // Years have four digits, so months since year 0 fit easily.
        let month_of_date = date
            .year()
            .saturating_mul(MONTHS_PER_YEAR)
            .saturating_add_unsigned(date.month0());
        let number = if boundary(month_of_date, reset_day) <= at {
            month_of_date
        } else {
            month_of_date.saturating_sub(1)
        };
        Period {
            starts_at: boundary(number, reset_day),
            ends_at: boundary(number.saturating_add(1), reset_day),
            number,
        }
    }

    /// The number of periods strictly between `earlier` and this one.
    pub fn periods_between(self, earlier: Period) -> u32 {
        let distance = self.number.saturating_sub(earlier.number).saturating_sub(1);
        u32::try_from(distance).unwrap_or(0)
    }
}

/// Midnight on the reset day of a month, counted from year 0; on the month's last
/// day if it is shorter.
fn boundary(month: i32, reset_day: ResetDay) -> Timestamp {
    let year = month.div_euclid(MONTHS_PER_YEAR);
    let month_of_year = month
        .rem_euclid(MONTHS_PER_YEAR)
        .unsigned_abs()
        .saturating_add(1);
    let date = (28..=reset_day.day())
        .rev()
        .chain([reset_day.day()])
        .find_map(|day| NaiveDate::from_ymd_opt(year, month_of_year, day));
    match date {
        Some(date) => {
            let midnight = date.and_time(NaiveTime::MIN).and_utc().timestamp();
            Timestamp::from_unix_seconds_clamped(midnight)
        }
        // Unreachable for four-digit years: every month has a 28th.
        None => Timestamp::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u32) -> ResetDay {
        ResetDay::try_from(number).unwrap()
    }

    #[track_caller]
    fn check(reset_day: u32, at: &str, starts: &str, ends: &str) {
        let period = Period::containing(at.parse().unwrap(), day(reset_day));
        assert_eq!(
            (period.starts_at.to_string(), period.ends_at.to_string()),
            (starts.to_string(), ends.to_string()),
            "reset day {reset_day} at {at}"
        );
    }

    #[test]
    fn a_reset_day_is_stored_as_its_number() {
        for number in [1, 31] {
            let stored = serde_json::json!(number);
            assert_eq!(serde_json::to_value(day(number)).unwrap(), stored);
            assert_eq!(
                serde_json::from_value::<ResetDay>(stored).unwrap(),
                day(number)
            );
        }
        assert!(serde_json::from_str::<ResetDay>("32").is_err());
    }

    #[test]
    fn a_period_starts_on_the_anchor_day_or_the_last_of_a_shorter_month() {
        check(
            1,
            "2025-11-06T14:30:00Z",
            "2025-11-01T00:00:00Z",
            "2025-12-01T00:00:00Z",
        );
        check(
            31,
            "2025-02-27T23:59:59Z",
            "2025-01-31T00:00:00Z",
            "2025-02-28T00:00:00Z",
        );
        check(
            31,
            "2025-02-28T00:00:00Z",
            "2025-02-28T00:00:00Z",
            "2025-03-31T00:00:00Z",
        );
        check(
            31,
            "2024-02-29T12:00:00Z",
            "2024-02-29T00:00:00Z",
            "2024-03-31T00:00:00Z",
        );
        check(
            30,
            "2025-03-01T00:00:00Z",
            "2025-02-28T00:00:00Z",
            "2025-03-30T00:00:00Z",
        );
        check(
            15,
            "2025-01-14T23:59:59Z",
            "2024-12-15T00:00:00Z",
            "2025-01-15T00:00:00Z",
        );
        check(
            29,
            "2100-02-28T00:00:00Z",
            "2100-02-28T00:00:00Z",
            "2100-03-29T00:00:00Z",
        );
    }

    #[test]
    fn reset_days_outside_the_month_are_refused() {
        for outside in [0, 32, u32::MAX] {
            assert_eq!(ResetDay::try_from(outside), Err(ResetDayError));
        }
    }

    #[test]
    fn the_ends_of_the_range_have_periods_too() {
        for at in [Timestamp::MIN, Timestamp::MAX] {
            for anchor in 1..=31 {
                let period = Period::containing(at, day(anchor));
                assert!(period.starts_at <= at && at <= period.ends_at);
            }
        }
    }

    /// The days of a month by the school rule, for the reference only.
    fn days_in(year: i64, month: i64) -> i64 {
        match month {
            4 | 6 | 9 | 11 => 30,
            2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
            2 => 28,
            _ => 31,
        }
    }

    /// An independent, slow reference: walks the calendar day by day from 1900 over
    /// a whole Gregorian cycle of 400 years (4,800 months) and notes where the
    /// periods of each anchor day begin.
    #[test]
    fn all_31_anchor_days_agree_with_a_walk_over_4800_months() {
        for anchor in 1..=31_i64 {
            let mut boundaries = Vec::new();
            let mut days_since_1900 = 0_i64;
            for year in 1900..2300_i64 {
                for month in 1..=12_i64 {
                    let length = days_in(year, month);
                    for of_month in 1..=length {
                        if of_month == anchor || (of_month == length && anchor > length) {
                            boundaries.push(Timestamp::MIN.plus_seconds(days_since_1900 * 86_400));
                        }
                        days_since_1900 += 1;
                    }
                }
            }
            assert_eq!(boundaries.len(), 4800);
            let reset_day = day(u32::try_from(anchor).unwrap());
            for (index, pair) in boundaries.windows(2).enumerate() {
                let (starts_at, ends_at) = (pair[0], pair[1]);
                for at in [
                    starts_at,
                    starts_at.plus_seconds(1),
                    starts_at.plus_seconds(13 * 86_400 + 4_711),
                    ends_at.plus_seconds(-1),
                ] {
                    let period = Period::containing(at, reset_day);
                    assert_eq!((period.starts_at, period.ends_at), (starts_at, ends_at));
                }
                let first = Period::containing(boundaries[0], reset_day);
                let this = Period::containing(starts_at, reset_day);
                let between = u32::try_from(index).unwrap().saturating_sub(1);
                assert_eq!(this.periods_between(first), between);
            }
        }
    }
}

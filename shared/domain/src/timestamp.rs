//! `Timestamp`: a moment in UTC, whole seconds, years 1900 to 9999.
//!
//! It never reads a clock; moments are passed in as arguments.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Months, NaiveDate, SecondsFormat, Timelike, Utc};
use serde::{Deserialize, Serialize};

/// A moment in UTC with a resolution of one second; written as RFC 3339 with
/// `Z`, for example `2025-11-06T14:30:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

/// A text or number that is not a valid timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an RFC 3339 time between 1900 and 9999, for example 2025-11-06T14:30:00Z")]
pub struct TimestampError;

/// One day, in seconds.
pub(crate) const SECONDS_PER_DAY: i64 = 86_400;

impl Timestamp {
    /// 1900-01-01T00:00:00Z: earlier than any recorded moment.
    pub const MIN: Timestamp = Timestamp(-2_208_988_800);
    /// 9999-12-31T23:59:59Z: the last moment with a four-digit year.
    pub const MAX: Timestamp = Timestamp(253_402_300_799);

    /// The moment before [`Timestamp::MAX`].
    pub(crate) const SECOND_TO_LAST: Timestamp = Timestamp(Self::MAX.0 - 1);

    /// From seconds since 1970-01-01T00:00:00Z.
    pub fn from_unix_seconds(seconds: i64) -> Result<Self, TimestampError> {
        if (Self::MIN.0..=Self::MAX.0).contains(&seconds) {
            Ok(Timestamp(seconds))
        } else {
            Err(TimestampError)
        }
    }

    /// From seconds since 1970-01-01T00:00:00Z, clamped to the range.
    pub fn from_unix_seconds_clamped(seconds: i64) -> Self {
        Timestamp(seconds.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn unix_seconds(self) -> i64 {
        self.0
    }

    /// This moment plus `seconds` (may be negative), clamped to the range.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_unix_seconds_clamped(self.0.saturating_add(seconds))
    }

    /// This moment plus calendar months, at the same time of day; on the month's
    /// last day if it is shorter. Clamped to the end of the range.
    pub fn plus_months(self, months: u32) -> Self {
        let later = self.to_chrono().checked_add_months(Months::new(months));
        later.map_or(Self::MAX, |later| {
            Self::from_unix_seconds_clamped(later.timestamp())
        })
    }

    /// This moment minus calendar months, at the same time of day, on the anchor
    /// day; on the month's last day if it is shorter. Clamped to the start of the
    /// range.
    pub(crate) fn minus_months(self, months: u32, anchor_day: u32) -> Self {
        let moment = self.to_chrono();
        let first = moment.date_naive().with_day(1);
        let earlier = first.and_then(|first| first.checked_sub_months(Months::new(months)));
        let date = earlier.and_then(|month| {
            let days = (28..=anchor_day.clamp(1, 31)).rev().chain([anchor_day]);
            days.filter_map(|day| NaiveDate::from_ymd_opt(month.year(), month.month(), day))
                .next()
        });
        date.map_or(Self::MIN, |date| {
            Self::from_unix_seconds_clamped(date.and_time(moment.time()).and_utc().timestamp())
        })
    }

    /// The day of the month, 1 to 31.
    pub(crate) fn day_of_month(self) -> u32 {
        self.to_chrono().day()
    }

    /// Whether it is the last day of its month.
    pub(crate) fn is_last_day_of_month(self) -> bool {
        let tomorrow = self.plus_seconds(SECONDS_PER_DAY);
        tomorrow.to_chrono().month() != self.to_chrono().month()
    }

    /// Seconds since midnight.
    pub(crate) fn second_of_day(self) -> u32 {
        self.to_chrono().num_seconds_from_midnight()
    }

    /// Seconds from `earlier` until this moment; negative if it is later.
    pub fn seconds_since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The calendar date, `2025-11-06`.
    pub fn date(self) -> String {
        self.to_chrono().format("%Y-%m-%d").to_string()
    }

    pub(crate) fn to_chrono(self) -> DateTime<Utc> {
        // The range check at construction makes the fallback unreachable.
        DateTime::from_timestamp(self.0, 0).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_chrono().to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

/// Parses RFC 3339 with any offset; fractions of a second are dropped.
impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let moment = DateTime::parse_from_rfc3339(text).map_err(|_| TimestampError)?;
        Self::from_unix_seconds(moment.timestamp())
    }
}

impl TryFrom<String> for Timestamp {
    type Error = TimestampError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_rfc_3339_with_z_and_read_back() {
        for text in [
            "2025-11-06T14:30:00Z",
            "1900-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2024-02-29T23:59:59Z",
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        assert_eq!(
            "2025-11-06T15:30:00.9+01:00"
                .parse::<Timestamp>()
                .unwrap()
                .to_string(),
            "2025-11-06T14:30:00Z"
        );
    }

    #[test]
    fn an_invalid_time_is_refused() {
        for text in [
            "",
            "now",
            "2025-11-06",
            "2025-13-01T00:00:00Z",
            "1899-12-31T23:59:59Z",
            "+10000-01-01T00:00:00Z",
            "2025-11-06T14:30:00",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimestampError), "{text:?}");
        }
        assert!(Timestamp::from_unix_seconds(i64::MAX).is_err());
    }

    #[track_caller]
    fn check_months(from: &str, months: u32, to: &str) {
        let moved = from.parse::<Timestamp>().unwrap().plus_months(months);
        assert_eq!(moved.to_string(), to, "{months} months from {from}");
    }

    #[test]
    fn months_keep_the_time_of_day_and_the_day_where_the_month_has_it() {
        check_months("2025-01-31T14:30:01Z", 0, "2025-01-31T14:30:01Z");
        check_months("2025-01-31T14:30:01Z", 1, "2025-02-28T14:30:01Z");
        check_months("2025-01-31T14:30:01Z", 2, "2025-03-31T14:30:01Z");
        check_months("2024-01-30T00:00:00Z", 1, "2024-02-29T00:00:00Z");
        check_months("2024-02-29T23:59:59Z", 12, "2025-02-28T23:59:59Z");
        check_months("2024-02-29T23:59:59Z", 48, "2028-02-29T23:59:59Z");
        check_months("2025-11-06T14:30:00Z", 2, "2026-01-06T14:30:00Z");
        check_months("9999-12-06T14:30:00Z", 1, "9999-12-31T23:59:59Z");
        check_months("2025-11-06T14:30:00Z", u32::MAX, "9999-12-31T23:59:59Z");
    }

    #[test]
    fn moving_a_moment_stops_at_the_ends_of_the_range() {
        assert_eq!(Timestamp::MAX.plus_seconds(i64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.plus_seconds(i64::MIN), Timestamp::MIN);
    }
}

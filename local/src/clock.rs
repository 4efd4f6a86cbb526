//! The local clock: the machine's own, unless it is moved or frozen.
//!
//! Tokens, signatures, the limiter and the handlers share this clock, so a test
//! that moves it moves the whole world.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Months, Utc};
use shared::domain::Timestamp;
use shared::host::clock::{Clock, SystemClock};

/// The file that keeps a moved clock, beside the tables.
const FILE_NAME: &str = "clock";

/// A clock that can be moved. Clones share it.
#[derive(Clone, Debug)]
pub struct LocalClock(Arc<Mutex<State>>);

#[derive(Clone, Copy, Debug)]
enum State {
    /// Runs at this offset from the machine's clock, in seconds.
    Running { offset_seconds: i64 },
    /// Frozen at this time.
    Frozen { at: Timestamp },
}

/// An invalid duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an ISO 8601 duration such as P1M, P3DT12H or PT90S")]
pub struct DurationError(String);

impl LocalClock {
    /// A clock that starts at `now` (default: the machine's time), stopped if
    /// `frozen`.
    pub fn new(now: Option<Timestamp>, frozen: bool) -> Self {
        let clock = LocalClock(Arc::new(Mutex::new(State::Running { offset_seconds: 0 })));
        if let Some(now) = now {
            clock.set(now);
        }
        clock.freeze(frozen);
        clock
    }

    /// Sets the clock to a time.
    pub fn set(&self, now: Timestamp) {
        let mut state = self.state();
        *state = match *state {
            State::Frozen { .. } => State::Frozen { at: now },
            State::Running { .. } => running_at(now),
        };
    }

    /// Stops the clock, or lets it run on.
    pub fn freeze(&self, frozen: bool) {
        let now = self.now();
        *self.state() = if frozen {
            State::Frozen { at: now }
        } else {
            running_at(now)
        };
    }

    /// Keeps the clock in a folder, so that the next start goes on from there. A clock
    /// that was never moved needs no keeping.
    pub(crate) fn keep(&self, folder: &Path) -> io::Result<()> {
        let text = match *self.state() {
            State::Running { offset_seconds } => format!("running {offset_seconds}\n"),
            State::Frozen { at } => format!("frozen {at}\n"),
        };
        std::fs::write(folder.join(FILE_NAME), text)
    }

    /// The clock that was kept in a folder; none if none was, or if the file says
    /// nothing that can be read.
    pub(crate) fn kept(folder: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(folder.join(FILE_NAME)).ok()?;
        let state = match text.trim_end().split_once(' ')? {
            ("running", offset) => State::Running {
                offset_seconds: offset.parse().ok()?,
            },
            ("frozen", at) => State::Frozen {
                at: at.parse().ok()?,
            },
            _ => return None,
        };
        Some(LocalClock(Arc::new(Mutex::new(state))))
    }

    /// Whether the clock is stopped.
    pub fn is_frozen(&self) -> bool {
        matches!(*self.state(), State::Frozen { .. })
    }

    /// Moves the clock by an ISO 8601 duration; `P1M` is a calendar month, and
    /// a leading minus moves it back.
    pub fn advance(&self, duration: &str) -> Result<(), DurationError> {
        self.set(moved(self.now(), duration)?);
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is replaced in one assignment, so it is valid even after a
        // panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds an ISO 8601 duration to a time, see [`LocalClock::advance`].
pub(crate) fn moved(from: Timestamp, duration: &str) -> Result<Timestamp, DurationError> {
    let step = Step::parse(duration).ok_or_else(|| DurationError(duration.to_string()))?;
    Ok(step.from(from))
}

fn running_at(now: Timestamp) -> State {
    State::Running {
        offset_seconds: now.seconds_since(SystemClock.now()),
    }
}

impl Clock for LocalClock {
    fn now(&self) -> Timestamp {
        match *self.state() {
            State::Frozen { at } => at,
            State::Running { offset_seconds } => SystemClock.now().plus_seconds(offset_seconds),
        }
    }
}

/// A duration as months and seconds, which cannot be converted into each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    back: bool,
    months: u32,
    seconds: i64,
}

impl Step {
    /// `[-]P[nY][nM][nW][nD][T[nH][nM][nS]]` with whole numbers, at least one.
    fn parse(text: &str) -> Option<Step> {
        let (back, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (date, time) = match text.strip_prefix('P')?.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (text.strip_prefix('P')?, None),
        };
        let [years, months, weeks, days] = numbers(date, ['Y', 'M', 'W', 'D'])?;
        let [hours, minutes, seconds] = match time {
            Some("") => return None,
            Some(time) => numbers(time, ['H', 'M', 'S'])?,
            None if date.is_empty() => return None,
            None => [0; 3],
        };
        let days = weeks.checked_mul(7)?.checked_add(days)?;
        let hours = days.checked_mul(24)?.checked_add(hours)?;
        let minutes = hours.checked_mul(60)?.checked_add(minutes)?;
        Some(Step {
            back,
            months: years
                .checked_mul(12)?
                .checked_add(months)?
                .try_into()
                .ok()?,
            seconds: minutes.checked_mul(60)?.checked_add(seconds)?,
        })
    }

    /// Adds the calendar months first, then the seconds.
    fn from(self, now: Timestamp) -> Timestamp {
        let date: Option<DateTime<Utc>> = DateTime::from_timestamp(now.unix_seconds(), 0);
        let months = Months::new(self.months);
        let moved = date.and_then(|date| {
            if self.back {
                date.checked_sub_months(months)
            } else {
                date.checked_add_months(months)
            }
        });
        let (outermost, sign) = if self.back {
            (Timestamp::MIN, -1)
        } else {
            (Timestamp::MAX, 1)
        };
        let moved = moved.map_or(outermost, |date| {
            Timestamp::from_unix_seconds_clamped(date.timestamp())
        });
        moved.plus_seconds(self.seconds.saturating_mul(sign))
    }
}

/// Numbers before their unit letters, in the order of the letters, each at most once.
fn numbers<const N: usize>(mut text: &str, units: [char; N]) -> Option<[i64; N]> {
    let mut values = [0; N];
    for (value, unit) in values.iter_mut().zip(units) {
        if let Some((number, rest)) = text.split_once(unit)
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            *value = number.parse().ok()?;
            text = rest;
        }
    }
    text.is_empty().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: &str, duration: &str, to: &str) {
        let clock = LocalClock::new(Some(from.parse().unwrap()), true);
        clock.advance(duration).unwrap();
        assert_eq!(clock.now().to_string(), to, "{from} {duration}");
    }

    #[test]
    fn a_duration_moves_the_clock_as_on_a_calendar() {
        check("2025-11-06T14:30:00Z", "P1M", "2025-12-06T14:30:00Z");
        check("2025-01-31T00:00:00Z", "P1M", "2025-02-28T00:00:00Z");
        check("2024-02-29T00:00:00Z", "P1Y", "2025-02-28T00:00:00Z");
        check(
            "2025-11-06T14:30:00Z",
            "P1Y2M3W4DT5H6M7S",
            "2027-01-31T19:36:07Z",
        );
        check("2025-11-06T14:30:00Z", "PT90S", "2025-11-06T14:31:30Z");
        check("2025-11-06T14:30:00Z", "-P1D", "2025-11-05T14:30:00Z");
        check("2025-11-06T14:30:00Z", "P99999999Y", "9999-12-31T23:59:59Z");
    }

    #[test]
    fn an_invalid_duration_is_refused_and_the_clock_stays() {
        let clock = LocalClock::new(Some("2025-11-06T14:30:00Z".parse().unwrap()), true);
        for bad in [
            "",
            "P",
            "PT",
            "P1",
            "1M",
            "P1M1Y",
            "P1.5D",
            "PT1",
            "P-1D",
            "P1DT",
            "p1d",
            "P99999999999999999999D",
            "P1D ",
            "+P1D",
            "PP1D",
        ] {
            assert!(clock.advance(bad).is_err(), "{bad:?}");
        }
        assert_eq!(clock.now().to_string(), "2025-11-06T14:30:00Z");
    }

    #[test]
    fn a_frozen_clock_stands_still_until_it_is_let_go() {
        let start: Timestamp = "2025-11-06T14:30:00Z".parse().unwrap();
        let clock = LocalClock::new(Some(start), true);
        assert!(clock.is_frozen());
        assert_eq!(clock.now(), start);
        clock.freeze(false);
        assert!(!clock.is_frozen());
        assert!((0..=5).contains(&clock.now().seconds_since(start)));
    }
}

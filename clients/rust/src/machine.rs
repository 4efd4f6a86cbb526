//! What the client asks of its machine: time and randomness, here and nowhere else.
//!
//! Ages are taken from two clocks. One stands still while a laptop sleeps, the other can be set by hand; of the two
//! the larger age counts.

#![allow(
    clippy::disallowed_methods,
    reason = "the client stands alone, so it has one file of its own for this"
)]

use std::time::{Duration, Instant, SystemTime};

use uuid::Uuid;

/// A moment, on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    monotonic: Instant,
    wall: SystemTime,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Moment {
            monotonic: Instant::now(),
            wall: SystemTime::now(),
        }
    }

    /// The time since; `None` if the machine's date was set to before it.
    pub(crate) fn age(&self) -> Option<Duration> {
        let by_date = self.wall.elapsed().ok()?;
        Some(by_date.max(self.monotonic.elapsed()))
    }

    /// The machine's date and time at it.
    pub(crate) fn date(&self) -> SystemTime {
        self.wall
    }
}

/// The end of the time that a call may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    started: Instant,
    allowed: Duration,
}

impl Deadline {
    pub(crate) fn after(allowed: Duration) -> Self {
        Deadline {
            started: Instant::now(),
            allowed,
        }
    }

    /// The time that is left.
    pub(crate) fn left(&self) -> Duration {
        self.allowed.saturating_sub(self.started.elapsed())
    }
}

/// Text that nobody else has.
pub(crate) fn unique() -> String {
    Uuid::new_v4().to_string()
}

/// Sixty-four random bits: the fixed ones of each half fall on random ones of the other.
pub(crate) fn random() -> u64 {
    let (high, low) = Uuid::new_v4().as_u64_pair();
    high.rotate_left(32) ^ low
}

//! Time: the only file that asks the machine for it. Everything else takes a clock or a
//! timestamp.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::Timestamp;

/// Returns the current time. The local world has a clock that can be moved.
pub trait Clock: Send + Sync + Debug {
    /// The current moment.
    fn now(&self) -> Timestamp;
}

/// A shared clock.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the wall clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds_clamped(chrono::Utc::now().timestamp())
    }
}

/// Measures how long something takes.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(tokio::time::Instant);

impl Stopwatch {
    /// Starts the measurement.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the monotonic clock"
    )]
    pub fn start() -> Self {
        Stopwatch(tokio::time::Instant::now())
    }

    /// The time since the start.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// The time by which a request must be answered.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    started: Stopwatch,
    allowed: Duration,
}

impl Deadline {
    /// A deadline `allowed` from now.
    pub fn after(allowed: Duration) -> Self {
        Deadline {
            started: Stopwatch::start(),
            allowed,
        }
    }

    /// The time left; zero once the deadline has passed.
    pub fn remaining(&self) -> Duration {
        self.allowed.saturating_sub(self.started.elapsed())
    }

    /// Whether the deadline has passed.
    pub fn has_passed(&self) -> bool {
        self.remaining().is_zero()
    }
}

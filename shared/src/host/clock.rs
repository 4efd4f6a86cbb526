//! Time: the only file that asks the machine for it.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::Timestamp;

/// Reports what time it is. The local world has one that can be moved.
pub trait Clock: Send + Sync + Debug {
    /// The current moment.
    fn now(&self) -> Timestamp;
}

/// A clock to hand around.
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
    /// Starts measuring.
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

/// Until when a request must be answered.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    started: Stopwatch,
    allowed: Duration,
}

impl Deadline {
    /// A deadline that far from now.
    pub fn after(allowed: Duration) -> Self {
        Deadline {
            started: Stopwatch::start(),
            allowed,
        }
    }

    /// What is left of it; zero once it has passed.
    pub fn remaining(&self) -> Duration {
        self.allowed.saturating_sub(self.started.elapsed())
    }

    /// Whether it has passed.
    pub fn has_passed(&self) -> bool {
        self.remaining().is_zero()
    }
}

//! Virtual time: it passes when everybody waits, and jumps between bursts.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use shared::domain::Timestamp;
use shared::host::clock::{Clock, Stopwatch};

/// The time of a run: a start, what passed on the runtime's paused clock, and jumps.
/// Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Time {
    base_s: Arc<AtomicI64>,
    started: Stopwatch,
}

/// A machine's clock, which is off by some seconds.
#[derive(Clone, Debug)]
pub(crate) struct SkewedClock {
    pub(crate) time: Time,
    pub(crate) off_s: i64,
}

impl Time {
    pub(crate) fn from(start_s: i64) -> Self {
        Time {
            base_s: Arc::new(AtomicI64::new(start_s)),
            started: Stopwatch::start(),
        }
    }

    /// The true time in Unix seconds.
    pub(crate) fn now_s(&self) -> i64 {
        let passed = i64::try_from(self.started.elapsed().as_secs()).unwrap_or(i64::MAX);
        self.base_s.load(Ordering::Relaxed).saturating_add(passed)
    }

    /// Jumps ahead.
    pub(crate) fn jump(&self, seconds: i64) {
        self.base_s.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds_clamped(self.time.now_s().saturating_add(self.off_s))
    }
}

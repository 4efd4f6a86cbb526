//! A rate limit that several tasks share.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shared::host::clock::Stopwatch;

/// A limit in items per second over all tasks, or none.
#[derive(Debug)]
pub(super) struct Pace {
    per_second: Option<NonZeroU32>,
    since: Stopwatch,
    begun: AtomicU64,
}

impl Pace {
    pub(super) fn new(per_second: Option<NonZeroU32>) -> Self {
        Pace {
            per_second,
            since: Stopwatch::start(),
            begun: AtomicU64::new(0),
        }
    }

    /// How many items to start at once.
    pub(super) fn most_at_once(&self, most: usize) -> usize {
        let per_second = self.per_second.map_or(u32::MAX, NonZeroU32::get);
        usize::try_from(per_second).map_or(most, |per_second| per_second.min(most))
    }

    /// Waits until this many more items may start.
    pub(super) async fn wait_for(&self, more: usize) {
        let Some(per_second) = self.per_second else {
            return;
        };
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        let before = self.begun.fetch_add(more, Ordering::Relaxed);
        let due_ms = before.saturating_mul(1_000) / u64::from(per_second.get());
        let due = Duration::from_millis(due_ms);
        tokio::time::sleep(due.saturating_sub(self.since.elapsed())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_more_begin_in_a_second_than_may() {
        let pace = Pace::new(NonZeroU32::new(200));
        let watch = Stopwatch::start();
        for _ in 0..9 {
            pace.wait_for(pace.most_at_once(50)).await;
        }
        // The ninth batch of fifty starts when 400 items are due, after two
        // seconds.
        assert_eq!(watch.elapsed().as_secs(), 2);
        assert_eq!(Pace::new(NonZeroU32::new(7)).most_at_once(50), 7);
        assert_eq!(Pace::new(None).most_at_once(50), 50);
    }
}

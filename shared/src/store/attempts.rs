//! Trying again: at most five more times, after pauses that grow and are drawn
//! at random over their whole length, so that callers who failed together do
//! not come back together.

use std::time::Duration;

use super::{Store, StoreError};
use crate::host::clock::Deadline;

/// One first try and five more.
const MAX_RETRIES: u32 = 5;
/// The longest first pause; it doubles with each retry: 20, 40, 80, 160, 320 ms.
const FIRST_PAUSE_MS: u64 = 20;
/// No pause is longer than this.
const LONGEST_PAUSE_MS: u64 = 500;

/// How many tries of one request are used up.
#[derive(Debug)]
pub(crate) struct Attempts {
    retries: u32,
    deadline: Deadline,
}

impl Attempts {
    pub(crate) fn until(deadline: Deadline) -> Self {
        Attempts {
            retries: 0,
            deadline,
        }
    }

    /// Pauses if the failure may pass and a try is left; otherwise gives the
    /// failure back.
    pub(crate) async fn pause(
        &mut self,
        store: &Store,
        failure: StoreError,
    ) -> Result<(), StoreError> {
        if !failure.retryable() || self.retries >= MAX_RETRIES || self.deadline.has_passed() {
            return Err(failure);
        }
        store.work.tries_again(&failure);
        sleep(store, self.retries, self.deadline).await;
        self.retries += 1;
        Ok(())
    }
}

/// Sleeps a random part of the pause that belongs to the `retry`th retry
/// (from 0), and never past the deadline.
pub(crate) async fn sleep(store: &Store, retry: u32, deadline: Deadline) {
    let longest = FIRST_PAUSE_MS
        .saturating_mul(1_u64.checked_shl(retry).unwrap_or(u64::MAX))
        .min(LONGEST_PAUSE_MS);
    let pause = Duration::from_millis(store.entropy.up_to(longest));
    tokio::time::sleep(pause.min(deadline.remaining())).await;
}

//! Trying again: at most five more times, after pauses that grow and are drawn
//! at random over their whole length, so that callers who failed together do
//! not come back together.

use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::host::clock::Deadline;
use crate::store::client::failure::classify;
use crate::store::{Store, StoreError};

/// One first try and five more.
const MAX_RETRIES: u32 = 5;
/// The longest first pause; it doubles with each retry: 20, 40, 80, 160, 320 ms.
const FIRST_PAUSE_MS: u64 = 20;
/// No pause is longer than this.
const MAX_PAUSE_MS: u64 = 500;

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

    /// Sends a request, and sends it again after failures that may pass.
    pub(crate) async fn until_answered<Answer, Failed, Sent>(
        &mut self,
        store: &Store,
        send: impl Fn() -> Sent,
    ) -> Result<Answer, StoreError>
    where
        Sent: Future<Output = Result<Answer, SdkError<Failed>>>,
        Failed: ProvideErrorMetadata + Debug,
    {
        loop {
            store.work.asked();
            match send().await {
                Ok(answer) => return Ok(answer),
                Err(error) => self.pause(store, classify(&store.work, &error)).await?,
            }
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

/// From the third lost race on, racers pause at random before the next try.
const RACES_WITHOUT_PAUSE: u32 = 2;

/// Races for one account that were lost one after the other.
#[derive(Debug, Default)]
pub(crate) struct LostRaces(u32);

impl LostRaces {
    /// One more. Says whether it paused; others went on meanwhile, so what was
    /// seen before is to be read again: that is cheaper than one more transaction
    /// that is bound to fail.
    pub(crate) async fn another(&mut self, store: &Store, deadline: Deadline) -> bool {
        let pause = self.0.checked_sub(RACES_WITHOUT_PAUSE);
        self.0 = self.0.saturating_add(1);
        if let Some(pause) = pause {
            sleep(store, pause, deadline).await;
        }
        pause.is_some()
    }
}

/// Sleeps a random part of the pause that belongs to the `retry`th retry
/// (from 0), and never past the deadline.
async fn sleep(store: &Store, retry: u32, deadline: Deadline) {
    let longest = FIRST_PAUSE_MS
        .saturating_mul(1_u64.checked_shl(retry).unwrap_or(u64::MAX))
        .min(MAX_PAUSE_MS);
    let pause = Duration::from_millis(store.entropy.up_to(longest));
    tokio::time::sleep(pause.min(deadline.remaining())).await;
}

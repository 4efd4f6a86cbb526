//! Retries: at most five, with exponential backoff and full jitter, so that callers
//! that failed together do not retry together.

use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::host::clock::Deadline;
use crate::store::client::failure::classify;
use crate::store::{Store, StoreError};

/// The first attempt and five retries.
const MAX_RETRIES: u32 = 5;
/// The upper bound of the first pause; it doubles with each retry: 20, 40, 80, 160, 320
/// ms.
const FIRST_PAUSE_MS: u64 = 20;
/// No pause is longer than this.
const MAX_PAUSE_MS: u64 = 500;

/// Counts the attempts of one request.
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

    /// Sends a request and retries it after transient failures.
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

    /// Pauses if the failure is transient and an attempt is left; otherwise returns the
    /// failure.
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

/// After the second lost race, pause a random time before the next attempt.
const RACES_WITHOUT_PAUSE: u32 = 2;

/// Consecutive lost races for one account.
#[derive(Debug, Default)]
pub(crate) struct LostRaces(u32);

impl LostRaces {
    /// Records a lost race and returns whether it paused. After a pause, read the state
    /// again: others have written meanwhile, and a read is cheaper than a transaction
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

/// Sleeps a random part of the pause of the `retry`th retry (from 0), but never past
/// the deadline.
async fn sleep(store: &Store, retry: u32, deadline: Deadline) {
    let longest = FIRST_PAUSE_MS
        .saturating_mul(1_u64.checked_shl(retry).unwrap_or(u64::MAX))
        .min(MAX_PAUSE_MS);
    let pause = Duration::from_millis(store.entropy.up_to(longest));
    tokio::time::sleep(pause.min(deadline.remaining())).await;
}

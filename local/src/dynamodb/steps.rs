//! Requests one at a time: each waits until the test lets it pass, so that a
//! test can stop between any two of them or interleave those of several tasks.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

/// The test's side: it sees how many requests have come and lets them pass.
/// While it lives no request passes by itself.
#[derive(Debug, Clone)]
pub struct Steps(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    arrived: watch::Sender<usize>,
    permits: Semaphore,
}

impl Steps {
    pub(super) fn new() -> Self {
        Steps(Arc::new(Shared {
            arrived: watch::Sender::new(0),
            permits: Semaphore::new(0),
        }))
    }

    /// Lets so many more requests pass, those that wait first.
    pub fn let_pass(&self, requests: usize) {
        self.0.permits.add_permits(requests);
    }

    /// Resolves once so many requests have come in all, whether they passed or
    /// wait.
    pub async fn arrived(&self, requests: usize) {
        let mut arrived = self.0.arrived.subscribe();
        // Unreachable: the sender lives as long as `self`.
        let _ = arrived.wait_for(|count| *count >= requests).await;
    }

    /// A request comes and waits until it may pass.
    pub(super) async fn wait(&self) {
        self.0.arrived.send_modify(|count| *count += 1);
        if let Ok(permit) = self.0.permits.acquire().await {
            permit.forget();
        }
    }
}

//! Steps through requests: each waits until the test releases it, so that a
//! test can stop between any two, or interleave those of several tasks.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

/// The test's side: counts the requests that arrived and releases them. While
/// it lives, no request passes by itself.
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

    /// Releases this many more requests, waiting ones first.
    pub fn let_pass(&self, requests: usize) {
        self.0.permits.add_permits(requests);
    }

    /// Resolves once this many requests have arrived in total, released or waiting.
    pub async fn arrived(&self, requests: usize) {
        let mut arrived = self.0.arrived.subscribe();
        // Unreachable: the sender lives as long as `self`.
        let _ = arrived.wait_for(|count| *count >= requests).await;
    }

    /// Registers a request and waits until it is released.
    pub(super) async fn wait(&self) {
        self.0.arrived.send_modify(|count| *count += 1);
        if let Ok(permit) = self.0.permits.acquire().await {
            permit.forget();
        }
    }
}

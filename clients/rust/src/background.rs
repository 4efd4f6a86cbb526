//! Work that goes on after its caller has left: releases and reports of holds. It is counted, so that a service that
//! shuts down can wait for it.

use std::future::Future;

use tokio::runtime::Handle;
use tokio::sync::watch;

/// Counts what is under way; clones share the count.
#[derive(Clone, Debug)]
pub(crate) struct Background {
    under_way: watch::Sender<usize>,
}

/// One piece of work; it counts until it is dropped.
#[derive(Debug)]
pub(crate) struct Piece(watch::Sender<usize>);

impl Drop for Piece {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl Background {
    pub(crate) fn new() -> Self {
        Background {
            under_way: watch::Sender::new(0),
        }
    }

    /// Counts a piece of work.
    pub(crate) fn begin(&self) -> Piece {
        self.under_way
            .send_modify(|count| *count = count.saturating_add(1));
        Piece(self.under_way.clone())
    }

    /// Runs it on a runtime. If that has shut down, the work is dropped.
    pub(crate) fn spawn(&self, runtime: &Handle, work: impl Future<Output = ()> + Send + 'static) {
        let piece = self.begin();
        runtime.spawn(async move {
            let _piece = piece;
            work.await;
        });
    }

    /// Waits until nothing is under way.
    pub(crate) async fn idle(&self) {
        let mut counts = self.under_way.subscribe();
        // The sender lives as long as this.
        let _ = counts.wait_for(|count| *count == 0).await;
    }
}

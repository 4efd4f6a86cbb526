//! Injects DynamoDB faults for tests. A fault is queued for the next request of
//! one operation and used once. Without one the transport works normally.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

use super::steps::Steps;

/// A fault of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection fails before anything is sent. Not applied.
    NotSent,
    /// The request is applied, then the connection breaks before the answer.
    LostReply,
    /// The request is applied, then answered 500 `InternalServerError`.
    ServerErrorAfterApply,
    /// Answered 500 `InternalServerError`. Not applied.
    ServerError,
    /// Answered 400 `ProvisionedThroughputExceededException`. Not applied.
    Throttled,
    /// Answered 400 `TransactionCanceledException`: the first item conflicts
    /// with another transaction. Not applied.
    TransactionConflict,
    /// Never answered. Not applied.
    Hang,
}

/// Faults and holds for the coming requests. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    queued: BTreeMap<String, VecDeque<Fault>>,
    gates: BTreeMap<String, VecDeque<Gate>>,
    steps: Option<Steps>,
}

/// The request's side of a hold.
#[derive(Debug)]
pub(super) struct Gate {
    reached: watch::Sender<bool>,
    released: watch::Receiver<bool>,
}

/// The test's side of a hold. Dropping it releases the request too, so that a
/// failing test fails instead of hanging.
#[derive(Debug)]
pub struct Held {
    reached: watch::Receiver<bool>,
    released: watch::Sender<bool>,
}

impl Faults {
    /// Nothing queued.
    pub fn none() -> Self {
        Self::default()
    }

    /// Queues a fault for the next request of `operation` without one, for
    /// example `TransactWriteItems`.
    pub fn push(&self, operation: &str, fault: Fault) {
        self.with(|state| {
            state
                .queued
                .entry(operation.to_owned())
                .or_default()
                .push_back(fault)
        });
    }

    /// Makes the next request of `operation` wait before it is applied.
    pub fn hold(&self, operation: &str) -> Held {
        let (reached_sender, reached) = watch::channel(false);
        let (released, released_receiver) = watch::channel(false);
        let gate = Gate {
            reached: reached_sender,
            released: released_receiver,
        };
        self.with(|state| {
            state
                .gates
                .entry(operation.to_owned())
                .or_default()
                .push_back(gate)
        });
        Held { reached, released }
    }

    /// From now on every request waits until the test releases it.
    pub fn step_by_step(&self) -> Steps {
        let steps = Steps::new();
        self.with(|state| state.steps = Some(steps.clone()));
        steps
    }

    /// What the next request must wait for, if anything.
    pub(super) fn steps(&self) -> Option<Steps> {
        self.with(|state| state.steps.clone())
    }

    /// The number of faults and holds that are still queued.
    pub fn unused(&self) -> usize {
        self.with(|state| {
            let queued = state.queued.values().map(VecDeque::len);
            queued.chain(state.gates.values().map(VecDeque::len)).sum()
        })
    }

    /// A request takes both on arrival, so it keeps its fault while it waits
    /// and others of the same operation overtake it.
    pub(super) fn take(&self, operation: &str) -> (Option<Gate>, Option<Fault>) {
        self.with(|state| {
            let gate = state.gates.get_mut(operation).and_then(VecDeque::pop_front);
            let fault = state
                .queued
                .get_mut(operation)
                .and_then(VecDeque::pop_front);
            (gate, fault)
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Gate {
    pub(super) async fn pass(mut self) {
        self.reached.send_replace(true);
        // An error means that the test dropped its side, which also releases.
        let _ = self.released.wait_for(|released| *released).await;
    }
}

impl Held {
    /// Resolves once the request has arrived and waits; `false` if none can come.
    pub async fn reached(&self) -> bool {
        self.reached
            .clone()
            .wait_for(|reached| *reached)
            .await
            .is_ok()
    }

    /// Releases the request.
    pub fn release(self) {
        self.released.send_replace(true);
    }
}

//! What is left to do of a drain: queues whose reason has become known, and events that
//! may give up their places once the queues which they opened are drained.

use super::{BillingEvent, FactValue, ParkReason};
use crate::StripeId;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Settle the events that are parked under a reason.
    Drain(ParkReason),
    /// Let a settled event give up the place that it kept.
    Leave(Box<BillingEvent>),
}

/// The errands of a drain, the last one first: an event leaves after the queues that it
/// opened, so that whoever is cut short finds it in its place.
#[derive(Clone, Debug, Default)]
pub struct Draining {
    errands: Vec<Errand>,
    leaving: Vec<StripeId>,
    /// Queues that were drained, or are.
    drained: Vec<ParkReason>,
}

/// What an event leaves to do now that it is settled.
#[derive(Clone, Debug)]
pub struct Left {
    /// Whether it changed nothing: it was settled before, or goes on waiting.
    pub repeated: bool,
    /// Whether it keeps the place where it waited.
    pub keeps_place: bool,
    /// The queues that can be drained.
    pub drains: Vec<ParkReason>,
}

impl Left {
    /// What is left to do by an event with this record.
    pub fn by(record: Option<&FactValue>, repeated: bool, drains: Vec<ParkReason>) -> Self {
        Left {
            repeated,
            keeps_place: record.is_some_and(FactValue::keeps_place),
            drains,
        }
    }
}

impl Draining {
    /// A drain of the events that are parked under a reason.
    pub fn of(reason: ParkReason) -> Self {
        Draining {
            errands: vec![Errand::Drain(reason)],
            ..Draining::default()
        }
    }

    /// A drain whose caller settles the events of this queue.
    pub fn begun(reason: ParkReason) -> Self {
        Draining {
            drained: vec![reason],
            ..Draining::default()
        }
    }

    /// Notes what an event leaves to do. What changed nothing opens no queue a second
    /// time, so that there is an end to it; and a customer is known once and for all.
    pub fn note(&mut self, event: &BillingEvent, left: Left) {
        if left.keeps_place {
            // It may be met once more before it leaves.
            if self.leaving.contains(&event.id) {
                return;
            }
            self.leaving.push(event.id.clone());
            self.errands.push(Errand::Leave(Box::new(event.clone())));
        }
        for queue in left.drains {
            let opens_once = left.repeated || matches!(queue, ParkReason::Customer(_));
            if opens_once && self.drained.contains(&queue) {
                continue;
            }
            let queue = Errand::Drain(queue);
            self.errands.retain(|noted| *noted != queue);
            self.errands.push(queue);
        }
    }

    /// The next errand, which is done with as soon as it is taken.
    pub fn take(&mut self) -> Option<Errand> {
        let errand = self.errands.pop();
        if let Some(Errand::Drain(queue)) = &errand {
            self.drained.push(queue.clone());
        }
        errand
    }
}

//! What an API request costs on DynamoDB: requests, units and retries.
//!
//! Each API request gets its own [`Store`](super::Store) (`for_one_request`), which
//! counts into its own [`Work`]. So the sums are right however many requests share a
//! process, without a thread-local or task-local variable.
//!
//! DynamoDB returns the units of a request on demand, free of charge. Where it returns
//! none, as for a failed condition, the request counts without units.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};

/// Set on every request: returns one sum per table.
pub(crate) const WITH_CAPACITY: ReturnConsumedCapacity = ReturnConsumedCapacity::Total;

/// What one request has cost so far. Clones share the counters.
#[derive(Clone, Debug, Default)]
pub struct Work(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    read_half_units: AtomicU64,
    write_half_units: AtomicU64,
    conflicts: AtomicU64,
    throttles: AtomicU64,
    retries: AtomicU64,
    trouble: Mutex<Option<String>>,
}

/// The sums at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkDone {
    /// Requests to DynamoDB, failed ones included.
    pub requests: u64,
    /// Read units, in halves: half a unit is the smallest charge.
    pub read_half_units: u64,
    /// Write units, in halves.
    pub write_half_units: u64,
    /// Requests that conflicted with another transaction.
    pub conflicts: u64,
    /// Requests that DynamoDB throttled.
    pub throttles: u64,
    /// Requests that were sent again.
    pub retries: u64,
    /// The last failure that did not fail the request.
    pub trouble: Option<String>,
}

/// Whether units of unspecified kind are read or write units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
}

impl Work {
    /// The sums so far.
    pub fn done(&self) -> WorkDone {
        let counters = &self.0;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let trouble = counters.trouble.lock();
        WorkDone {
            requests: read(&counters.requests),
            read_half_units: read(&counters.read_half_units),
            write_half_units: read(&counters.write_half_units),
            conflicts: read(&counters.conflicts),
            throttles: read(&counters.throttles),
            retries: read(&counters.retries),
            trouble: trouble.unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Records a failure that does not fail the request; it is logged.
    pub fn note(&self, trouble: impl ToString) {
        let mut latest = self
            .0
            .trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *latest = Some(trouble.to_string());
    }

    /// Counts a request that is about to be sent.
    pub(crate) fn asked(&self) {
        add(&self.0.requests, 1);
    }

    /// Adds the consumed capacity that DynamoDB returned: none, one sum, or one per
    /// table.
    pub(crate) fn consumed<'a>(
        &self,
        kind: Kind,
        capacities: impl IntoIterator<Item = &'a ConsumedCapacity>,
    ) {
        for capacity in capacities {
            let reported = (
                capacity.read_capacity_units(),
                capacity.write_capacity_units(),
                capacity.capacity_units(),
            );
            // Transactions distinguish the two; a repeated one is billed as a read.
            let (read, write) = match (reported, kind) {
                ((None, None, units), Kind::Read) => (units, None),
                ((None, None, units), Kind::Write) => (None, units),
                ((read, write, _), _) => (read, write),
            };
            add(&self.0.read_half_units, half_units(read));
            add(&self.0.write_half_units, half_units(write));
        }
    }

    pub(crate) fn met_a_conflict(&self) {
        add(&self.0.conflicts, 1);
    }

    pub(crate) fn was_throttled(&self) {
        add(&self.0.throttles, 1);
    }

    pub(crate) fn tries_again(&self, failure: &impl ToString) {
        add(&self.0.retries, 1);
        self.note(failure.to_string());
    }
}

fn add(counter: &AtomicU64, number: u64) {
    counter.fetch_add(number, Ordering::Relaxed);
}

/// Units are floats in whole halves; anything else is not a charge.
fn half_units(units: Option<f64>) -> u64 {
    let halves = units.unwrap_or_default() * 2.0;
    // The cast saturates: negative values and NaN count as zero.
    halves.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(read: Option<f64>, write: Option<f64>, all: Option<f64>) -> ConsumedCapacity {
        ConsumedCapacity::builder()
            .set_read_capacity_units(read)
            .set_write_capacity_units(write)
            .set_capacity_units(all)
            .build()
    }

    #[test]
    fn units_are_summed_by_kind() {
        let work = Work::default();
        work.asked();
        work.consumed(Kind::Read, &[reported(None, None, Some(0.5))]);
        work.asked();
        work.consumed(
            Kind::Write,
            &[
                reported(None, None, Some(1.0)),
                reported(None, None, Some(4.0)),
            ],
        );
        work.asked();
        work.consumed(Kind::Write, &[reported(Some(2.0), None, Some(2.0))]);
        work.asked();
        work.consumed(Kind::Write, &[reported(None, Some(5.0), Some(5.0))]);
        work.asked();
        work.consumed(Kind::Read, None);
        let done = work.done();
        assert_eq!(done.requests, 5);
        assert_eq!((done.read_half_units, done.write_half_units), (5, 20));
        assert_eq!(done.trouble, None);
    }

    #[test]
    fn an_invalid_capacity_counts_as_zero() {
        for units in [None, Some(-1.0), Some(f64::NAN), Some(0.0)] {
            assert_eq!(half_units(units), 0, "{units:?}");
        }
        assert_eq!(half_units(Some(2.5)), 5);
    }

    #[test]
    fn clones_count_together_and_the_last_trouble_is_reported() {
        let work = Work::default();
        work.clone().tries_again(&"first");
        work.note("second");
        let done = work.done();
        assert_eq!((done.retries, done.trouble.as_deref()), (1, Some("second")));
    }
}

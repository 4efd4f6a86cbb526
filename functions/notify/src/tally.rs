//! What one event has done, for its log line. Counters that only alarms read are left
//! out while they are zero.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use shared::host::log::Line;

/// What is counted; the names are those of the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Deliveries that were begun.
    DeliveriesBegun,
    /// Messages and e-mails that were taken.
    Delivered,
    /// Attempts that failed and are made again.
    AttemptsFailed,
    /// Deliveries that were given up.
    DeliveriesFailed,
    /// Endpoints that were disabled because they had failed for a day.
    EndpointsDisabled,
    /// E-mails of which it is unclear whether they were sent.
    UnclearMails,
    /// Records of a stream that cannot be read.
    UnreadableRecords,
}

const ALL: [(Counted, &str); 7] = [
    (Counted::DeliveriesBegun, "DeliveriesBegun"),
    (Counted::Delivered, "Delivered"),
    (Counted::AttemptsFailed, "AttemptsFailed"),
    (Counted::DeliveriesFailed, "DeliveriesFailed"),
    (Counted::EndpointsDisabled, "EndpointsDisabled"),
    (Counted::UnclearMails, "UnclearMails"),
    (Counted::UnreadableRecords, "UnreadableRecords"),
];

/// The counts of one event. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Arc<[AtomicU64; 7]>);

impl Tally {
    pub(crate) fn add(&self, counted: Counted, number: u64) {
        for ((kind, _), counter) in ALL.iter().zip(self.0.iter()) {
            if *kind == counted {
                counter.fetch_add(number, Ordering::Relaxed);
            }
        }
    }

    pub(crate) fn one(&self, counted: Counted) {
        self.add(counted, 1);
    }

    pub(crate) fn write(&self, line: &mut Line<'_>) {
        for ((_, name), counter) in ALL.iter().zip(self.0.iter()) {
            line.count(name, counter.load(Ordering::Relaxed));
        }
    }
}

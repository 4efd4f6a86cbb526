//! How long the oldest event has waited for something nobody knows yet, as a
//! gauge for an alarm.
//!
//! No scheduler looks after it. It is read when a sandbox starts and with the
//! catalogue every five minutes, so an event that finds the catalogue in memory
//! costs nothing more. Without events nothing new can wait, and an alarm keeps
//! the last figure.

use std::sync::{Arc, Mutex, PoisonError};

use shared::domain::Timestamp;
use shared::host::log::{Figure, Level, Log, Unit};
use shared::store::Store;

/// As long as the catalogue is kept.
const KEPT_SECONDS: i64 = 300;

/// Which catalogue it was last read with. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gauge(Arc<Mutex<Option<Timestamp>>>);

impl Gauge {
    /// Reads it if the catalogue, last read at `catalogue`, was read again since the last time.
    pub(crate) async fn read_if_due(
        &self,
        catalogue: Option<Timestamp>,
        store: &Store,
        now: Timestamp,
        log: &Log,
    ) {
        let Some(catalogue) = catalogue else {
            return;
        };
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent =
            |last: Timestamp| (0..KEPT_SECONDS).contains(&catalogue.seconds_since(last));
        if !last.is_some_and(is_recent) {
            self.read(Some(catalogue), store, now, log).await;
        }
    }

    /// Reads it now. That it cannot be read is logged and fails nothing.
    pub(crate) async fn read(
        &self,
        catalogue: Option<Timestamp>,
        store: &Store,
        now: Timestamp,
        log: &Log,
    ) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = catalogue;
        match store.oldest_parked(now).await {
            Ok(oldest) => {
                let age = oldest.map_or(0, |oldest| now.seconds_since(oldest));
                let age = Figure::whole(age.try_into().unwrap_or_default());
                let mut line = log.line(Level::Info);
                line.metric("OldestParkedSeconds", Unit::Seconds, age);
                line.write();
            }
            Err(failure) => {
                let mut line = log.line(Level::Warning);
                line.text("message", "what waits longest could not be read");
                line.text("reason", &failure.to_string());
                line.write();
            }
        }
    }
}

//! The age of the oldest parked event, as a gauge for an alarm.
//!
//! It needs no scheduler. It is read when a sandbox starts and with the catalogue every
//! five minutes, so an event that finds the catalogue in memory costs nothing extra.
//! Without events nothing new can be parked, and the alarm keeps the last value.

use std::sync::{Arc, Mutex, PoisonError};

use shared::domain::Timestamp;
use shared::host::log::{Figure, Level, Log, Unit};
use shared::store::Store;

/// As long as the catalogue is cached, in seconds.
const KEPT_SECONDS: i64 = 300;

/// The read of the catalogue at which the gauge was last read. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gauge(Arc<Mutex<Option<Timestamp>>>);

impl Gauge {
    /// Reads the gauge if the catalogue, last read at `catalogue`, was read again
    /// since.
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

    /// Reads the gauge now. A failure is logged and fails nothing.
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
                line.text("message", "the oldest parked event could not be read");
                line.text("reason", &failure.to_string());
                line.write();
            }
        }
    }
}

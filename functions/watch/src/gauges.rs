//! Gauges: what waits, and for how long. They are read by the clock, so an alarm on them
//! goes off although nobody calls.

use shared::host::log::{Figure, Level, Unit};
use shared::store::StoreError;

use crate::App;

impl App {
    /// Writes how long the oldest parked event has waited, 0 if none does, and how many
    /// wait for an operator.
    pub(crate) async fn read_gauges(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let oldest = self.store.oldest_parked(now).await?;
        let age = oldest.map_or(0, |oldest| now.seconds_since(oldest));
        let waiting = self.store.events_for_operators().await?;
        let mut line = self.log.line(Level::Info);
        let age = Figure::whole(age.try_into().unwrap_or_default());
        line.metric("OldestParkedSeconds", Unit::Seconds, age);
        line.metric("EventsForOperators", Unit::Count, Figure::whole(waiting));
        line.write();
        Ok(())
    }
}

//! The function `watch`: gauges that are read by the clock, and the check of every account
//! against its ledger, resumed from call to call.

mod gauges;
mod pass;

use std::sync::Arc;
use std::time::Duration;

use local::World;
use serde_json::{Value, json};
use shared::host::log::Log;
use shared::store::Store;
use watch::App;

use crate::logs::taken;

/// The function over the tables of a world.
pub(crate) struct Watching<'a> {
    world: &'a World,
    app: App,
}

impl<'a> Watching<'a> {
    pub(crate) fn over(world: &'a World) -> Self {
        Watching::through(world, world.store.clone())
    }

    /// The same, through another store.
    fn through(world: &'a World, store: Store) -> Self {
        let clock = Arc::new(world.clock.clone());
        let log = Log::new(watch::FUNCTION, clock.clone(), world.log.clone());
        Watching {
            app: App::new(store, clock, log),
            world,
        }
    }

    /// The same, with no more time in one call than for the first accounts.
    fn hurried(self) -> Self {
        let app = self.app.with_round(Duration::ZERO);
        Watching { app, ..self }
    }

    /// All lines of one call of the schedule.
    async fn lines(&self) -> Vec<Value> {
        taken(&self.world.log);
        let event = json!({"source": "aws.events", "detail-type": "Scheduled Event"});
        self.app.handle(event, "invocation-1".to_string()).await;
        taken(&self.world.log)
    }

    /// What one call says, its lines as one.
    pub(crate) async fn call(&self) -> Value {
        let mut all = serde_json::Map::new();
        for line in self.lines().await {
            all.extend(line.as_object().cloned().unwrap_or_default());
        }
        Value::Object(all)
    }
}

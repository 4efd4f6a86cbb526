//! Functions as Lambda calls them: with events as API Gateway records them
//! (payload 2.0, one per route under `events/`), on the embedded tables.
//! No network and no gateway; the whole response is compared.

mod get_credits;
mod hostile_events;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use local::World;
use serde_json::Value;
use shared::http::Event;

/// Where the recorded events lie.
pub(crate) fn events_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../events")
}

/// A recorded event.
pub(crate) fn recorded(name: &str) -> Value {
    let file = events_folder().join(name);
    let text = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The credits function on a world's tables and clock.
pub(crate) fn credits_function(world: &World, variables: &[(&str, &str)]) -> credits::App {
    let pairs = variables.iter();
    let variables = pairs
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    let settings = credits::Settings::read(&variables).unwrap();
    credits::App::new(
        world.store.clone(),
        Arc::new(world.clock.clone()),
        world.entropy.clone(),
        settings,
    )
}

/// The response to an event, as Lambda hands it to API Gateway.
pub(crate) async fn respond(app: &credits::App, event: &Value) -> Value {
    let event: Event = serde_json::from_value(event.clone()).unwrap();
    serde_json::to_value(app.handle(event).await).unwrap()
}

//! Functions as Lambda calls them: with events as API Gateway records them
//! (payload 2.0, one per route under `events/`), on the embedded tables.
//! No network and no gateway; the whole response is compared.

mod get_credits;
mod hostile_events;
mod recorded_events;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use local::World;
use serde_json::Value;
use shared::host::environment::Variables;
use shared::http::{Event, Response};

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

fn read(variables: &[(&str, &str)]) -> Variables {
    let pairs = variables.iter();
    pairs
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
}

/// The credits function on a world's tables and clock.
pub(crate) fn credits_function(world: &World, variables: &[(&str, &str)]) -> credits::App {
    let settings = credits::Settings::read(&read(variables)).unwrap();
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

/// All functions of the template, each event going where its route key says.
pub(crate) struct Functions {
    credits: credits::App,
    profile: profile::App,
}

impl Functions {
    /// New processes on a world's tables and clock; they remember nothing.
    pub(crate) fn of(world: &World, variables: &[(&str, &str)]) -> Self {
        let settings = profile::Settings::read(&read(variables)).unwrap();
        let clock = Arc::new(world.clock.clone());
        Functions {
            credits: credits_function(world, variables),
            profile: profile::App::new(world.store.clone(), clock, settings),
        }
    }

    /// Answers an event; what nobody knows goes to the credits function.
    pub(crate) async fn handle(&self, event: Event) -> Response {
        if profile::ROUTES.contains(&event.route_key()) {
            self.profile.handle(event).await
        } else {
            self.credits.handle(event).await
        }
    }

    /// The same with an event and a response as JSON.
    pub(crate) async fn respond(&self, event: &Value) -> Value {
        let event: Event = serde_json::from_value(event.clone()).unwrap();
        serde_json::to_value(self.handle(event).await).unwrap()
    }
}

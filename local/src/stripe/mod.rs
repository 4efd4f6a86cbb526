//! Stripe stories: events as Stripe would send them, in the shapes of four API
//! versions, signed, and posted to a running world.
//!
//! A story is defined once (`script`, `stories`) and rendered per version
//! (`render`), so all versions state the same facts. Nothing here knows the
//! effect of events on credits.

mod command;
mod delivery;
mod event;
mod order;
mod remote;
mod render;
mod report;
mod scenario;
mod script;
mod signature;
mod stories;
mod version;

#[cfg(test)]
mod tests;

pub use command::{Stripe, StripeError, run};
pub use event::{Cast, StoryEvent};
pub use order::{duplicate, shuffle};
pub use remote::RemoteError;
pub use scenario::{Scenario, UnknownScenario};
pub use signature::sign;
pub use version::{ApiVersion, UnknownVersion};

/// A story: a list of events in the order in which Stripe would send them.
pub struct Story;

impl Story {
    /// The story of a scenario, in the shape of an API version.
    pub fn render(scenario: Scenario, cast: &Cast, version: ApiVersion) -> Vec<StoryEvent> {
        render::events(scenario, cast, version)
    }
}

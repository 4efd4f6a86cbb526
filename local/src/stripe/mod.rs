//! Stories of Stripe: events as Stripe would send them, in the shapes of four
//! of its API versions, signed, and posted to a world that runs.
//!
//! A story is said once (`script`, `stories`) and rendered for a version
//! (`render`), so all four report the same thing. Nothing here knows what the
//! events do to credits.

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

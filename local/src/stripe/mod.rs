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
mod shapes;
mod signature;
mod stories;
mod trace;
mod version;

#[cfg(test)]
mod tests;

use shared::domain::{Price, Timestamp};

pub(crate) use command::random_suffix;
pub use command::{Stripe, StripeError, run};
pub(crate) use delivery::Deliveries;
pub use event::{Cast, StoryEvent};
pub use order::{duplicate, shuffle};
pub use remote::RemoteError;
pub(crate) use render::PaymentFacts;
pub(crate) use report::summary;
pub use scenario::{Scenario, UnknownScenario};
pub use shapes::Shapes;
pub use signature::sign;
pub use trace::{Effect, Trace};
pub use version::{ApiVersion, UnknownVersion};

/// A story: a list of events in the order in which Stripe would send them.
pub struct Story;

impl Story {
    /// The story of a scenario, in the shape of an API version.
    pub fn render(scenario: Scenario, cast: &Cast, version: ApiVersion) -> Vec<StoryEvent> {
        render::events(scenario, cast, version)
    }

    /// What the same story leaves at Stripe, in order; its events are in the
    /// shape of that version, its objects in those of all.
    pub fn traces(scenario: Scenario, cast: &Cast, version: ApiVersion) -> Vec<Trace> {
        render::traces(scenario, cast, version)
    }

    /// The objects of a price and its product, as Stripe's API shows them.
    pub fn price(price: &Price, created: Timestamp) -> [Shapes; 2] {
        render::price_and_product(price, created)
    }
}

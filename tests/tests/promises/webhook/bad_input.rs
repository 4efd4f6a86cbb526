//! What must not get through, and what must get through in the end: forged and
//! broken deliveries, events of the other mode, stores that fail, and people's
//! names, which stay outside.

mod broken_store;
mod long_ids;
mod rejected;
mod secrets_of_people;
mod unreadable;

pub(crate) use secrets_of_people::plant;

use local::stripe::{ApiVersion, Cast, Scenario, Story, StoryEvent};

use super::{SOMEBODY, SUFFIX};

/// The events of a story as Stripe sends them.
pub(super) fn sent(scenario: Scenario) -> Vec<StoryEvent> {
    let cast = Cast::new(SOMEBODY, SUFFIX, tests::at(tests::NOW));
    Story::render(scenario, &cast, ApiVersion::Dahlia)
}

/// The first of them of a type.
#[track_caller]
pub(super) fn one(event_type: &str, events: &[StoryEvent]) -> StoryEvent {
    let mut of_type = events.iter().filter(|event| event.event_type == event_type);
    of_type.next().unwrap().clone()
}

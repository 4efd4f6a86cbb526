//! What becomes of Stripe's events under every circumstance that a process, a
//! network and a sender can bring about: two at once, one cut short, parked,
//! broken, forged; and what users see of it.
//!
//! `ground` is the cheapest place to settle events on, `interleave` lets tasks
//! take turns request by request, `holds_true` is what holds whatever happened.

mod bad_input;
pub(crate) mod ground;
pub(crate) mod holds_true;
mod interleave;
mod journeys;
mod parking;
pub(crate) mod post;
mod races;
mod whole_objects;

pub(crate) use bad_input::plant;
use local::stripe::{ApiVersion, Cast, Scenario, Story};
use shared::domain::billing::{BillingEvent, Fact};

/// Whom the stories are about unless a test says otherwise.
const SOMEBODY: &str = "somebody";
/// Another, where there must be two.
const SOMEONE_ELSE: &str = "someone-else";
/// What the ids of Stripe's objects end in.
const SUFFIX: &str = "A1";

/// The events of a story about somebody that begins now, as the webhook reads them.
#[track_caller]
fn reported(scenario: Scenario, version: ApiVersion) -> Vec<BillingEvent> {
    reported_of(SOMEBODY, SUFFIX, scenario, version)
}

/// The same about anybody.
#[track_caller]
fn reported_of(
    user_id: &str,
    suffix: &str,
    scenario: Scenario,
    version: ApiVersion,
) -> Vec<BillingEvent> {
    let cast = Cast::new(user_id, suffix, tests::at(tests::NOW));
    let events = Story::render(scenario, &cast, version).into_iter();
    events
        .map(|event| stripe_webhook::read(event.payload().as_bytes()).unwrap())
        .collect()
}

/// The first of them of a type.
#[track_caller]
fn the(event_type: &str, events: &[BillingEvent]) -> BillingEvent {
    let mut of_type = events.iter().filter(|event| event.event_type == event_type);
    of_type.next().unwrap().clone()
}

/// The same event under another id, with something else in it.
#[track_caller]
fn varied(event: &BillingEvent, id: &str, change: impl FnOnce(&mut Fact)) -> BillingEvent {
    let mut event = event.clone();
    event.id = id.parse().unwrap();
    change(&mut event.fact);
    event
}

//! Stripe's stories, delivered event by event as `local stripe` does.

use shared::domain::UserId;
use shared::host::clock::Clock;

use super::notice::Notice;
use crate::stripe::{ApiVersion, Cast, Deliveries, Scenario, Story, random_suffix, summary};
use crate::world::World;

/// What stands for an answer where Stripe has no room for the story (RFC 4918, 11.5).
const NO_ROOM: u16 = 507;

/// Lets a story happen to a user, and delivers each of its events to the webhook.
pub(super) async fn tell(world: &World, user: &UserId, scenario: Scenario) -> Notice {
    let version = ApiVersion::default();
    let cast = Cast::new(user.as_str(), &random_suffix(), world.clock.now());
    let events = Story::render(scenario, &cast, version);
    let webhook = world.webhook();
    let mut deliveries = Deliveries::of(events.len());
    loop {
        for place in deliveries.due() {
            let Some(event) = events.get(place) else {
                continue;
            };
            // Whatever came before has happened too.
            let told = world.stripe.tell(scenario, &cast, version, &event.id);
            let status = match told {
                Ok(()) => webhook.post(event.payload()).await,
                Err(_) => NO_ROOM,
            };
            deliveries.answered(place, status);
        }
        if !deliveries.next_round().await {
            break;
        }
    }
    let outcomes = deliveries.outcomes();
    // The rest of it happens as well; an event that did not fit was answered above.
    let _ = world.stripe.tell_all(scenario, &cast, version);
    let lines = events.iter().zip(outcomes).map(|(event, outcome)| {
        let (status, kind) = (outcome.status, &event.event_type);
        format!("{status} {kind}")
    });
    let mut notice = Notice::done(format!("Stripe told the story {scenario}"));
    notice.done = outcomes.iter().all(|outcome| outcome.is_accepted());
    notice.lines = vec![
        format!("It leaves: {}.", scenario.effect()),
        format!("{}.", summary(outcomes)),
    ];
    notice.lines.extend(lines);
    notice
}

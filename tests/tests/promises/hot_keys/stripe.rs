//! What Stripe reports: a day on which many subscriptions renew, and an hour in which
//! it reports customers whom nobody knows yet.

use local::stripe::{ApiVersion, Cast, Scenario, Story, StoryEvent};
use tests::at;

use super::Play;
use crate::import::old_user;
use crate::routes::delivery;

const RENEWING: u32 = 200;
const UNKNOWN: u32 = 400;

/// When the stories begin.
const BEGIN: &str = "2025-12-02T00:00:00Z";

/// The stories of these users, each with ids of its own.
fn stories(scenario: Scenario, users: std::ops::Range<u32>) -> Vec<Vec<StoryEvent>> {
    users
        .map(|number| {
            let suffix = format!("{number:022}");
            let cast = Cast::new(&old_user(number), &suffix, at(BEGIN));
            Story::render(scenario, &cast, ApiVersion::Dahlia)
        })
        .collect()
}

/// Reports the same event of every story.
async fn report(play: &Play, stories: &[Vec<StoryEvent>], number: usize) {
    for story in stories {
        let event = &story[number - 1];
        play.world.clock.set(event.created());
        let delivery = delivery(&play.world, &event.payload());
        let response = play.functions.respond(&delivery).await;
        assert_eq!(response["statusCode"], 200, "{}: {response}", event.id);
    }
}

/// Subscriptions that were bought on one day are renewed on one day.
pub(super) async fn renewals(play: &mut Play) {
    let stories = stories(Scenario::Renew, 1..RENEWING + 1);
    let (bought, all) = (3, stories[0].len());
    play.begin();
    for number in 1..=bought {
        report(play, &stories, number).await;
    }
    play.end("subscriptions are bought");
    play.begin();
    for number in bought + 1..=all {
        report(play, &stories, number).await;
    }
    play.end("a renewal day");
}

/// Subscriptions and paid invoices arrive before the checkout that says whose they are:
/// they are parked, and all of them are settled once it arrives.
pub(super) async fn unknown_customers(play: &mut Play) {
    let first = RENEWING + 1;
    let stories = stories(Scenario::Subscribe, first..first + UNKNOWN);
    play.begin();
    for number in [2, 3] {
        report(play, &stories, number).await;
    }
    play.end("customers are unknown");
    play.begin();
    report(play, &stories, 1).await;
    play.end("customers become known");
}

//! `local stripe`: sends a story to the running local world, event by event.

use std::str::FromStr;

use shared::domain::{Timestamp, UserId};
use shared::host::entropy::{Entropy, SystemEntropy};

use super::delivery::deliver;
use super::remote::{Remote, RemoteError};
use super::report::{Line, summary};
use super::{ApiVersion, Cast, Scenario, Story, StoryEvent, UnknownScenario, duplicate, shuffle};

const EXAMPLES: &str = "\
Examples:
  cargo run -p local -- stripe list                     list all scenarios and their effects
  cargo run -p local -- stripe subscribe                for free@example.com, in API version dahlia
  cargo run -p local -- stripe renew --move-clock       move the world's clock along
  cargo run -p local -- stripe renew --api-version acacia --shuffle 7 --duplicate
  cargo run -p local -- stripe renew --lose invoice.paid    it happens, and is never delivered
  cargo run -p local -- stripe buy-pack --suffix mine   fixed ids: sending it again changes nothing

The local world must be running (`cargo run -p local`, in another terminal). Its Stripe, at
stripeUrl of GET /_local, then shows what the story left. An event that gets
5xx is delivered again a few times, as Stripe would do; any other answer is final. The exit code
is 0 if every event finally got 2xx, else 1.";

/// Send a story of Stripe events to the running local world.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Stripe {
    /// Scenario to send, or `list` to show all
    #[arg(value_name = "SCENARIO|list")]
    topic: Topic,
    /// User of the story: a seeded e-mail address or a user id
    #[arg(long, default_value = "free@example.com")]
    user: String,
    /// URL of the local world
    #[arg(long, default_value = "http://127.0.0.1:8787", value_parser = base_url)]
    url: String,
    /// Stripe API version of the events: acacia, basil, clover or dahlia
    #[arg(long, value_name = "VERSION", default_value_t)]
    api_version: ApiVersion,
    /// Shuffle the events; the same seed gives the same order
    #[arg(long, value_name = "SEED")]
    shuffle: Option<u64>,
    /// Send every event twice
    #[arg(long)]
    duplicate: bool,
    /// Start time of the story [default: now, by the world's clock]
    #[arg(long, value_name = "RFC 3339")]
    time: Option<Timestamp>,
    /// Suffix of the Stripe ids [default: random, so a story can be sent again]
    #[arg(long, value_name = "TEXT", value_parser = suffix)]
    suffix: Option<String>,
    /// Do not deliver events of this type: they happen, and nobody hears of them
    #[arg(long, value_name = "EVENT TYPE")]
    lose: Vec<String>,
    /// Move the world's clock to each event's time before sending it
    #[arg(long)]
    move_clock: bool,
}

/// What the command line selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Topic {
    List,
    Story(Scenario),
}

impl FromStr for Topic {
    type Err = UnknownScenario;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "list" {
            return Ok(Topic::List);
        }
        text.parse().map(Topic::Story)
    }
}

fn base_url(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("http://").unwrap_or_default();
    if host.trim_end_matches('/').is_empty() {
        return Err("must begin with http://, for example http://127.0.0.1:8787".to_string());
    }
    Ok(text.trim_end_matches('/').to_string())
}

/// Short enough that the webhook accepts every id.
const MAX_SUFFIX: usize = 40;

fn suffix(text: &str) -> Result<String, String> {
    let fits = (1..=MAX_SUFFIX).contains(&text.len());
    if fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Ok(text.to_string())
    } else {
        Err(format!("must be 1 to {MAX_SUFFIX} letters and digits"))
    }
}

/// Why a story could not be sent, or was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum StripeError {
    /// The world does not answer as expected.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// There is no such user.
    #[error(
        "--user {0:?} is neither a seeded e-mail address nor a user id: GET /_local lists the users"
    )]
    User(String),
    /// Nobody has this id.
    #[error(
        "nobody here has the user id {0:?}: GET /_local lists the seeded users, `creditsctl user create` makes another"
    )]
    Nobody(String),
    /// The story has no event of a type that is to be lost.
    #[error(
        "--lose {0:?} is no event type of this story in this API version: `stripe {1}` without it shows them"
    )]
    Lose(String, Scenario),
    /// Some events were not accepted.
    #[error("{refused} of {sent} events did not get 2xx")]
    Refused {
        /// Events without a 2xx answer.
        refused: usize,
        /// Events sent.
        sent: usize,
    },
}

/// Runs the command; an error if any event does not finally get 2xx.
pub async fn run(order: Stripe) -> Result<(), StripeError> {
    match order.topic {
        Topic::List => {
            print!("{}", list());
            Ok(())
        }
        Topic::Story(scenario) => report(scenario, &order).await,
    }
}

/// The list of scenarios, two lines each.
fn list() -> String {
    let all = Scenario::ALL.iter().chain(Scenario::NEEDS_API);
    let scenarios = all.map(|scenario| {
        let (events, effect) = (scenario.events(), scenario.effect());
        format!("{scenario:<24} {events}\n{:<24} => {effect}\n", "")
    });
    scenarios.collect()
}

async fn report(scenario: Scenario, order: &Stripe) -> Result<(), StripeError> {
    let remote = Remote::new(&order.url)?;
    let world = remote.describe().await?;
    let user = world.user_id(&order.user).map(str::to_string);
    let user = user
        .or_else(|| order.user.parse().ok().map(|id: UserId| id.to_string()))
        .ok_or_else(|| StripeError::User(order.user.clone()))?;
    let cast = Cast {
        user_id: user,
        suffix: order.suffix.clone().unwrap_or_else(random_suffix),
        start: order.time.unwrap_or(world.now),
    };
    let all = Story::render(scenario, &cast, order.api_version);
    let occurs = |lost: &&String| all.iter().any(|event| event.event_type == **lost);
    if let Some(lost) = order.lose.iter().find(|lost| !occurs(lost)) {
        return Err(StripeError::Lose(lost.clone(), scenario));
    }
    let events = deliveries(scenario, &cast, order);
    println!(
        "{scenario} for {} from {}, {} events of {} to {}",
        cast.user_id,
        cast.start,
        events.len(),
        order.api_version.api_version(),
        remote.webhook(),
    );

    let mut before = remote.numbers(&cast.user_id).await?;
    if !before.is_known {
        return Err(StripeError::Nobody(cast.user_id));
    }
    let outcomes = deliver(&events, async |event: &StoryEvent| {
        if order.move_clock {
            remote.move_clock_to(event.created()).await?;
        }
        // Whatever came before has happened too, however late it is delivered.
        let until = Some(event.id.as_str());
        remote
            .tell(scenario, &cast, order.api_version, until)
            .await?;
        let answer = remote.post_event(event).await?;
        let after = remote.numbers(&cast.user_id).await?;
        let line = Line {
            event,
            answer: &answer,
            before: &before,
            after: &after,
        };
        println!("{line}");
        before = after;
        Ok::<u16, RemoteError>(answer.status)
    })
    .await?;
    remote
        .tell(scenario, &cast, order.api_version, None)
        .await?;

    println!("{}", summary(&outcomes));
    let refused = outcomes.iter().filter(|outcome| !outcome.is_accepted());
    match refused.count() {
        0 => Ok(()),
        refused => Err(StripeError::Refused {
            refused,
            sent: outcomes.len(),
        }),
    }
}

/// The events in the order in which they are sent.
fn deliveries(scenario: Scenario, cast: &Cast, order: &Stripe) -> Vec<StoryEvent> {
    let mut events = Story::render(scenario, cast, order.api_version);
    events.retain(|event| !order.lose.contains(&event.event_type));
    if order.duplicate {
        events = duplicate(events);
    }
    match order.shuffle {
        Some(seed) => shuffle(events, seed),
        None => events,
    }
}

/// A suffix of ids that no other story has.
pub(crate) fn random_suffix() -> String {
    let [a, b, c, d, e, f, ..] = SystemEntropy.bytes();
    hex::encode([a, b, c, d, e, f])
}

#[cfg(test)]
mod tests;

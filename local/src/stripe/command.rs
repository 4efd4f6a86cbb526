//! `local stripe`: the command line of the sender, and the telling of a story
//! to the world that runs, event by event.

use std::str::FromStr;

use shared::domain::{Timestamp, UserId};
use shared::host::entropy::{Entropy, SystemEntropy};

use super::delivery::{Outcome, deliver};
use super::remote::{Remote, RemoteError};
use super::report::{Line, summary};
use super::{ApiVersion, Cast, Scenario, Story, StoryEvent, UnknownScenario, duplicate, shuffle};

const EXAMPLES: &str = "\
Examples:
  cargo run -p local -- stripe list                     every scenario and what it must do
  cargo run -p local -- stripe subscribe                to free@example.com, as dahlia
  cargo run -p local -- stripe renew --move-clock       the world's clock keeps up with the story
  cargo run -p local -- stripe renew --api-version acacia --shuffle 7 --duplicate
  cargo run -p local -- stripe buy-pack --suffix mine   the same ids each time: a second time changes nothing

The world must be running (`cargo run -p local`, in another terminal). An answer of 5xx is
delivered again a few times, as Stripe would; any other answer stands. The exit code says
whether every event was answered 2xx in the end.";

/// Reports a story of Stripe's events to the running world.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Stripe {
    /// A scenario, or `list` for all of them
    #[arg(value_name = "SCENARIO|list")]
    topic: Topic,
    /// Whom the story is about: a seeded e-mail address or a user id
    #[arg(long, default_value = "free@example.com")]
    user: String,
    /// Where the world is
    #[arg(long, default_value = "http://127.0.0.1:8787", value_parser = base_url)]
    url: String,
    /// The shape of the events: acacia, basil, clover or dahlia
    #[arg(long, value_name = "VERSION", default_value_t)]
    api_version: ApiVersion,
    /// Send the events in another order, the same for the same seed
    #[arg(long, value_name = "SEED")]
    shuffle: Option<u64>,
    /// Send every event twice
    #[arg(long)]
    duplicate: bool,
    /// When the story begins; else now, by the world's clock
    #[arg(long, value_name = "RFC 3339")]
    time: Option<Timestamp>,
    /// What the ids at Stripe end in; else random, so that a story can be told again
    #[arg(long, value_name = "TEXT", value_parser = suffix)]
    suffix: Option<String>,
    /// Move the world's clock on to each event's moment before it is sent
    #[arg(long)]
    move_clock: bool,
}

/// What is asked for.
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

/// Short enough that every id stays one that the webhook takes.
const MAX_SUFFIX: usize = 40;

fn suffix(text: &str) -> Result<String, String> {
    let fits = (1..=MAX_SUFFIX).contains(&text.len());
    if fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Ok(text.to_string())
    } else {
        Err(format!("must be 1 to {MAX_SUFFIX} letters and digits"))
    }
}

/// Why a story could not be told, or was not believed.
#[derive(Debug, thiserror::Error)]
pub enum StripeError {
    /// The world does not answer as it should.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The user is nobody.
    #[error(
        "--user {0:?} is no seeded e-mail address and no user id: GET /_local of the world lists its users"
    )]
    User(String),
    /// Some events were not accepted.
    #[error("{refused} of {sent} events were not answered 2xx in the end")]
    Refused {
        /// How many.
        refused: usize,
        /// Of how many.
        sent: usize,
    },
}

/// Does what the command line asks for; an error if any event is not answered
/// 2xx in the end.
pub async fn run(order: Stripe) -> Result<(), StripeError> {
    match order.topic {
        Topic::List => {
            print!("{}", list());
            Ok(())
        }
        Topic::Story(scenario) => report(scenario, &order).await,
    }
}

/// Every scenario with its two lines.
fn list() -> String {
    let scenarios = Scenario::ALL.iter().map(|scenario| {
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
    let outcomes = deliver(&events, async |event: &StoryEvent| {
        if order.move_clock {
            remote.move_clock_to(event.created()).await?;
        }
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

/// The events as they are to be sent.
fn deliveries(scenario: Scenario, cast: &Cast, order: &Stripe) -> Vec<StoryEvent> {
    let mut events = Story::render(scenario, cast, order.api_version);
    if order.duplicate {
        events = duplicate(events);
    }
    match order.shuffle {
        Some(seed) => shuffle(events, seed),
        None => events,
    }
}

fn random_suffix() -> String {
    let [a, b, c, d, e, f, ..] = SystemEntropy.bytes();
    hex::encode([a, b, c, d, e, f])
}

impl Outcome {
    /// Whether the last answer to it was 2xx.
    fn is_accepted(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

#[cfg(test)]
mod tests;

//! Functions as Lambda calls them: with events as API Gateway records them
//! (payload 2.0, one per route under `events/`), on the embedded tables.
//! No network and no gateway; the whole response is compared.

mod get_credits;
mod hostile_events;
mod limits;
mod malformed_events;
mod recorded_events;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use local::World;
use serde_json::{Value, json};
use shared::host::clock::Clock;
use shared::host::environment::Variables;
use shared::host::log::Log;
use shared::http::{Event, Response};
use tests::WEBHOOK_SECRET;

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

/// A function's log among the world's kept lines.
pub(crate) fn log_of(world: &World, function: &'static str) -> Log {
    Log::new(function, Arc::new(world.clock.clone()), world.log.clone())
}

/// The credits function on a world's tables and clock.
pub(crate) fn credits_function(world: &World, variables: &[(&str, &str)]) -> credits::App {
    let settings = credits::Settings::read(&read(variables)).unwrap();
    credits::App::new(
        world.store.clone(),
        Arc::new(world.clock.clone()),
        world.entropy.clone(),
        settings,
        log_of(world, credits::FUNCTION),
    )
}

/// The response to an event, as Lambda hands it to API Gateway.
pub(crate) async fn respond(app: &credits::App, event: &Value) -> Value {
    let event: Event = serde_json::from_value(event.clone()).unwrap();
    serde_json::to_value(app.handle(event).await).unwrap()
}

/// The webhook's function on a world's tables and clock, with the secret that
/// events are signed with here.
fn webhook_function(world: &World) -> stripe_webhook::App {
    let variables = read(&[
        ("STRIPE_LIVEMODE", "false"),
        ("STRIPE_WEBHOOK_SECRETS", WEBHOOK_SECRET),
    ]);
    let settings = stripe_webhook::Settings::read(&variables).unwrap();
    let clock = Arc::new(world.clock.clone());
    let log = log_of(world, stripe_webhook::FUNCTION);
    let secrets =
        stripe_webhook::SigningSecrets::read(&variables, None, clock.clone(), log.clone());
    let secrets = secrets.unwrap();
    stripe_webhook::App::new(world.store.clone(), clock, settings, secrets, log)
}

/// The recorded event of the webhook with another body, signed now.
pub(crate) fn delivery(world: &World, body: &str) -> Value {
    let mut event = recorded("post-stripe-webhook.json");
    let signature = local::stripe::sign(WEBHOOK_SECRET, world.clock.now(), body.as_bytes());
    event["headers"]["stripe-signature"] = json!(signature);
    event["headers"]["content-length"] = json!(body.len().to_string());
    event["body"] = json!(body);
    event
}

/// The token function on a world's tables and clock, with its issuer's endpoints at an
/// address.
pub(crate) fn token_function(world: &World, address: &str) -> token::App {
    let variables = read(&[
        ("TOKEN_ISSUER", &world.base_url),
        ("TOKEN_ENDPOINT", &format!("{address}/token")),
        ("JWKS_URI", &format!("{address}/keys")),
        ("TOKEN_AUDIENCES", "textassistant-desktop,inference-service"),
    ]);
    let settings = token::Settings::read(&variables).unwrap();
    let clock = Arc::new(world.clock.clone());
    let log = log_of(world, token::FUNCTION);
    token::App::new(world.store.clone(), clock, settings, log)
}

/// The billing function on a world's tables and clock, and at its Stripe if that is
/// served. Buyers may return to `https://app.example.com`.
pub(crate) fn billing_function(world: &World, variables: &[(&str, &str)]) -> billing::App {
    let url = world.stripe_url.clone().unwrap_or_default();
    let key = match url.as_str() {
        "" => "",
        _ => local::stripe_api::STRIPE_API_KEY,
    };
    let own = [
        ("STRIPE_LIVEMODE", "false"),
        ("RETURN_URLS", "https://app.example.com"),
        ("STRIPE_API_URL", url.as_str()),
        ("STRIPE_API_KEY", key),
    ];
    let all: Vec<_> = own.iter().chain(variables).copied().collect();
    let variables = read(&all);
    let settings = billing::Settings::read(&variables).unwrap();
    let entropy = world.entropy.clone();
    let stripe = stripe_client::Client::read(&variables, None, entropy.clone()).unwrap();
    let clock = Arc::new(world.clock.clone());
    let log = log_of(world, billing::FUNCTION);
    billing::App::new(world.store.clone(), clock, entropy, settings, log).selling_through(stripe)
}

/// The function that the user pool calls, on a world's tables and clock.
pub(crate) fn sign_up_function(world: &World) -> sign_up::App {
    let clock = Arc::new(world.clock.clone());
    let log = log_of(world, sign_up::FUNCTION);
    let settings = sign_up::Settings::read(&read(&[])).unwrap();
    sign_up::App::new(world.store.clone(), clock, settings, log)
}

/// All functions of the template that have routes, each event going where its route key says.
pub(crate) struct Functions {
    billing: billing::App,
    credits: credits::App,
    profile: profile::App,
    stripe_webhook: stripe_webhook::App,
    token: token::App,
}

impl Functions {
    /// New processes on a world's tables and clock; they remember nothing.
    pub(crate) fn of(world: &World, variables: &[(&str, &str)]) -> Self {
        let settings = profile::Settings::read(&read(variables)).unwrap();
        let clock = Arc::new(world.clock.clone());
        Functions {
            billing: billing_function(world, variables),
            credits: credits_function(world, variables),
            profile: profile::App::new(
                world.store.clone(),
                clock,
                settings,
                log_of(world, profile::FUNCTION),
            ),
            stripe_webhook: webhook_function(world),
            // Nobody listens there.
            token: token_function(world, "http://127.0.0.1:1"),
        }
    }

    /// What the webhook's process does before its first event, as on Lambda.
    pub(crate) async fn warm_up(&self) {
        self.stripe_webhook.warm_up().await.unwrap();
    }

    /// The same of the process that sells.
    pub(crate) async fn warm_up_selling(&self) {
        self.billing.warm_up().await;
    }

    /// Answers an event; what nobody knows goes to the credits function.
    pub(crate) async fn handle(&self, event: Event) -> Response {
        if profile::ROUTES.contains(&event.route_key()) {
            self.profile.handle(event).await
        } else if billing::ROUTES.contains(&event.route_key()) {
            self.billing.handle(event).await
        } else if stripe_webhook::ROUTES.contains(&event.route_key()) {
            self.stripe_webhook.handle(event).await
        } else if token::ROUTES.contains(&event.route_key()) {
            self.token.handle(event).await
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

//! What users of the typed Rust client rely on, held against the local world: answers from memory, renewed tokens,
//! charges that are made once whatever the network does, and holds that nobody forgets.

mod example;
mod holds;
pub(crate) mod relay;
mod service;
mod usage;
mod user;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dedicated_api_client::{
    Amount, ServiceClient, Settings, TokenError, TokenFuture, TokenSource, UserClient,
};
use serde_json::{Value, json};
use tests::Served;

use relay::Relay;

/// Pauses of milliseconds and all the time in the world: no test waits for longer than it must.
fn patient() -> Settings {
    Settings {
        deadline: Duration::from_secs(120),
        attempt: Duration::from_secs(60),
        patience: Duration::from_secs(120),
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(5),
        ..Settings::default()
    }
}

/// The same with little time for a call.
fn hasty() -> Settings {
    Settings {
        deadline: Duration::from_millis(500),
        patience: Duration::from_millis(100),
        ..patient()
    }
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

/// Tokens from the world's own issuer, counted.
#[derive(Clone)]
struct Tokens {
    url: String,
    order: Value,
    fetched: Arc<AtomicUsize>,
}

impl Tokens {
    fn of(served: &Served, order: Value) -> Self {
        Tokens {
            url: format!("{}/_local/token", served.world.base_url),
            order,
            fetched: Arc::default(),
        }
    }

    fn fetched(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }
}

impl TokenSource for Tokens {
    fn fetch(&self, _refused: Option<&str>) -> TokenFuture<'_> {
        self.fetched.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let away = |error: reqwest::Error| TokenError::Unavailable(error.to_string());
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            let answer = http.post(&self.url).json(&self.order).send().await;
            let body: Value = answer.map_err(away)?.json().await.map_err(away)?;
            Ok(body["access_token"].as_str().unwrap().to_string())
        })
    }
}

/// A user's tokens, with all scopes.
fn tokens_of(served: &Served, user: &str, expires_in: u32) -> Tokens {
    let scope = "credits.read user.info models.read billing.manage";
    Tokens::of(
        served,
        json!({"user": user, "scope": scope, "expiresIn": expires_in}),
    )
}

fn user_client(served: &Served, relay: &Relay, user: &str, settings: Settings) -> UserClient {
    UserClient::with(relay.url(), tokens_of(served, user, 3600), settings).unwrap()
}

fn service_client(served: &Served, relay: &Relay, settings: Settings) -> ServiceClient {
    let order = json!({"client": "inference-service", "scope": "credits.charge"});
    ServiceClient::with(relay.url(), Tokens::of(served, order), settings).unwrap()
}

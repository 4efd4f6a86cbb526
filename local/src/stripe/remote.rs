//! The running world as the sender sees it: over HTTP only.

use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::domain::Timestamp;

use super::{ApiVersion, Cast, Scenario, StoryEvent, sign};

/// Why requests to the world fail.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Nothing listens there.
    #[error(
        "nothing answers at {url}: start the world in another terminal with `cargo run -p local`, or set its address with --url"
    )]
    NotRunning {
        /// The URL.
        url: String,
    },
    /// Its Stripe does not take the story.
    #[error("the world's Stripe refused the story: {0}")]
    Untold(String),
    /// The connection failed.
    #[error("the connection to {url} failed ({problem}): check the world's output and try again")]
    Broken {
        /// The URL.
        url: String,
        /// The connection's message.
        problem: String,
    },
    /// Something other than the local world answers.
    #[error("{url}{path} answered {status} {text:?}: set --url to the local world's address")]
    Stranger {
        /// The URL.
        url: String,
        /// The requested path.
        path: &'static str,
        /// The status of the answer.
        status: u16,
        /// The start of the body.
        text: String,
    },
}

/// The needed part of `GET /_local`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Description {
    stripe_webhook_secret: String,
    pub(super) now: Timestamp,
    users: Vec<KnownUser>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KnownUser {
    user_id: String,
    email: String,
}

impl Description {
    /// The id of a seeded user by e-mail address.
    pub(super) fn user_id(&self, email: &str) -> Option<&str> {
        let user = self.users.iter().find(|user| user.email == email)?;
        Some(&user.user_id)
    }
}

/// The answer to a story.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Told {
    told: bool,
    error_description: String,
}

/// An answer of the webhook.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The start of the body.
    pub(super) text: String,
}

/// A user's credits and plan as texts; `?` and the status if a request fails,
/// for example because of the rate limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) free: String,
    pub(super) pro: String,
    pub(super) plan: String,
    /// Whether the user has signed up or subscribed.
    pub(super) is_known: bool,
}

/// Maximum printed length of a body.
const MAX_TEXT: usize = 300;

/// A world at a URL.
pub(super) struct Remote {
    http: Client,
    url: String,
}

impl Remote {
    pub(super) fn new(url: &str) -> Result<Self, RemoteError> {
        // Ignore proxies from the environment on loopback.
        let http = Client::builder().no_proxy().build();
        let http = http.map_err(|error| broken(url, &error))?;
        Ok(Remote {
            http,
            url: url.to_string(),
        })
    }

    pub(super) fn webhook(&self) -> String {
        format!("{}/webhooks/stripe", self.url)
    }

    /// The world's description of itself.
    pub(super) async fn describe(&self) -> Result<Description, RemoteError> {
        let path = "/_local";
        let request = self.http.get(format!("{}{path}", self.url));
        self.json(path, request).await
    }

    /// Posts an event, signed at the world's current time: Stripe signs each
    /// delivery anew.
    pub(super) async fn post_event(&self, event: &StoryEvent) -> Result<Answer, RemoteError> {
        let world = self.describe().await?;
        let payload = event.payload();
        let secret = &world.stripe_webhook_secret;
        let signature = sign(secret, world.now, payload.as_bytes());
        let request = self
            .http
            .post(self.webhook())
            .header("content-type", "application/json; charset=utf-8")
            .header("stripe-signature", signature)
            .body(payload);
        self.answer(request).await
    }

    /// Lets a story happen at the world's Stripe, up to an event or to its end.
    pub(super) async fn tell(
        &self,
        scenario: Scenario,
        cast: &Cast,
        version: ApiVersion,
        until: Option<&str>,
    ) -> Result<(), RemoteError> {
        let path = "/_local/stripe/story";
        let request = self.http.post(format!("{}{path}", self.url));
        let request = request.json(&json!({
            "scenario": scenario.name(),
            "apiVersion": version.name(),
            "user": cast.user_id,
            "suffix": cast.suffix,
            "start": cast.start,
            "until": until,
        }));
        let told: Told = self.json(path, request).await?;
        if told.told {
            return Ok(());
        }
        Err(RemoteError::Untold(told.error_description))
    }

    /// Moves the world's clock forward to a time; a past time changes nothing.
    pub(super) async fn move_clock_to(&self, moment: Timestamp) -> Result<(), RemoteError> {
        if self.describe().await?.now >= moment {
            return Ok(());
        }
        let path = "/_local/clock";
        let request = self.http.post(format!("{}{path}", self.url));
        let request = request.json(&json!({"now": moment}));
        let _: Value = self.json(path, request).await?;
        Ok(())
    }

    /// The user's current numbers. The token is fresh, because the clock may
    /// have moved by months.
    pub(super) async fn numbers(&self, user_id: &str) -> Result<Numbers, RemoteError> {
        let path = "/_local/token";
        let order = json!({"user": user_id, "scope": "credits.read user.info"});
        let request = self.http.post(format!("{}{path}", self.url)).json(&order);
        let token: Value = self.json(path, request).await?;
        let token = token.get("access_token").and_then(Value::as_str);
        let token = token.unwrap_or_default();
        let credits = self.user_route("/api/user/credits", token).await?;
        let profile = self.user_route("/api/user/profile", token).await?;
        Ok(Numbers {
            free: shown(&credits, |body| remaining(body, "/freeCredits/remaining")),
            pro: shown(&credits, |body| remaining(body, "/proCredits/remaining")),
            plan: shown(&profile, plan),
            is_known: is_known(&profile),
        })
    }

    async fn user_route(&self, path: &str, token: &str) -> Result<Readable, RemoteError> {
        let request = self.http.get(format!("{}{path}", self.url));
        let answer = self.answer(request.bearer_auth(token)).await?;
        let body = serde_json::from_str(&answer.text).ok();
        Ok(match body {
            Some(body) if answer.status == 200 => Ok(body),
            _ => Err(answer.status),
        })
    }

    async fn json<T: for<'de> Deserialize<'de>>(
        &self,
        path: &'static str,
        request: RequestBuilder,
    ) -> Result<T, RemoteError> {
        let answer = self.answer(request).await?;
        serde_json::from_str(&answer.text).map_err(|_| RemoteError::Stranger {
            url: self.url.clone(),
            path,
            status: answer.status,
            text: beginning(&answer.text),
        })
    }

    async fn answer(&self, request: RequestBuilder) -> Result<Answer, RemoteError> {
        let response = request.send().await.map_err(|error| {
            if error.is_connect() {
                let url = self.url.clone();
                RemoteError::NotRunning { url }
            } else {
                broken(&self.url, &error)
            }
        })?;
        let status = response.status().as_u16();
        let text = response.text().await;
        let text = text.map_err(|error| broken(&self.url, &error))?;
        Ok(Answer { status, text })
    }
}

/// The parsed body, or the status of a failure.
type Readable = Result<Value, u16>;

fn shown(answer: &Readable, read: impl FnOnce(&Value) -> Option<String>) -> String {
    match answer {
        Ok(body) => read(body).unwrap_or_else(|| "?".to_string()),
        Err(status) => format!("? ({status})"),
    }
}

/// A user without a record is shown with the free plan and without dates. Where the
/// profile cannot be seen, nobody is turned away.
fn is_known(profile: &Readable) -> bool {
    let Ok(profile) = profile else {
        return true;
    };
    let has_record = profile
        .get("accountCreatedAt")
        .is_some_and(|at| !at.is_null());
    has_record || plan(profile).as_deref() != Some("free")
}

fn remaining(body: &Value, pointer: &str) -> Option<String> {
    Some(body.pointer(pointer)?.as_i64()?.to_string())
}

/// The tier, with the subscription's status if it is unusual.
fn plan(body: &Value) -> Option<String> {
    let subscription = body.get("subscription")?;
    let tier = subscription.get("tier")?.as_str()?;
    let status = subscription.get("status")?.as_str()?;
    let ending = subscription.get("cancelAtPeriodEnd") == Some(&Value::Bool(true));
    Some(match (status, ending) {
        ("active", false) => tier.to_string(),
        ("active", true) => format!("{tier} (ending)"),
        (status, false) => format!("{tier} ({status})"),
        (status, true) => format!("{tier} ({status}, ending)"),
    })
}

/// A body for display: one line of limited length.
pub(super) fn beginning(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(MAX_TEXT).collect()
}

fn broken(url: &str, error: &reqwest::Error) -> RemoteError {
    RemoteError::Broken {
        url: url.to_string(),
        problem: error.to_string(),
    }
}

#[cfg(test)]
mod tests;

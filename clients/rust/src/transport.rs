//! Sends one request until it is answered, refused, or out of time: a new token after 401, once; pauses after 429,
//! 502, 503, 504 and without an answer. Every request of this client may be sent again: it reads, it has a key, or it
//! sets fields to values.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, Url, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, NetworkError};
use crate::machine::{self, Deadline};
use crate::pauses::Pauses;
use crate::requests::IdempotencyKey;
use crate::settings::Settings;
use crate::tls::with_tls;
use crate::tokens::{NumberedToken, TokenSource, Tokens};

/// More than any answer of the API has.
const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) body: Option<String>,
    pub(crate) key: Option<IdempotencyKey>,
    /// Whether its body has keys: it writes, and may be sent again as it is.
    pub(crate) has_keys: bool,
    pub(crate) if_none_match: Option<String>,
}

/// An answer of success, or 304.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// The way to the API.
#[derive(Clone)]
pub(crate) struct Transport {
    http: reqwest::Client,
    base: Url,
    tokens: Arc<Tokens>,
    pauses: Pauses,
    attempt: Duration,
}

/// An attempt that failed.
struct Failure {
    kind: ErrorKind,
    /// Whether the request may have reached the API and been carried out.
    is_doubtful: bool,
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Transport({})", self.base)
    }
}

impl Transport {
    pub(crate) fn new(
        base_url: &str,
        tokens: impl TokenSource,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let unusable = |problem: String| Error::from(ErrorKind::Settings(problem));
        let base = Url::parse(base_url).map_err(|error| unusable(format!("base URL: {error}")))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(unusable("the base URL begins with http or https".into()));
        }
        let http = match &settings.http {
            Some(http) => http.clone(),
            None => http_client(base.scheme() == "https")?,
        };
        Ok(Transport {
            http,
            base,
            tokens: Tokens::of(tokens),
            pauses: Pauses {
                first: settings.first_pause,
                longest: settings.longest_pause,
            },
            attempt: settings.attempt,
        })
    }

    /// A GET of a path, given by its segments, which are escaped.
    pub(crate) fn get(&self, path: &[&str]) -> Ask {
        self.ask(Method::GET, path, None)
    }

    pub(crate) fn ask(&self, method: Method, path: &[&str], body: Option<String>) -> Ask {
        let mut url = self.base.clone();
        // An address with http or https has segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        Ask {
            method,
            url,
            body,
            key: None,
            has_keys: false,
            if_none_match: None,
        }
    }

    /// Forgets the token.
    pub(crate) async fn forget_token(&self) {
        self.tokens.forget().await;
    }

    pub(crate) async fn send(&self, ask: &Ask, deadline: Deadline) -> Result<Reply, Error> {
        let mut is_doubtful = false;
        let failed = |kind: ErrorKind, is_doubtful: bool| Error {
            outcome_is_unknown: (ask.key.is_some() || ask.has_keys)
                && is_doubtful
                && !kind.is_decision(),
            idempotency_key: ask.key.clone(),
            kind,
        };
        let mut token = match in_time(deadline, self.tokens.current()).await {
            Ok(token) => token,
            Err(kind) => return Err(failed(kind, false)),
        };
        let mut is_renewed = false;
        let mut failures = 0_u32;
        loop {
            let failure = match self.attempt(ask, &token, deadline).await {
                Ok(reply) => return Ok(reply),
                Err(failure) => failure,
            };
            is_doubtful |= failure.is_doubtful;
            if failure.kind.status() == Some(401) && !is_renewed {
                is_renewed = true;
                token = match in_time(deadline, self.tokens.after(&token)).await {
                    Ok(token) => token,
                    Err(kind) => return Err(failed(kind, is_doubtful)),
                };
                continue;
            }
            failures = failures.saturating_add(1);
            let asked = failure.kind.retry_after();
            let pause = self.pauses.after(failures, asked, machine::random());
            if !failure.kind.may_pass() || pause >= deadline.left() {
                return Err(failed(failure.kind, is_doubtful));
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Sends it once and reads the whole answer.
    async fn attempt(
        &self,
        ask: &Ask,
        token: &NumberedToken,
        deadline: Deadline,
    ) -> Result<Reply, Failure> {
        let mut request = self.http.request(ask.method.clone(), ask.url.clone());
        request = request.bearer_auth(&token.text);
        if let Some(body) = &ask.body {
            request = request.header(header::CONTENT_TYPE, "application/json");
            request = request.body(body.clone());
        }
        if let Some(key) = &ask.key {
            request = request.header("idempotency-key", key.as_str());
        }
        if let Some(etag) = &ask.if_none_match {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let allowed = deadline.left().min(self.attempt);
        match tokio::time::timeout(allowed, answer(request)).await {
            Ok(answered) => answered,
            Err(_) => Err(network("it took too long".into(), true)),
        }
    }
}

/// The body of a request.
pub(crate) fn json<B: Serialize>(body: &B) -> Result<String, Error> {
    serde_json::to_string(body).map_err(|error| ErrorKind::Settings(error.to_string()).into())
}

/// The body of an answer.
pub(crate) fn parsed<T: DeserializeOwned>(reply: &Reply) -> Result<T, Error> {
    serde_json::from_slice(&reply.body).map_err(|error| {
        ErrorKind::Unreadable {
            status: reply.status,
            problem: error.to_string(),
        }
        .into()
    })
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Reply, Failure> {
    let broken = |error: reqwest::Error| {
        // A connection that was never made carried nothing.
        let is_doubtful = !error.is_connect() && !error.is_builder();
        network(words(error), is_doubtful)
    };
    let mut response = request.send().await.map_err(broken)?;
    let status = response.status().as_u16();
    let text = |name: header::HeaderName| {
        let value = response.headers().get(name)?.to_str().ok()?;
        Some(value.to_string())
    };
    let etag = text(header::ETAG);
    let retry_after = text(header::RETRY_AFTER).and_then(|text| text.parse().ok());
    let retry_after = retry_after.map(Duration::from_secs);
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(broken)? {
        body.extend_from_slice(&piece);
        if body.len() > MAX_ANSWER_BYTES {
            let problem = "it is too long".to_string();
            let kind = ErrorKind::Unreadable { status, problem };
            return Err(Failure {
                kind,
                is_doubtful: true,
            });
        }
    }
    if (200..300).contains(&status) || status == 304 {
        return Ok(Reply { status, etag, body });
    }
    Err(Failure {
        kind: ErrorKind::of_answer(status, retry_after, &body),
        is_doubtful: status >= 500,
    })
}

fn network(problem: String, is_doubtful: bool) -> Failure {
    Failure {
        kind: ErrorKind::Network(NetworkError { problem }),
        is_doubtful,
    }
}

/// An error and its causes in one line, without the address, which names the user.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

/// A token, unless the time is over first.
async fn in_time(
    deadline: Deadline,
    token: impl Future<Output = Result<NumberedToken, crate::tokens::TokenError>>,
) -> Result<NumberedToken, ErrorKind> {
    match tokio::time::timeout(deadline.left(), token).await {
        Ok(token) => token.map_err(ErrorKind::Token),
        Err(_) => Err(ErrorKind::Network(NetworkError {
            problem: "the source of tokens took too long".into(),
        })),
    }
}

/// An HTTP client that follows no redirects, because the API has none.
fn http_client(is_https: bool) -> Result<reqwest::Client, Error> {
    let builder = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none());
    let builder = if is_https {
        with_tls(builder)?
    } else {
        builder
    };
    let unusable = |error: reqwest::Error| Error::from(ErrorKind::Settings(words(error)));
    builder.build().map_err(unusable)
}

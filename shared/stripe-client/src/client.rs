//! One call: its request, its attempts, its pauses, and its deadline.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_types::SdkConfig;
use outbound::{Bytes, Full, Method, Request, Reuse, Wire, WireError, header};
use serde_json::Value;
use shared::domain::StripeId;
use shared::host::clock::Deadline;
use shared::host::entropy::SharedEntropy;
use shared::host::environment::{VariableError, Variables};

use crate::answer::{self, Answer, Failed};
use crate::endpoint::Endpoint;
use crate::error::StripeError;
use crate::form::Form;
use crate::idempotency::IdempotencyKey;
use crate::key::{ApiKey, KeyError};
use crate::source::KeySource;

/// The version of Stripe's API that every request names, whatever the account's is.
pub const API_VERSION: &str = "2026-03-25.dahlia";

/// The variable with another address, on this machine.
const URL: &str = "STRIPE_API_URL";
/// An invoice of ten lines with full metadata takes about 270 KB; a page has a hundred.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;
/// The first attempt and five retries.
const MAX_RETRIES: u32 = 5;
/// The upper bound of the first pause; it doubles with each retry.
const FIRST_PAUSE_MS: u64 = 250;
/// No pause of our own is longer than this.
const MAX_PAUSE_MS: u64 = 4_000;
/// An attempt that takes longer is lost, with its connection.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// A client of Stripe's API. Clones share the connection and the key.
#[derive(Clone)]
pub struct Client {
    wire: Arc<Wire>,
    key: KeySource,
    entropy: SharedEntropy,
    /// The connected account that calls are about; none = our own.
    account: Option<StripeId>,
    /// Whether keys must be of the live mode or of the test mode; none = of any.
    livemode: Option<bool>,
}

/// What a call asks for.
struct Call<'a> {
    method: Method,
    path: &'a str,
    form: &'a Form,
    key: Option<&'a IdempotencyKey>,
}

impl Client {
    /// A client for an address. Nothing is connected or fetched yet.
    pub fn new(key: KeySource, endpoint: Endpoint, entropy: SharedEntropy) -> Self {
        Client {
            wire: Arc::new(Wire::new(endpoint.0, MAX_BODY_BYTES, Reuse::Kept)),
            key,
            entropy,
            account: None,
            livemode: None,
        }
    }

    /// Reads the key's variables (see [`KeySource::read`]) and `STRIPE_API_URL`, which
    /// must be on this machine; none if no key is configured.
    ///
    /// # Errors
    ///
    /// [`VariableError`] for a variable that cannot be used.
    pub fn read(
        variables: &Variables,
        aws: Option<&SdkConfig>,
        entropy: SharedEntropy,
    ) -> Result<Option<Self>, VariableError> {
        let key = KeySource::read(variables, aws)?;
        let endpoint = match variables.optional(URL) {
            None => Endpoint::default(),
            Some(url) => url.parse().map_err(|error| VariableError::Unusable {
                name: URL,
                problem: format!("{error}, not {url:?}"),
            })?,
        };
        Ok(key.map(|key| Client::new(key, endpoint, entropy)))
    }

    /// The same client for calls about a connected account.
    #[must_use]
    pub fn for_account(&self, account: Option<&StripeId>) -> Self {
        Client {
            account: account.cloned(),
            ..self.clone()
        }
    }

    /// The same client, which calls with a key of this mode and with no other.
    #[must_use]
    pub fn in_mode(self, livemode: bool) -> Self {
        Client {
            livemode: Some(livemode),
            ..self
        }
    }

    /// Reads what is at a path below `/v1/`.
    ///
    /// # Errors
    ///
    /// [`StripeError`], at the latest when the deadline has passed.
    pub async fn get(
        &self,
        path: &str,
        form: &Form,
        deadline: Deadline,
    ) -> Result<Value, StripeError> {
        let call = Call {
            method: Method::GET,
            path,
            form,
            key: None,
        };
        self.call(&call, deadline).await
    }

    /// Writes at a path below `/v1/`, once for each key, however often it is tried.
    ///
    /// # Errors
    ///
    /// [`StripeError`], at the latest when the deadline has passed. It may have been
    /// done nevertheless: the same call under the same key finds out.
    pub async fn post(
        &self,
        path: &str,
        form: &Form,
        key: &IdempotencyKey,
        deadline: Deadline,
    ) -> Result<Value, StripeError> {
        let call = Call {
            method: Method::POST,
            path,
            form,
            key: Some(key),
        };
        self.call(&call, deadline).await
    }

    /// The `Date` of an answer of Stripe's, by its own clock. No key is sent, so the
    /// answer is a refusal, which has a date as well; none if something in between took
    /// it out.
    ///
    /// # Errors
    ///
    /// [`StripeError::Unavailable`] without an answer by the deadline.
    pub async fn date(&self, deadline: Deadline) -> Result<Option<String>, StripeError> {
        let request = Request::builder()
            .uri("/v1/events")
            .header(header::HOST, self.wire.endpoint().authority())
            .header(header::USER_AGENT, "dedicated-credits")
            .body(Full::new(Bytes::new()));
        let request =
            request.map_err(|_| StripeError::unusable("the request could not be built", None))?;
        match tokio::time::timeout(deadline.remaining(), self.wire.send(request)).await {
            Ok(Ok(answer)) => Ok(answer.header("date").map(str::to_string)),
            Ok(Err(WireError::Broken(problem))) => Err(StripeError::unavailable(problem, None)),
            Ok(Err(WireError::TooLong)) => {
                Err(StripeError::unavailable("its answer is too long", None))
            }
            Err(_) => Err(StripeError::unavailable(
                "there was no answer in time",
                None,
            )),
        }
    }

    async fn call(&self, call: &Call<'_>, deadline: Deadline) -> Result<Value, StripeError> {
        let mut key = self.of_mode(self.key.key().await?)?;
        let mut is_renewed = false;
        let mut retries = 0;
        loop {
            let failed = match self.attempt(call, &key, deadline).await {
                Ok(object) => return Ok(object),
                Err(failed) => failed,
            };
            if let (StripeError::Authentication(_), false) = (&failed.error, is_renewed)
                && let Some(other) = self.key.other_than(&key).await
            {
                (key, is_renewed) = (self.of_mode(other)?, true);
                continue;
            }
            let Some(pause) = self.pause(&failed, retries, deadline) else {
                return Err(failed.error);
            };
            tokio::time::sleep(pause).await;
            retries += 1;
        }
    }

    /// A key, if it is of the mode that this client is for.
    fn of_mode(&self, key: ApiKey) -> Result<ApiKey, KeyError> {
        match self.livemode {
            Some(livemode) if key.is_live() != livemode => Err(KeyError::OtherMode),
            Some(_) | None => Ok(key),
        }
    }

    /// The pause before the next attempt; none if there is to be none.
    fn pause(&self, failed: &Failed, retries: u32, deadline: Deadline) -> Option<Duration> {
        let asked = failed.again.filter(|_| retries < MAX_RETRIES)?;
        let longest = FIRST_PAUSE_MS
            .saturating_mul(1_u64.checked_shl(retries).unwrap_or(u64::MAX))
            .min(MAX_PAUSE_MS);
        let own = Duration::from_millis(self.entropy.up_to(longest));
        Some(asked.max(own)).filter(|pause| *pause < deadline.remaining())
    }

    async fn attempt(
        &self,
        call: &Call<'_>,
        key: &ApiKey,
        deadline: Deadline,
    ) -> Result<Value, Failed> {
        let request = self.request(call, key).map_err(Failed::for_good)?;
        let allowed = ATTEMPT_TIMEOUT.min(deadline.remaining());
        if allowed.is_zero() {
            let problem = "the deadline has passed";
            return Err(Failed::for_good(StripeError::unavailable(problem, None)));
        }
        match tokio::time::timeout(allowed, self.wire.send(request)).await {
            Err(_) => Err(Failed::unanswered("there was no answer in time")),
            Ok(Err(WireError::Broken(problem))) => Err(Failed::unanswered(problem)),
            Ok(Err(WireError::TooLong)) => Err(Failed::for_good(StripeError::unusable(
                format!("it is longer than {MAX_BODY_BYTES} bytes"),
                None,
            ))),
            Ok(Ok(answer)) => answer::read(Answer::of(answer)),
        }
    }

    fn request(&self, call: &Call<'_>, key: &ApiKey) -> Result<Request<Full<Bytes>>, StripeError> {
        let Call {
            method,
            path,
            form,
            key: idempotency,
        } = call;
        let encoded = form.encoded();
        let (path, body) = match *method {
            Method::POST => (format!("/v1/{path}"), encoded),
            _ if encoded.is_empty() => (format!("/v1/{path}"), encoded),
            _ => (format!("/v1/{path}?{encoded}"), String::new()),
        };
        let mut request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header(header::HOST, self.wire.endpoint().authority())
            .header(header::AUTHORIZATION, format!("Bearer {}", key.as_str()))
            .header(header::USER_AGENT, "dedicated-credits")
            .header("stripe-version", API_VERSION);
        if *method == Method::POST {
            let form = "application/x-www-form-urlencoded";
            request = request.header(header::CONTENT_TYPE, form);
        }
        if let Some(key) = idempotency {
            request = request.header("idempotency-key", key.as_str());
        }
        if let Some(account) = &self.account {
            request = request.header("stripe-account", account.as_str());
        }
        let request = request.body(Full::new(Bytes::from(body)));
        request.map_err(|_| StripeError::unusable("the request could not be built", None))
    }
}

/// Shows neither the key nor an address.
impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

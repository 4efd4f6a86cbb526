//! Errors of the API: each has a code and a text for the client, and a text for the
//! log. One exhaustive match turns them into HTTP.

#![deny(clippy::wildcard_enum_match_arm)]

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use super::allowance::Allowance;
use super::oauth_error::OAuthError;
use super::response::Response;
use crate::domain::{ApplyError, Credits, Refusal};
use crate::store::{CommitError, SettleError, StoreError};

/// Why a request failed.
#[derive(Clone, PartialEq, Eq)]
pub enum ApiError {
    /// 400: the request cannot be read.
    InvalidRequest(&'static str),
    /// 400: the body is JSON but not what the route reads; the text names the place.
    Unreadable(String),
    /// 413: the body is longer than the route accepts.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// 422: the body can be read, but some fields are invalid.
    ValidationFailed(FieldProblems),
    /// 402: not enough credits; nothing was written.
    InsufficientCredits {
        /// The amount requested.
        required: Credits,
        /// The amount that can be spent.
        available: Credits,
    },
    /// 403: not enough credits, and a paid subscription is due for renewal.
    SubscriptionExpired {
        /// The amount requested.
        required: Credits,
        /// The amount that can be spent.
        available: Credits,
        /// Where the user can renew it.
        renew_url: Option<String>,
    },
    /// 403: the user may not spend.
    UserInactive,
    /// 403: the route is for another kind of caller.
    WrongCaller(&'static str),
    /// 409: the hold was committed, released, or has expired.
    HoldNotOpen,
    /// 409: too many holds are open.
    TooManyHolds {
        /// The maximum.
        limit: usize,
    },
    /// 422: the idempotency key was used for another request.
    IdempotencyKeyReused,
    /// 422: the range has more entries than one request can sum up.
    RangeTooLarge(&'static str),
    /// 401: the token identifies no user.
    Unauthorized(&'static str),
    /// 403: the token lacks a scope that the route needs.
    InsufficientScope {
        /// All scopes the route needs, separated by spaces.
        needed: String,
    },
    /// 404: no such route or thing.
    NotFound,
    /// 429: too many calls within the minute.
    RateLimited(Allowance),
    /// A status of its own: the token endpoint refuses, in OAuth's words.
    OAuth(OAuthError),
    /// 500: a bug of ours; the text is for the log.
    Internal(String),
    /// 500: stored data contradicts itself; the text is for the log.
    Damaged(String),
    /// 503: a retry may succeed; the text is for the log.
    TryAgain(String),
}

/// The problem of each invalid field, by the field's name as the client knows it; the
/// name is empty for the body as a whole.
pub type FieldProblems = BTreeMap<String, String>;

/// The `Retry-After` of a 503, in seconds.
const TRY_AGAIN_AFTER_SECONDS: u32 = 1;

const EXPIRED: &str = "There are not enough credits for this, and the subscription has expired.";
const OUR_FAULT: &str = "Something went wrong on our side. If it persists, report the request id.";

struct Parts {
    status_code: u16,
    code: &'static str,
    description: String,
    fields: Map<String, Value>,
    headers: Vec<(&'static str, String)>,
}

impl ApiError {
    /// The response: `{"error":code,"error_description":text,"requestId":id}` and the
    /// error's own fields. Never cached.
    pub fn to_response(&self, request_id: &str) -> Response {
        let parts = self.parts();
        let mut body = Map::new();
        body.insert("error".into(), json!(parts.code));
        body.insert("error_description".into(), json!(parts.description));
        body.insert("requestId".into(), json!(request_id));
        body.extend(parts.fields);
        Response::json(parts.status_code, Value::Object(body).to_string())
            .with_header("cache-control", "no-store")
            .with_headers(parts.headers)
    }

    /// The error's code, for clients, logs and counters.
    pub fn code(&self) -> &'static str {
        self.parts().code
    }

    /// The outcome for logs, one of a few words: the error's code, except that the log
    /// distinguishes damaged data from other internal errors.
    pub fn outcome(&self) -> &'static str {
        if matches!(self, ApiError::Damaged(_)) {
            "damaged"
        } else {
            self.code()
        }
    }

    /// Whether stored data contradicts itself.
    pub fn is_of_damage(&self) -> bool {
        matches!(self, ApiError::Damaged(_))
    }

    /// The text for the log only.
    pub fn log_text(&self) -> Option<&str> {
        match self {
            ApiError::Internal(text) | ApiError::Damaged(text) | ApiError::TryAgain(text) => {
                Some(text)
            }
            ApiError::Unauthorized(text) => Some(text),
            ApiError::OAuth(error) => error.reason.as_deref(),
            ApiError::InvalidRequest(_)
            | ApiError::Unreadable(_)
            | ApiError::TooLarge { .. }
            | ApiError::ValidationFailed(_)
            | ApiError::InsufficientCredits { .. }
            | ApiError::SubscriptionExpired { .. }
            | ApiError::UserInactive
            | ApiError::WrongCaller(_)
            | ApiError::HoldNotOpen
            | ApiError::TooManyHolds { .. }
            | ApiError::IdempotencyKeyReused
            | ApiError::RangeTooLarge(_)
            | ApiError::InsufficientScope { .. }
            | ApiError::NotFound
            | ApiError::RateLimited(_) => None,
        }
    }

    fn parts(&self) -> Parts {
        match self {
            ApiError::InvalidRequest(text) => parts(400, "invalid_request", text),
            ApiError::Unreadable(text) => parts(400, "unreadable", text),
            ApiError::TooLarge { limit } => {
                let text = format!("The body must be at most {limit} bytes long.");
                parts(413, "too_large", &text)
            }
            ApiError::ValidationFailed(problems) => {
                let text = "Some fields are invalid; see fields.";
                parts(422, "validation_failed", text).with_fields([("fields", json!(problems))])
            }
            ApiError::InsufficientCredits {
                required,
                available,
            } => {
                let text = "There are not enough credits for this.";
                let amounts = amounts(*required, *available);
                parts(402, "insufficient_credits", text).with_fields(amounts)
            }
            ApiError::SubscriptionExpired {
                required,
                available,
                renew_url,
            } => {
                let amounts = amounts(*required, *available);
                let url = renew_url.as_ref().map(|url| ("renewUrl", json!(url)));
                parts(403, "subscription_expired", EXPIRED)
                    .with_fields(amounts)
                    .with_fields(url)
            }
            ApiError::UserInactive => {
                let text = "This user is not active and may not spend.";
                parts(403, "user_inactive", text)
            }
            ApiError::WrongCaller(text) => parts(403, "insufficient_scope", text),
            ApiError::HoldNotOpen => {
                let text = "The hold was committed or released, or it has expired.";
                parts(409, "hold_not_open", text)
            }
            ApiError::TooManyHolds { limit } => {
                let text = format!("This user already has {limit} open holds.");
                parts(409, "too_many_holds", &text)
            }
            ApiError::IdempotencyKeyReused => {
                let text = "This Idempotency-Key was used for another request. Use a new one.";
                parts(422, "idempotency_key_reused", text)
            }
            ApiError::RangeTooLarge(text) => parts(422, "range_too_large", text),
            ApiError::Unauthorized(_) => {
                let text = "The token does not identify a user of this API. Sign in again.";
                let challenge = "Bearer error=\"invalid_token\"".to_string();
                parts(401, "unauthorized", text).with_header("www-authenticate", challenge)
            }
            ApiError::InsufficientScope { needed } => {
                let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{needed}\"");
                let text = format!("This needs a token with the scope: {needed}.");
                parts(403, "insufficient_scope", &text).with_header("www-authenticate", challenge)
            }
            ApiError::NotFound => parts(404, "not_found", "Not found."),
            ApiError::RateLimited(allowance) => rate_limited(allowance),
            ApiError::OAuth(error) => oauth(error),
            ApiError::Internal(_) | ApiError::Damaged(_) => parts(500, "internal", OUR_FAULT),
            ApiError::TryAgain(_) => {
                let text = "Temporarily unavailable. Try again in a moment.";
                let wait = TRY_AGAIN_AFTER_SECONDS.to_string();
                parts(503, "try_again", text).with_header("retry-after", wait)
            }
        }
    }
}

impl Parts {
    fn with_fields(mut self, fields: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let fields = fields.into_iter();
        self.fields
            .extend(fields.map(|(name, value)| (name.to_string(), value)));
        self
    }

    fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

fn rate_limited(allowance: &Allowance) -> Parts {
    let text = format!(
        "More than {} calls within a minute. Wait {} seconds.",
        allowance.limit, allowance.resets_in_seconds
    );
    Parts {
        headers: allowance.headers(),
        ..parts(429, "rate_limited", &text)
    }
    .with_header("retry-after", allowance.resets_in_seconds.to_string())
}

/// RFC 6749, 5.1: old caches know `Pragma` alone.
fn oauth(error: &OAuthError) -> Parts {
    let parts = parts(error.status, error.code, error.description)
        .with_header("pragma", "no-cache".to_string());
    match error.status {
        503 => parts.with_header("retry-after", TRY_AGAIN_AFTER_SECONDS.to_string()),
        _ => parts,
    }
}

/// Status, code and text, without extra fields and headers.
fn parts(status_code: u16, code: &'static str, description: &str) -> Parts {
    Parts {
        status_code,
        code,
        description: description.to_string(),
        fields: Map::new(),
        headers: Vec::new(),
    }
}

fn amounts(required: Credits, available: Credits) -> [(&'static str, Value); 2] {
    [
        ("required", json!(required.to_string())),
        ("available", json!(available.to_string())),
    ]
}

/// Prints what a log may say: field names and amounts come from the client.
impl fmt::Debug for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (outcome, reason) = (self.outcome(), self.log_text().unwrap_or_default());
        write!(formatter, "ApiError({outcome}: {reason})")
    }
}

impl From<OAuthError> for ApiError {
    fn from(error: OAuthError) -> Self {
        ApiError::OAuth(error)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let text = error.to_string();
        match error {
            StoreError::Unavailable(_) => ApiError::TryAgain(text),
            StoreError::Rejected(_) => ApiError::Internal(text),
            StoreError::Damaged(_) => ApiError::Damaged(text),
        }
    }
}

impl From<SettleError> for ApiError {
    fn from(error: SettleError) -> Self {
        match error {
            SettleError::Unfinished => ApiError::TryAgain(error.to_string()),
            SettleError::Store(error) => error.into(),
        }
    }
}

/// Rolling forward and viewing fail only on amounts that no command can produce.
impl From<ApplyError> for ApiError {
    fn from(error: ApplyError) -> Self {
        ApiError::Damaged(format!("the account cannot be rolled forward: {error}"))
    }
}

impl From<CommitError> for ApiError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused(refusal) => refusal.into(),
            CommitError::KeyReused => ApiError::IdempotencyKeyReused,
            CommitError::Contended => ApiError::TryAgain(error.to_string()),
            CommitError::Store(error) => error.into(),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::InsufficientCredits {
                required,
                available,
                renewal_due: false,
            } => ApiError::InsufficientCredits {
                required,
                available,
            },
            Refusal::InsufficientCredits {
                required,
                available,
                renewal_due: true,
            } => ApiError::SubscriptionExpired {
                required,
                available,
                renew_url: None,
            },
            Refusal::UserInactive | Refusal::UserErased => ApiError::UserInactive,
            Refusal::NoSuchHold(_) => ApiError::NotFound,
            Refusal::HoldNotOpen => ApiError::HoldNotOpen,
            Refusal::TooManyHolds { limit } => ApiError::TooManyHolds { limit },
            Refusal::AboveHold { limit } => {
                let problem = format!(
                    "must be at most {limit}: the held credits, all available credits, and \
                     the amount of the hold as overdraft"
                );
                ApiError::ValidationFailed([("amount".to_string(), problem)].into())
            }
            Refusal::NoSuchLot(_)
            | Refusal::TooManyLots { .. }
            | Refusal::ImpossibleGrant(_)
            | Refusal::ImpossibleSchedule { .. }
            | Refusal::AlreadyOpen
            | Refusal::ImpossibleOpening(_)
            | Refusal::ImpossiblePast(_)
            | Refusal::Impossible(_)
            | Refusal::ImpossibleAmount(_)
            | Refusal::AmountsTooLarge => ApiError::Internal(refusal.to_string()),
        }
    }
}

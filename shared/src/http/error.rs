//! Errors of the API: each has a code and a text for the client, and a text for the
//! log. One exhaustive match turns them into HTTP.

#![deny(clippy::wildcard_enum_match_arm)]

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use super::allowance::Allowance;
use super::error_code::ErrorCode;
use super::oauth_error::OAuthError;
use super::response::Response;
use crate::domain::{Credits, Redacted, Timestamp};

/// Why a request failed.
#[derive(Clone, PartialEq, Eq)]
pub enum ApiError {
    /// 400: the request cannot be read.
    InvalidRequest(&'static str),
    /// 400: an object of the body has two members of one name.
    RepeatedMember {
        /// The path of the second.
        path: String,
    },
    /// 400: the body is JSON but not what the route reads; the text names the place.
    Unreadable(String),
    /// 413: the body is longer than the route accepts.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// 422: the body can be read, but some fields are invalid.
    ValidationFailed(FieldProblems),
    /// 422: some parameters of the query are invalid.
    InvalidQuery(FieldProblems),
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
    /// 403: the user is deactivated, or was erased, and may neither spend nor change
    /// anything.
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
    /// 409: the user has a subscription, and a second one would be paid twice.
    AlreadySubscribed {
        /// Where the user can change it, and until when; none if Stripe does not have it.
        portal: Option<Portal>,
    },
    /// 409: the user has never bought anything.
    NothingBought,
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

/// A page where a user can manage what they bought. Whoever has the address can use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portal {
    /// Its address.
    pub url: Redacted<String>,
    /// Until when it must be opened.
    pub expires_at: Timestamp,
}

/// The problem of each invalid field, by the field's name as the client knows it; the
/// name is empty for the body as a whole.
pub type FieldProblems = BTreeMap<String, String>;

/// The `Retry-After` of a 503, in seconds.
const TRY_AGAIN_AFTER_SECONDS: u32 = 1;

const TOO_FEW_CREDITS: &str = "There are not enough credits for this.";
const EXPIRED: &str = "There are not enough credits for this, and the subscription has expired.";
const INACTIVE: &str = "This user is not active: nothing can be charged or changed.";
const HOLD_NOT_OPEN: &str = "The hold was committed or released, or it has expired.";
const SUBSCRIBED: &str =
    "There is a subscription already. Change it in the portal instead of buying another.";
const NOTHING_BOUGHT: &str = "Nothing was bought yet, so there is nothing to manage.";
const KEY_REUSED: &str = "This Idempotency-Key was used for another request. Use a new one.";
const UNAUTHORIZED: &str = "The token does not identify a user of this API. Sign in again.";
const TRY_AGAIN: &str = "Temporarily unavailable. Try again in a moment.";
const OUR_FAULT: &str = "Something went wrong on our side. If it persists, report the request id.";

/// What a response has besides status and code.
struct Parts {
    description: String,
    fields: Map<String, Value>,
    headers: Vec<(&'static str, String)>,
}

impl ApiError {
    /// The response: `{"error":code,"error_description":text,"requestId":id}` and the
    /// error's own fields. Never cached.
    pub fn to_response(&self, request_id: &str) -> Response {
        let (status, mut body) = self.as_result();
        body.insert("requestId".into(), json!(request_id));
        Response::json(status, Value::Object(body).to_string())
            .with_header("cache-control", "no-store")
            .with_headers(self.parts().headers)
    }

    /// Status and body without a request id, for one of several results.
    pub fn as_result(&self) -> (u16, Map<String, Value>) {
        let parts = self.parts();
        let mut body = Map::new();
        let (status, code) = match self.listed() {
            Ok(code) => (code.status(), code.as_str()),
            Err(oauth) => (oauth.status, oauth.code),
        };
        body.insert("error".into(), json!(code));
        body.insert("error_description".into(), json!(parts.description));
        body.extend(parts.fields);
        (status, body)
    }

    /// The error's code, for clients, logs and counters.
    pub fn code(&self) -> &'static str {
        self.listed()
            .map_or_else(|oauth| oauth.code, ErrorCode::as_str)
    }

    /// The code in the API's list; OAuth's errors have codes of their own.
    fn listed(&self) -> Result<ErrorCode, &OAuthError> {
        Ok(match self {
            ApiError::OAuth(error) => return Err(error),
            ApiError::InvalidRequest(_) | ApiError::RepeatedMember { .. } => {
                ErrorCode::InvalidRequest
            }
            ApiError::Unreadable(_) => ErrorCode::Unreadable,
            ApiError::TooLarge { .. } => ErrorCode::TooLarge,
            ApiError::ValidationFailed(_) | ApiError::InvalidQuery(_) => {
                ErrorCode::ValidationFailed
            }
            ApiError::InsufficientCredits { .. } => ErrorCode::InsufficientCredits,
            ApiError::SubscriptionExpired { .. } => ErrorCode::SubscriptionExpired,
            ApiError::UserInactive => ErrorCode::UserInactive,
            ApiError::WrongCaller(_) | ApiError::InsufficientScope { .. } => {
                ErrorCode::InsufficientScope
            }
            ApiError::HoldNotOpen => ErrorCode::HoldNotOpen,
            ApiError::TooManyHolds { .. } => ErrorCode::TooManyHolds,
            ApiError::AlreadySubscribed { .. } => ErrorCode::AlreadySubscribed,
            ApiError::NothingBought => ErrorCode::NothingBought,
            ApiError::IdempotencyKeyReused => ErrorCode::IdempotencyKeyReused,
            ApiError::RangeTooLarge(_) => ErrorCode::RangeTooLarge,
            ApiError::Unauthorized(_) => ErrorCode::Unauthorized,
            ApiError::NotFound => ErrorCode::NotFound,
            ApiError::RateLimited(_) => ErrorCode::RateLimited,
            ApiError::Internal(_) | ApiError::Damaged(_) => ErrorCode::Internal,
            ApiError::TryAgain(_) => ErrorCode::TryAgain,
        })
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
            | ApiError::RepeatedMember { .. }
            | ApiError::Unreadable(_)
            | ApiError::TooLarge { .. }
            | ApiError::ValidationFailed(_)
            | ApiError::InvalidQuery(_)
            | ApiError::InsufficientCredits { .. }
            | ApiError::SubscriptionExpired { .. }
            | ApiError::UserInactive
            | ApiError::WrongCaller(_)
            | ApiError::HoldNotOpen
            | ApiError::TooManyHolds { .. }
            | ApiError::AlreadySubscribed { .. }
            | ApiError::NothingBought
            | ApiError::IdempotencyKeyReused
            | ApiError::RangeTooLarge(_)
            | ApiError::InsufficientScope { .. }
            | ApiError::NotFound
            | ApiError::RateLimited(_) => None,
        }
    }

    fn parts(&self) -> Parts {
        match self {
            ApiError::InvalidRequest(text)
            | ApiError::WrongCaller(text)
            | ApiError::RangeTooLarge(text) => parts(text),
            ApiError::RepeatedMember { path } => {
                let text = format!("The body has the member {path:?} more than once.");
                parts(&text).with_fields([("fields", json!({path: "must appear once"}))])
            }
            ApiError::Unreadable(text) => parts(text),
            ApiError::TooLarge { limit } => {
                parts(&format!("The body must be at most {limit} bytes long."))
            }
            ApiError::ValidationFailed(problems) => {
                let text = "Some fields of the body are invalid; see fields.";
                parts(text).with_fields([("fields", json!(problems))])
            }
            ApiError::InvalidQuery(problems) => {
                let text = "Some query parameters are invalid; see fields.";
                parts(text).with_fields([("fields", json!(problems))])
            }
            ApiError::InsufficientCredits {
                required,
                available,
            } => parts(TOO_FEW_CREDITS).with_fields(amounts(*required, *available)),
            ApiError::SubscriptionExpired {
                required,
                available,
                renew_url,
            } => {
                let url = renew_url.as_ref().map(|url| ("renewUrl", json!(url)));
                let amounts = amounts(*required, *available);
                parts(EXPIRED).with_fields(amounts).with_fields(url)
            }
            ApiError::UserInactive => parts(INACTIVE),
            ApiError::HoldNotOpen => parts(HOLD_NOT_OPEN),
            ApiError::TooManyHolds { limit } => {
                parts(&format!("This user already has {limit} open holds."))
            }
            ApiError::AlreadySubscribed { portal } => {
                let fields = portal.iter().flat_map(|portal| {
                    let url = ("portalUrl", json!(portal.url.expose()));
                    [url, ("expiresAt", json!(portal.expires_at))]
                });
                parts(SUBSCRIBED).with_fields(fields)
            }
            ApiError::NothingBought => parts(NOTHING_BOUGHT),
            ApiError::IdempotencyKeyReused => parts(KEY_REUSED),
            ApiError::Unauthorized(_) => {
                let challenge = "Bearer error=\"invalid_token\"".to_string();
                parts(UNAUTHORIZED).with_header("www-authenticate", challenge)
            }
            ApiError::InsufficientScope { needed } => {
                let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{needed}\"");
                let text = format!("This needs a token with the scope: {needed}.");
                parts(&text).with_header("www-authenticate", challenge)
            }
            ApiError::NotFound => parts("Not found."),
            ApiError::RateLimited(allowance) => rate_limited(allowance),
            ApiError::OAuth(error) => oauth(error),
            ApiError::Internal(_) | ApiError::Damaged(_) => parts(OUR_FAULT),
            ApiError::TryAgain(_) => {
                let wait = TRY_AGAIN_AFTER_SECONDS.to_string();
                parts(TRY_AGAIN).with_header("retry-after", wait)
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
        ..parts(&text)
    }
    .with_header("retry-after", allowance.resets_in_seconds.to_string())
}

/// RFC 6749, 5.1: old caches know `Pragma` alone.
fn oauth(error: &OAuthError) -> Parts {
    let parts = parts(error.description).with_header("pragma", "no-cache".to_string());
    match error.status {
        503 => parts.with_header("retry-after", TRY_AGAIN_AFTER_SECONDS.to_string()),
        _ => parts,
    }
}

/// A text, without extra fields and headers.
fn parts(description: &str) -> Parts {
    Parts {
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

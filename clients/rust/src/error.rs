//! Errors of a call: from a function of the API, from the gateway before it, from the network, or from the source of
//! tokens. Each says whether the request may have been carried out all the same.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::amount::Amount;
use crate::requests::IdempotencyKey;
use crate::tokens::TokenError;
use crate::words::ErrorCode;

/// Why a call failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{kind}")]
pub struct Error {
    /// What happened.
    #[source]
    pub kind: ErrorKind,
    /// The key of a command: sent again under it, the command is carried out once.
    pub idempotency_key: Option<IdempotencyKey>,
    /// Whether a command may have been carried out although this call failed: its answer was lost, or an attempt
    /// before the last one ended without an answer. Send it again under the same key to find out.
    pub outcome_is_unknown: bool,
}

/// What happened.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A function of the API refused or failed.
    #[error(transparent)]
    Function(Box<FunctionError>),
    /// The gateway answered by itself.
    #[error(transparent)]
    Gateway(GatewayError),
    /// There was no answer.
    #[error(transparent)]
    Network(NetworkError),
    /// There is no token to call with.
    #[error(transparent)]
    Token(TokenError),
    /// The answer is not what this client reads.
    #[error("the answer with status {status} cannot be read: {problem}")]
    Unreadable {
        /// Its status.
        status: u16,
        /// What is wrong with it.
        problem: String,
    },
    /// The client was set up with something unusable.
    #[error("the client cannot be used: {0}")]
    Settings(String),
}

/// An error of a function: `{error, error_description, requestId}` and its own fields.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code} ({status}): {description} [request {}]", request_id.as_deref().unwrap_or("unknown"))]
#[non_exhaustive]
pub struct FunctionError {
    /// The HTTP status.
    pub status: u16,
    /// The code, from a stable list.
    pub code: ErrorCode,
    /// A text for people.
    pub description: String,
    /// The id by which the request is found in the API's log.
    pub request_id: Option<String>,
    /// What is wrong with each field, of `validation_failed`.
    pub fields: BTreeMap<String, String>,
    /// The credits that were asked for, of `insufficient_credits`.
    pub required: Option<Amount>,
    /// The credits that could be spent, of `insufficient_credits`.
    pub available: Option<Amount>,
    /// Where the user can renew, of `subscription_expired`.
    pub renew_url: Option<String>,
    /// Where the user can change the subscription they have, of `already_subscribed`.
    pub portal_url: Option<String>,
    /// How long the API asked to wait.
    pub retry_after: Option<Duration>,
}

/// An error of the gateway: `{message}`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the gateway answered {status}: {message}")]
#[non_exhaustive]
pub struct GatewayError {
    /// The HTTP status.
    pub status: u16,
    /// Its text.
    pub message: String,
    /// How long the gateway asked to wait.
    pub retry_after: Option<Duration>,
}

/// A request without an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer: {problem}")]
#[non_exhaustive]
pub struct NetworkError {
    /// What happened, without the address.
    pub problem: String,
}

/// The longest text of a foreign answer that goes into an error.
const MAX_FOREIGN_TEXT: usize = 200;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody {
    error: Option<String>,
    #[serde(default, rename = "error_description")]
    description: String,
    request_id: Option<String>,
    message: Option<String>,
    #[serde(default)]
    fields: BTreeMap<String, String>,
    required: Option<Amount>,
    available: Option<Amount>,
    renew_url: Option<String>,
    portal_url: Option<String>,
}

impl FunctionError {
    /// One of several results of an answer, which has no request id and no pause of its own.
    pub(crate) fn of_result(status: u16, value: serde_json::Value) -> Result<Self, String> {
        let read: ErrorBody = serde_json::from_value(value).map_err(|error| error.to_string())?;
        let code = read.error.clone().ok_or("the error has no code")?;
        Ok(read.into_error(code, status, None))
    }
}

impl ErrorBody {
    fn into_error(self, code: String, status: u16, retry_after: Option<Duration>) -> FunctionError {
        FunctionError {
            status,
            code: code.as_str().into(),
            description: self.description,
            request_id: self.request_id,
            fields: self.fields,
            required: self.required,
            available: self.available,
            renew_url: self.renew_url,
            portal_url: self.portal_url,
            retry_after,
        }
    }
}

impl ErrorKind {
    /// The error of an answer that is none of success.
    pub(crate) fn of_answer(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let gateway = |message| {
            ErrorKind::Gateway(GatewayError {
                status,
                message,
                retry_after,
            })
        };
        let Ok(read) = serde_json::from_slice::<ErrorBody>(body) else {
            let text = String::from_utf8_lossy(body);
            return gateway(text.chars().take(MAX_FOREIGN_TEXT).collect());
        };
        match read.error.clone() {
            Some(code) => ErrorKind::Function(Box::new(read.into_error(code, status, retry_after))),
            None => gateway(read.message.unwrap_or_default()),
        }
    }

    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            ErrorKind::Function(error) => Some(error.status),
            ErrorKind::Gateway(error) => Some(error.status),
            ErrorKind::Unreadable { status, .. } => Some(*status),
            ErrorKind::Network(_) | ErrorKind::Token(_) | ErrorKind::Settings(_) => None,
        }
    }

    /// How long the API asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            ErrorKind::Function(error) => error.retry_after,
            ErrorKind::Gateway(error) => error.retry_after,
            ErrorKind::Unreadable { .. }
            | ErrorKind::Network(_)
            | ErrorKind::Token(_)
            | ErrorKind::Settings(_) => None,
        }
    }

    /// Whether the same request may succeed later: no answer, too many calls, or a failure on the way.
    pub fn may_pass(&self) -> bool {
        match self {
            ErrorKind::Network(_) => true,
            ErrorKind::Token(error) => matches!(error, TokenError::Unavailable(_)),
            ErrorKind::Function(_) | ErrorKind::Gateway(_) | ErrorKind::Unreadable { .. } => {
                matches!(self.status(), Some(429 | 502 | 503 | 504))
            }
            ErrorKind::Settings(_) => false,
        }
    }

    /// Whether the API decided about the request: then it was not carried out, in any attempt.
    pub(crate) fn is_decision(&self) -> bool {
        match self {
            ErrorKind::Function(error) => {
                let is_of_request = matches!(error.status, 400 | 402..=428 | 430..=499);
                is_of_request && error.code != ErrorCode::InsufficientScope
            }
            ErrorKind::Gateway(_)
            | ErrorKind::Unreadable { .. }
            | ErrorKind::Network(_)
            | ErrorKind::Token(_)
            | ErrorKind::Settings(_) => false,
        }
    }

    /// The code, of an error of a function.
    pub fn code(&self) -> Option<&ErrorCode> {
        match self {
            ErrorKind::Function(error) => Some(&error.code),
            ErrorKind::Gateway(_)
            | ErrorKind::Unreadable { .. }
            | ErrorKind::Network(_)
            | ErrorKind::Token(_)
            | ErrorKind::Settings(_) => None,
        }
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Error {
            kind,
            idempotency_key: None,
            outcome_is_unknown: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> ErrorKind {
        ErrorKind::of_answer(status, None, body.as_bytes())
    }

    #[test]
    fn errors_of_functions_gateways_and_strangers_are_told_apart() {
        let body = r#"{"error":"insufficient_credits","error_description":"Too few.","requestId":"r",
            "required":"2","available":"1.5","new":{}}"#;
        let ErrorKind::Function(error) = read(402, body) else {
            panic!("{body}");
        };
        assert_eq!(error.code, ErrorCode::InsufficientCredits);
        assert_eq!(error.available, "1.5".parse().ok());
        assert_eq!(
            error.to_string(),
            "insufficient_credits (402): Too few. [request r]"
        );
        for (body, message) in [
            (r#"{"message":"Unauthorized"}"#, "Unauthorized"),
            ("<html>", "<html>"),
            ("", ""),
            ("{}", ""),
        ] {
            let ErrorKind::Gateway(error) = read(401, body) else {
                panic!("{body}");
            };
            assert_eq!(error.message, message);
        }
        let newer = read(409, r#"{"error":"of_tomorrow"}"#);
        assert_eq!(newer.code(), Some(&ErrorCode::Other("of_tomorrow".into())));
    }

    #[test]
    fn only_what_may_pass_is_sent_again() {
        for (status, passes) in [
            (400, false),
            (401, false),
            (402, false),
            (429, true),
            (500, false),
            (502, true),
            (503, true),
            (504, true),
        ] {
            assert_eq!(read(status, "{}").may_pass(), passes, "{status}");
        }
    }

    #[test]
    fn only_a_function_decides_about_a_request() {
        for (status, body, decides) in [
            (402, r#"{"error":"insufficient_credits"}"#, true),
            (403, r#"{"error":"user_inactive"}"#, true),
            (403, r#"{"error":"insufficient_scope"}"#, false),
            (401, r#"{"error":"unauthorized"}"#, false),
            (429, r#"{"error":"rate_limited"}"#, false),
            (503, r#"{"error":"try_again"}"#, false),
            (404, r#"{"message":"Not Found"}"#, false),
        ] {
            assert_eq!(read(status, body).is_decision(), decides, "{body}");
        }
    }
}

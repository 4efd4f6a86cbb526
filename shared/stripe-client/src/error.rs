//! Why a call failed.
//!
//! Every error has two texts. `Display` is for the operator who made the call and holds
//! Stripe's own message. [`StripeError::for_log`] holds codes and ids alone, because a
//! message may quote what was sent.

use std::fmt;

use crate::key::KeyError;

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StripeError {
    /// There is no key to call with.
    #[error("there is no API key of Stripe's: {0}")]
    Key(#[from] KeyError),
    /// 400 and others of its kind: the request is wrong.
    #[error("Stripe finds the request invalid: {0}")]
    InvalidRequest(Box<Refusal>),
    /// 401: the key is not valid, or no longer.
    #[error("Stripe does not accept the API key: {0}")]
    Authentication(Box<Refusal>),
    /// 402: a payment was declined.
    #[error("Stripe could not take the payment: {0}")]
    Declined(Box<Refusal>),
    /// 403: the key may not do that.
    #[error("the API key lacks a permission: {0}")]
    Permission(Box<Refusal>),
    /// 404: there is no such object, or the key is of the other mode or account.
    #[error("Stripe has no such object: {0}")]
    NotFound(Box<Refusal>),
    /// 429: too many requests until the deadline.
    #[error("Stripe takes no more requests for now: {0}")]
    RateLimited(Box<Refusal>),
    /// No answer, or none that counts, until the deadline.
    #[error("Stripe cannot be reached: {0}")]
    Unavailable(Outage),
    /// An answer that no API of Stripe's gives; trying again would not change it.
    #[error("Stripe's answer cannot be used: {0}")]
    Unusable(Outage),
}

/// What Stripe said when it refused a request
/// (<https://docs.stripe.com/api/errors>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// Stripe's code, such as `resource_missing`.
    pub code: Option<String>,
    /// The parameter it is about.
    pub param: Option<String>,
    /// Stripe's message, on one line.
    pub message: String,
    /// The id of the request, for Stripe's support and log.
    pub request_id: Option<String>,
}

/// Why there is no answer, in our own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// What is wrong; it quotes nothing that was sent or received.
    pub problem: String,
    /// The id of the request, if Stripe gave one.
    pub request_id: Option<String>,
}

impl StripeError {
    /// Whether the same call may succeed later, without anybody changing anything.
    pub fn is_passing(&self) -> bool {
        match self {
            StripeError::RateLimited(_) | StripeError::Unavailable(_) => true,
            StripeError::Key(KeyError::Refused(_)) => true,
            StripeError::Key(KeyError::NotAKey | KeyError::NotSet | KeyError::OtherMode)
            | StripeError::InvalidRequest(_)
            | StripeError::Authentication(_)
            | StripeError::Declined(_)
            | StripeError::Permission(_)
            | StripeError::NotFound(_)
            | StripeError::Unusable(_) => false,
        }
    }

    /// The text for a log: without Stripe's message, which may quote what was sent.
    pub fn for_log(&self) -> String {
        let (word, refusal) = match self {
            StripeError::Key(error) => return format!("no API key: {error}"),
            StripeError::Unavailable(outage) => return format!("Stripe is unavailable: {outage}"),
            StripeError::Unusable(outage) => {
                return format!("Stripe's answer is unusable: {outage}");
            }
            StripeError::InvalidRequest(refusal) => ("invalid request", refusal),
            StripeError::Authentication(refusal) => ("key not accepted", refusal),
            StripeError::Declined(refusal) => ("payment declined", refusal),
            StripeError::Permission(refusal) => ("permission missing", refusal),
            StripeError::NotFound(refusal) => ("not found", refusal),
            StripeError::RateLimited(refusal) => ("rate limited", refusal),
        };
        format!("{word} ({})", refusal.facts())
    }

    pub(crate) fn unavailable(problem: impl Into<String>, request_id: Option<String>) -> Self {
        StripeError::Unavailable(Outage {
            problem: problem.into(),
            request_id,
        })
    }

    pub(crate) fn unusable(problem: impl Into<String>, request_id: Option<String>) -> Self {
        StripeError::Unusable(Outage {
            problem: problem.into(),
            request_id,
        })
    }
}

impl Refusal {
    /// Status, code, parameter and request id.
    fn facts(&self) -> String {
        let mut facts = format!("status {}", self.status);
        for (name, value) in [
            ("code", &self.code),
            ("parameter", &self.param),
            ("request", &self.request_id),
        ] {
            match value {
                Some(value) if is_identifier(value) => {
                    facts.push_str(&format!(", {name} {value}"));
                }
                // What is no name of Stripe's may quote what was sent.
                Some(_) => facts.push_str(&format!(", {name} unreadable")),
                None => {}
            }
        }
        facts
    }
}

/// Whether a text can be a code, a parameter or a request id of Stripe's, such as
/// `line_items[0][price]`.
fn is_identifier(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_[].-".contains(&byte);
    text.len() <= 100 && text.bytes().all(allowed)
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = self.facts();
        if self.message.is_empty() {
            return formatter.write_str(&facts);
        }
        write!(formatter, "{} ({facts})", self.message)
    }
}

impl fmt::Display for Outage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.problem)?;
        match &self.request_id {
            Some(id) => write!(formatter, " (request {id})"),
            None => Ok(()),
        }
    }
}

//! Why a delivery is rejected before anything is done with it. Stripe shows the
//! response beside the delivery and retries for three days
//! (<https://docs.stripe.com/webhooks#retries>), so the text is for people who read it
//! there.

use shared::domain::StripeId;
use shared::http::ApiError;
use stripe::{ReadError, counted_type};

use crate::signature::SignatureError;

/// Why a delivery is rejected; the text is public.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// 413: longer than any event.
    #[error("The body must be at most {MAX_BODY_BYTES} bytes long.")]
    TooLarge,
    /// 400: declared as base64, but is not.
    #[error("The body cannot be decoded.")]
    NotBase64,
    /// 400: not signed by Stripe, or too long ago.
    #[error(transparent)]
    NotStripes(SignatureError),
    /// 503: the signature cannot be checked now.
    #[error("Temporarily unavailable. Try again in a moment.")]
    NoSecrets,
    /// 400: from Stripe, but it cannot be read.
    #[error(transparent)]
    Unreadable(ReadError),
}

impl Rejection {
    /// The HTTP status: 400, 413 or 503.
    pub fn status(&self) -> u16 {
        match self {
            Rejection::TooLarge => 413,
            Rejection::NotBase64 | Rejection::NotStripes(_) | Rejection::Unreadable(_) => 400,
            Rejection::NoSecrets => 503,
        }
    }

    /// The outcome for logs and counters, one of a few words.
    pub fn outcome(&self) -> &'static str {
        match self {
            Rejection::TooLarge => "too_large",
            Rejection::NotBase64 => "not_base64",
            Rejection::NotStripes(error) => error.outcome(),
            Rejection::NoSecrets => "no_secrets",
            Rejection::Unreadable(ReadError::Thin) => "thin",
            Rejection::Unreadable(
                ReadError::At { .. }
                | ReadError::InObject { .. }
                | ReadError::OtherObject { .. }
                | ReadError::NothingToRead,
            ) => "unreadable",
        }
    }

    /// The event's id, if the signature is valid and the id could be read.
    pub fn event_id(&self) -> Option<&StripeId> {
        match self {
            Rejection::Unreadable(ReadError::At { event_id, .. }) => event_id.as_ref(),
            _ => None,
        }
    }

    /// The event's type for counters; `none` if it is unknown.
    pub fn counted_type(&self) -> &'static str {
        match self {
            Rejection::Unreadable(ReadError::At {
                event_type: Some(name),
                ..
            }) => counted_type(name),
            _ => "none",
        }
    }

    /// Whether an operator must act: genuine deliveries are being lost.
    pub fn needs_attention(&self) -> bool {
        matches!(self, Rejection::NoSecrets | Rejection::Unreadable(_))
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::TooLarge => ApiError::TooLarge {
                limit: MAX_BODY_BYTES,
            },
            Rejection::NotBase64 => ApiError::InvalidRequest("The body cannot be decoded."),
            Rejection::NotStripes(error) => ApiError::InvalidRequest(error.text()),
            Rejection::NoSecrets => ApiError::TryAgain("there are no signing secrets".to_string()),
            Rejection::Unreadable(error) => ApiError::Unreadable(error.to_string()),
        }
    }
}

/// Stripe cuts lists in an event to one page: ten lines with full metadata take about
/// 270 KB.
pub(crate) const MAX_BODY_BYTES: usize = 1024 * 1024;

//! Why a delivery is turned away before anything was done with it. Stripe
//! shows the answer beside the delivery and tries again for three days
//! (<https://docs.stripe.com/webhooks#retries>), so its text is for whoever
//! looks there.

use shared::domain::StripeId;
use shared::http::ApiError;
use stripe::{ReadError, counted_type};

use crate::signature::SignatureError;

/// What is wrong with a delivery; the text is public.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// 413: longer than any event.
    #[error("The body must be at most {MAX_BODY_BYTES} bytes long.")]
    TooLarge,
    /// 400: said to be base64 and is not.
    #[error("The body cannot be decoded.")]
    NotBase64,
    /// 400: not signed by Stripe, or not lately.
    #[error(transparent)]
    NotStripes(SignatureError),
    /// 503: whether it is Stripe's cannot be told.
    #[error("Not available just now. Try again in a moment.")]
    NoSecrets,
    /// 400: Stripe's, and not what is understood here.
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

    /// One word of a few, for logs and counters.
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

    /// The event's id, if it is Stripe's and that much could be read.
    pub fn event_id(&self) -> Option<&StripeId> {
        match self {
            Rejection::Unreadable(ReadError::At { event_id, .. }) => event_id.as_ref(),
            _ => None,
        }
    }

    /// The type of the event as counters name it; `none` if it is not known.
    pub fn counted_type(&self) -> &'static str {
        match self {
            Rejection::Unreadable(ReadError::At {
                event_type: Some(name),
                ..
            }) => counted_type(name),
            _ => "none",
        }
    }

    /// Whether somebody has to look after it: Stripe's own deliveries get lost.
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

/// Lists in an event are cut to one page: ten lines whose metadata are as full
/// as Stripe lets them be come to about 270 KB.
pub(crate) const MAX_BODY_BYTES: usize = 1024 * 1024;

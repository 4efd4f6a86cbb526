//! What the errors of Stripe's API become at the edge.

#![deny(clippy::wildcard_enum_match_arm)]

use shared::http::ApiError;
use stripe_client::{Refusal, StripeError};

/// The start of a parameter's name at Stripe, and the field of the request that it comes
/// from.
const FIELDS: [(&str, &str, &str); 5] = [
    ("line_items", "priceId", "is not sold at Stripe"),
    ("currency", "currency", "is not accepted by Stripe"),
    ("success_url", "returnUrl", "is not accepted by Stripe"),
    ("cancel_url", "returnUrl", "is not accepted by Stripe"),
    ("return_url", "returnUrl", "is not accepted by Stripe"),
];

/// The answer to a call of Stripe's that failed. The texts for the log quote neither
/// what was sent nor Stripe's own words.
pub(crate) fn api_error(error: &StripeError) -> ApiError {
    let text = error.for_log();
    match error {
        StripeError::InvalidRequest(refusal) | StripeError::NotFound(refusal) => {
            of_field(refusal).unwrap_or(ApiError::Internal(text))
        }
        StripeError::Declined(_) | StripeError::Unusable(_) => ApiError::Internal(text),
        // It passes once Stripe is back or an operator has stored a key that may do this.
        StripeError::Key(_)
        | StripeError::Authentication(_)
        | StripeError::Permission(_)
        | StripeError::RateLimited(_)
        | StripeError::Unavailable(_) => ApiError::TryAgain(text),
    }
}

/// The field of our request that Stripe refuses: a price that it does not sell or no
/// longer, or that is of its other mode.
fn of_field(refusal: &Refusal) -> Option<ApiError> {
    let param = refusal.param.as_deref()?;
    let (_, field, problem) = FIELDS.iter().find(|(start, ..)| param.starts_with(start))?;
    let problems = [(field.to_string(), problem.to_string())];
    Some(ApiError::ValidationFailed(problems.into()))
}

/// Whether Stripe refused a request because its customer is not there (any more).
pub(crate) fn is_of_customer(error: &StripeError) -> bool {
    match error {
        StripeError::InvalidRequest(refusal) | StripeError::NotFound(refusal) => {
            refusal.param.as_deref() == Some("customer")
        }
        StripeError::Key(_)
        | StripeError::Authentication(_)
        | StripeError::Declined(_)
        | StripeError::Permission(_)
        | StripeError::RateLimited(_)
        | StripeError::Unavailable(_)
        | StripeError::Unusable(_) => false,
    }
}

/// Whether Stripe has decided about a request and did nothing.
pub(crate) fn is_refusal(error: &StripeError) -> bool {
    match error {
        StripeError::InvalidRequest(_)
        | StripeError::NotFound(_)
        | StripeError::Permission(_)
        | StripeError::Authentication(_)
        | StripeError::Declined(_) => true,
        StripeError::Key(_)
        | StripeError::RateLimited(_)
        | StripeError::Unavailable(_)
        | StripeError::Unusable(_) => false,
    }
}

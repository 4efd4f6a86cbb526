//! What the errors of domain and store become at the edge.

#![deny(clippy::wildcard_enum_match_arm)]

use super::error::ApiError;
use crate::domain::rating::{Pool, RatingError};
use crate::domain::{ApplyError, Refusal};
use crate::store::{CommitError, SettleError, StoreError};

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

/// What bounds a charge on a hold.
const HOLD_LIMIT: &str =
    "the held credits, all available credits, and the amount of the hold as overdraft";

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
                invalid("amount", format!("must be at most {limit}: {HOLD_LIMIT}"))
            }
            Refusal::UseAboveHold { limit } => {
                invalid("usage", format!("must cost at most {limit}: {HOLD_LIMIT}"))
            }
            Refusal::NoRateCard { .. } => invalid("modelId", "has no rate card in force"),
            Refusal::Unrated(error) => unrated("usage", Pool::as_str, &error),
            Refusal::Unestimated(error) => unrated("estimate", estimated, &error),
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

fn invalid(field: &str, problem: impl Into<String>) -> ApiError {
    ApiError::ValidationFailed([(field.to_string(), problem.into())].into())
}

/// Names the field of a use or an estimate that has no rate.
fn unrated(object: &str, field: fn(Pool) -> &'static str, error: &RatingError) -> ApiError {
    match error {
        RatingError::NoPool { card, pool } => {
            let field = format!("{object}.{}", field(*pool));
            invalid(&field, format!("has no rate on {card}"))
        }
        RatingError::NoImage {
            card,
            size,
            quality,
        } => {
            let problem = format!("{size}, {quality} has no rate on {card}");
            invalid(&format!("{object}.images"), problem)
        }
        RatingError::NoCurrency { card, currency } => {
            let problem = format!("has no rate for {currency} on {card}");
            invalid(&format!("{object}.providerCost"), problem)
        }
        RatingError::TooMuch => invalid(object, "costs more than 1000000000 credits"),
    }
}

/// The field of an estimate that is counted in a pool.
fn estimated(pool: Pool) -> &'static str {
    match pool {
        Pool::Input | Pool::CachedInput | Pool::CacheWrite => "input",
        Pool::Output | Pool::Reasoning => "maxOutput",
        Pool::InputAudio => "inputAudio",
        Pool::OutputAudio => "maxOutputAudio",
    }
}

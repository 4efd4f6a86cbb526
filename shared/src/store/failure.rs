//! What can go wrong with DynamoDB, and which of it is worth another try.

use std::error::Error;
use std::fmt::Debug;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::items::ItemError;

/// Why the store could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB did not answer, or asked for patience, as often as we tried.
    /// Whether a write took place is not known; its key makes trying again safe.
    #[error("DynamoDB is not available: {0}")]
    Unavailable(String),
    /// DynamoDB refused the request itself: a permission, a missing table, a
    /// mistake of ours.
    #[error("DynamoDB refused the request: {0}")]
    Rejected(String),
    /// An item is not what its key says.
    #[error(transparent)]
    Damaged(#[from] ItemError),
}

impl StoreError {
    /// Whether the same call may succeed a moment later.
    pub fn retryable(&self) -> bool {
        match self {
            StoreError::Unavailable(_) => true,
            StoreError::Rejected(_) | StoreError::Damaged(_) => false,
        }
    }
}

/// DynamoDB's codes for "not now": the request may be sent again as it is.
const PASSING_CODES: [&str; 9] = [
    "InternalServerError",
    "InternalFailure",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionInProgressException",
];

/// The same for single items of a cancelled transaction.
const PASSING_REASONS: [&str; 3] = [
    "TransactionConflict",
    "ProvisionedThroughputExceeded",
    "ThrottlingError",
];

/// Sorts a failed call into what may pass and what will not.
pub(crate) fn classify<E>(error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + Debug,
{
    match error {
        SdkError::TimeoutError(_) => StoreError::Unavailable("no answer in time".into()),
        SdkError::DispatchFailure(failure) => {
            StoreError::Unavailable(match failure.as_connector_error() {
                Some(error) => format!("no connection: {}", deepest(error)),
                None => "no connection".into(),
            })
        }
        SdkError::ResponseError(_) => StoreError::Unavailable("an unreadable answer".into()),
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("no code");
            let message = service.err().message().unwrap_or("no message");
            let text = format!("{code}: {message}");
            let status = service.raw().status().as_u16();
            if status >= 500 || PASSING_CODES.contains(&code) {
                StoreError::Unavailable(text)
            } else {
                StoreError::Rejected(text)
            }
        }
        _ => StoreError::Rejected(format!("{error:?}")),
    }
}

/// What an error comes down to; the layers above it only say that they failed.
fn deepest(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// Why a transaction did not take place.
pub(crate) enum Cancelled {
    /// A condition failed: one reason per item of the transaction, in order.
    Conditions(Vec<aws_sdk_dynamodb::types::CancellationReason>),
    /// Anything else, sorted.
    Failed(StoreError),
}

/// Like [`classify`], for a transaction with its reasons per item. A failed
/// condition comes before a conflict: it is an answer, the conflict is none.
pub(crate) fn classify_transaction(
    error: SdkError<TransactWriteItemsError, HttpResponse>,
) -> Cancelled {
    let reasons = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons()
        }
        _ => return Cancelled::Failed(classify(&error)),
    };
    let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason.code()).collect();
    if codes.contains(&"ConditionalCheckFailed") {
        Cancelled::Conditions(reasons.to_vec())
    } else {
        Cancelled::Failed(cancelled(&codes))
    }
}

/// Sorts a failed read of a snapshot; it has no conditions that could fail.
pub(crate) fn classify_snapshot(
    error: SdkError<TransactGetItemsError, HttpResponse>,
) -> StoreError {
    match error.as_service_error() {
        Some(TransactGetItemsError::TransactionCanceledException(reasons)) => {
            let reasons = reasons.cancellation_reasons();
            let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason.code()).collect();
            cancelled(&codes)
        }
        _ => classify(&error),
    }
}

fn cancelled(codes: &[&str]) -> StoreError {
    if codes.iter().any(|code| PASSING_REASONS.contains(code)) {
        StoreError::Unavailable(codes.join(", "))
    } else {
        StoreError::Rejected(format!("transaction cancelled: {}", codes.join(", ")))
    }
}

//! DynamoDB failures, and which of them are worth a retry. Error texts name no person
//! and quote no item.

use std::error::Error;
use std::fmt::Debug;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::store::client::work::Work;
use crate::store::schema::items::ItemError;

/// Why a store operation failed. The text is for the log: it names no person and quotes
/// no item.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB did not answer, or throttled, until the attempts ran out. A write may
    /// or may not have happened; its key makes a retry safe.
    #[error("DynamoDB is not available: {0}")]
    Unavailable(String),
    /// DynamoDB rejected the request itself: a missing permission, a missing table, or
    /// a bug of ours.
    #[error("DynamoDB refused the request: {0}")]
    Rejected(String),
    /// An item does not match its key.
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

/// DynamoDB's codes for a transient failure: the same request may be sent again.
const PASSING_CODES: [&str; 10] = [
    "InternalServerError",
    "InternalFailure",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// The same for single items of a cancelled transaction.
const PASSING_REASONS: [&str; 3] = [
    "TransactionConflict",
    "ProvisionedThroughputExceeded",
    "ThrottlingError",
];

/// Codes of requests and of transaction items: a conflict with another transaction.
const CONFLICTS: [&str; 3] = [
    "TransactionConflict",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// Codes of requests and of transaction items: throttled.
const THROTTLES: [&str; 5] = [
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingError",
    "ThrottlingException",
];

/// The messages of these codes name a role, an action or a table, which is what an
/// operator needs to fix. Other messages may quote a key or a value and are not logged.
const TELLING_CODES: [&str; 4] = [
    "AccessDeniedException",
    "ExpiredTokenException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
];

/// Classifies a failed call as transient or permanent, and counts conflicts and
/// throttles.
pub(crate) fn classify<E>(work: &Work, error: &SdkError<E, HttpResponse>) -> StoreError
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
            count(work, &[code]);
            let text = match service.err().message() {
                Some(message) if TELLING_CODES.contains(&code) => format!("{code}: {message}"),
                _ => code.to_string(),
            };
            let status = service.raw().status().as_u16();
            if status >= 500 || PASSING_CODES.contains(&code) {
                StoreError::Unavailable(text)
            } else {
                StoreError::Rejected(text)
            }
        }
        // All other errors come from building the request and may quote it.
        _ => StoreError::Rejected("the request could not be built".into()),
    }
}

/// The root cause of an error; the layers above it only say that they failed.
fn deepest(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// Why a transaction was not committed.
pub(crate) enum Cancelled {
    /// A condition failed: one reason per item of the transaction, in order.
    Conditions(Vec<aws_sdk_dynamodb::types::CancellationReason>),
    /// Any other failure, classified.
    Failed(StoreError),
}

/// Like [`classify`], for a transaction with reasons per item. A failed condition takes
/// precedence over a conflict: it is an answer, a conflict is not.
pub(crate) fn classify_transaction(
    work: &Work,
    error: SdkError<TransactWriteItemsError, HttpResponse>,
) -> Cancelled {
    let reasons = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons()
        }
        _ => return Cancelled::Failed(classify(work, &error)),
    };
    let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason.code()).collect();
    count(work, &codes);
    if codes.contains(&"ConditionalCheckFailed") {
        Cancelled::Conditions(reasons.to_vec())
    } else {
        Cancelled::Failed(cancelled(&codes))
    }
}

/// Classifies a failed snapshot read, which has no conditions to fail.
pub(crate) fn classify_snapshot(
    work: &Work,
    error: SdkError<TransactGetItemsError, HttpResponse>,
) -> StoreError {
    match error.as_service_error() {
        Some(TransactGetItemsError::TransactionCanceledException(reasons)) => {
            let reasons = reasons.cancellation_reasons();
            let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason.code()).collect();
            count(work, &codes);
            cancelled(&codes)
        }
        _ => classify(work, &error),
    }
}

/// Counts once per request, however many of its items are affected.
fn count(work: &Work, codes: &[&str]) {
    let has = |listed: &[&str]| codes.iter().any(|code| listed.contains(code));
    if has(&CONFLICTS) {
        work.met_a_conflict();
    }
    if has(&THROTTLES) {
        work.was_throttled();
    }
}

fn cancelled(codes: &[&str]) -> StoreError {
    if codes.iter().any(|code| PASSING_REASONS.contains(code)) {
        StoreError::Unavailable(codes.join(", "))
    } else {
        StoreError::Rejected(format!("transaction cancelled: {}", codes.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn classified(status: u16, code: &str, message: &str) -> (StoreError, (u64, u64)) {
        let metadata = ErrorMetadata::builder().code(code).message(message).build();
        let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
        let error = SdkError::service_error(GetItemError::generic(metadata), response);
        let work = Work::default();
        let failure = classify(&work, &error);
        (failure, (work.done().conflicts, work.done().throttles))
    }

    #[test]
    fn a_message_that_may_quote_something_is_not_reported() {
        let quoting = "Value 'somebody@example.com' failed to satisfy constraint";
        for (status, code) in [
            (400, "ValidationException"),
            (400, "SerializationException"),
            (400, "ThrottlingException"),
            (500, "InternalServerError"),
        ] {
            let (failure, _) = classified(status, code, quoting);
            let text = format!("{failure} {failure:?}");
            assert!(text.contains(code) && !text.contains("somebody"), "{text}");
        }
        let denied = "not authorized to perform dynamodb:Scan on table/users";
        let (failure, _) = classified(400, "AccessDeniedException", denied);
        assert!(failure.to_string().contains("dynamodb:Scan"), "{failure}");
    }

    #[test]
    fn conflicts_and_throttles_are_distinguished_from_other_failures() {
        for (code, retryable, counted) in [
            ("TransactionConflictException", true, (1, 0)),
            ("TransactionInProgressException", true, (1, 0)),
            ("ThrottlingException", true, (0, 1)),
            ("ProvisionedThroughputExceededException", true, (0, 1)),
            ("RequestLimitExceeded", true, (0, 1)),
            ("ServiceUnavailable", true, (0, 0)),
            ("ValidationException", false, (0, 0)),
        ] {
            let (failure, found) = classified(400, code, "no");
            assert_eq!((failure.retryable(), found), (retryable, counted), "{code}");
        }
    }
}

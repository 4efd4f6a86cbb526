//! The codes of errors, for clients: what may stand under `error` in an answer, and the
//! HTTP status that goes with each. A code is never renamed and keeps its meaning.
//! `docs/errors.md` has the same list with what to do.

use std::fmt;

/// Defines the codes once: variant, status, text.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $status:literal $text:literal,)+) => {
        /// The code of an error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)+
        }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &[ErrorCode] = &[$(ErrorCode::$variant,)+];

            /// The code as clients read it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(ErrorCode::$variant => $text,)+
                }
            }

            /// The HTTP status of every error with this code.
            pub const fn status(self) -> u16 {
                match self {
                    $(ErrorCode::$variant => $status,)+
                }
            }
        }
    };
}

codes! {
    /// The request cannot be read.
    InvalidRequest 400 "invalid_request",
    /// The body is JSON, and not an event that the webhook reads.
    Unreadable 400 "unreadable",
    /// The token identifies no user, or no client.
    Unauthorized 401 "unauthorized",
    /// The credits do not suffice.
    InsufficientCredits 402 "insufficient_credits",
    /// The credits do not suffice, and a paid subscription is due for renewal.
    SubscriptionExpired 403 "subscription_expired",
    /// The user is deactivated, or was erased.
    UserInactive 403 "user_inactive",
    /// The token lacks a scope, or is of the wrong kind of caller.
    InsufficientScope 403 "insufficient_scope",
    /// There is no such route or thing.
    NotFound 404 "not_found",
    /// The hold is not open any more.
    HoldNotOpen 409 "hold_not_open",
    /// Too many holds are open.
    TooManyHolds 409 "too_many_holds",
    /// The user has a subscription already.
    AlreadySubscribed 409 "already_subscribed",
    /// The user has never bought anything.
    NothingBought 409 "nothing_bought",
    /// The body is too long.
    TooLarge 413 "too_large",
    /// Fields of the body or parameters of the query are invalid.
    ValidationFailed 422 "validation_failed",
    /// The idempotency key was used for another request.
    IdempotencyKeyReused 422 "idempotency_key_reused",
    /// The range of time is too long, or has too many entries.
    RangeTooLarge 422 "range_too_large",
    /// Too many calls within a minute.
    RateLimited 429 "rate_limited",
    /// The mistake is ours.
    Internal 500 "internal",
    /// The same request may succeed a moment later.
    TryAgain 503 "try_again",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

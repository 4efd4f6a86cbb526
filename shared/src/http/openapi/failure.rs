//! The errors of the API as clients see them: code, status, meaning and further fields.
//! A test holds them against what [`ApiError`](crate::http::ApiError) answers.

#![deny(clippy::wildcard_enum_match_arm)]

use serde_json::{Map, Value, json};

use super::headers::Header;

/// An error's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// The request cannot be read.
    InvalidRequest,
    /// The body is JSON but not what the route reads.
    Unreadable,
    /// The token identifies no user.
    Unauthorized,
    /// Not enough credits.
    InsufficientCredits,
    /// Not enough credits, and a subscription is due.
    SubscriptionExpired,
    /// The user may not spend.
    UserInactive,
    /// The token lacks a scope, or is of another kind of caller.
    InsufficientScope,
    /// No such thing.
    NotFound,
    /// The hold is not open.
    HoldNotOpen,
    /// Too many holds are open.
    TooManyHolds,
    /// The body is too long.
    TooLarge,
    /// Fields are invalid.
    ValidationFailed,
    /// The key was used for another request.
    IdempotencyKeyReused,
    /// The range has too many entries.
    RangeTooLarge,
    /// Too many calls.
    RateLimited,
    /// Our fault.
    Internal,
    /// A retry may succeed.
    TryAgain,
}

impl Failure {
    /// All of them.
    pub const ALL: [Failure; 17] = [
        Failure::InvalidRequest,
        Failure::Unreadable,
        Failure::Unauthorized,
        Failure::InsufficientCredits,
        Failure::SubscriptionExpired,
        Failure::UserInactive,
        Failure::InsufficientScope,
        Failure::NotFound,
        Failure::HoldNotOpen,
        Failure::TooManyHolds,
        Failure::TooLarge,
        Failure::ValidationFailed,
        Failure::IdempotencyKeyReused,
        Failure::RangeTooLarge,
        Failure::RateLimited,
        Failure::Internal,
        Failure::TryAgain,
    ];

    /// Its status, its code, and what it means.
    pub fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            Failure::InvalidRequest => (400, "invalid_request", "the request cannot be read"),
            Failure::Unreadable => (400, "unreadable", "the body is not what the route reads"),
            Failure::Unauthorized => (401, "unauthorized", "the token identifies no user"),
            Failure::InsufficientCredits => (402, "insufficient_credits", "not enough credits"),
            Failure::SubscriptionExpired => (
                403,
                "subscription_expired",
                "not enough credits, and a paid subscription is due for renewal",
            ),
            Failure::UserInactive => (403, "user_inactive", "the user is not active"),
            Failure::InsufficientScope => (
                403,
                "insufficient_scope",
                "the token lacks a scope or is of another kind of caller",
            ),
            Failure::NotFound => (404, "not_found", "there is no such thing"),
            Failure::HoldNotOpen => (
                409,
                "hold_not_open",
                "the hold was committed or released, or it has expired",
            ),
            Failure::TooManyHolds => (409, "too_many_holds", "the user has too many open holds"),
            Failure::TooLarge => (413, "too_large", "the body is too long"),
            Failure::ValidationFailed => (422, "validation_failed", "fields are invalid"),
            Failure::IdempotencyKeyReused => (
                422,
                "idempotency_key_reused",
                "the key was used for another request",
            ),
            Failure::RangeTooLarge => (
                422,
                "range_too_large",
                "the range has too many days or entries",
            ),
            Failure::RateLimited => (429, "rate_limited", "the user calls too often"),
            Failure::Internal => (500, "internal", "our fault; report the `requestId`"),
            Failure::TryAgain => (503, "try_again", "nothing was done; a retry may succeed"),
        }
    }

    /// The name of its schema: `insufficient_credits` as `InsufficientCreditsError`.
    pub fn schema_name(self) -> String {
        let words = self.parts().1.split('_').map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            format!("{}{rest}", first.to_ascii_uppercase())
        });
        format!("{}Error", words.collect::<String>())
    }

    /// Its schema.
    pub fn schema(self) -> Value {
        let (_, code, meaning) = self.parts();
        let mut properties = Map::new();
        properties.insert("error".into(), json!({"type": "string", "enum": [code]}));
        let text = "For people; it may change. Go by `error`.";
        let description = json!({"type": "string", "description": text});
        properties.insert("error_description".into(), description);
        let text = "Names the request in our logs.";
        let request_id = json!({"type": "string", "description": text});
        properties.insert("requestId".into(), request_id);
        let mut required = vec!["error", "error_description", "requestId"];
        for (name, schema, is_required) in self.fields() {
            properties.insert(name.into(), schema);
            if is_required {
                required.push(name);
            }
        }
        json!({
            "type": "object",
            "description": format!("`{code}`: {meaning}."),
            "required": required,
            "properties": properties,
        })
    }

    /// Its further fields, and whether they are always there.
    fn fields(self) -> Vec<(&'static str, Value, bool)> {
        let amount = || json!({"$ref": "#/components/schemas/Amount"});
        match self {
            Failure::InsufficientCredits => {
                vec![("required", amount(), true), ("available", amount(), true)]
            }
            Failure::SubscriptionExpired => {
                let text = "Where the subscription can be renewed, if this deployment says so.";
                let url = json!({"type": "string", "description": text});
                vec![
                    ("required", amount(), true),
                    ("available", amount(), true),
                    ("renewUrl", url, false),
                ]
            }
            Failure::ValidationFailed => {
                let text = "The problem of each invalid field or parameter, by its name; the \
                            name is empty for the body as a whole.";
                let problem = json!({"type": "string"});
                let fields = json!({
                    "type": "object", "description": text, "additionalProperties": problem,
                });
                vec![("fields", fields, true)]
            }
            Failure::InvalidRequest
            | Failure::Unreadable
            | Failure::Unauthorized
            | Failure::UserInactive
            | Failure::InsufficientScope
            | Failure::NotFound
            | Failure::HoldNotOpen
            | Failure::TooManyHolds
            | Failure::TooLarge
            | Failure::IdempotencyKeyReused
            | Failure::RangeTooLarge
            | Failure::RateLimited
            | Failure::Internal
            | Failure::TryAgain => Vec::new(),
        }
    }

    /// Its headers, besides that it is never cached.
    pub(super) fn headers(self) -> Vec<Header> {
        match self {
            Failure::Unauthorized => vec![Header::WwwAuthenticate],
            Failure::InsufficientScope => vec![Header::WwwAuthenticate],
            Failure::RateLimited => vec![
                Header::RateLimitLimit,
                Header::RateLimitRemaining,
                Header::RateLimitReset,
                Header::RetryAfter,
            ],
            Failure::TryAgain => vec![Header::RetryAfter],
            Failure::InvalidRequest
            | Failure::Unreadable
            | Failure::InsufficientCredits
            | Failure::SubscriptionExpired
            | Failure::UserInactive
            | Failure::NotFound
            | Failure::HoldNotOpen
            | Failure::TooManyHolds
            | Failure::TooLarge
            | Failure::ValidationFailed
            | Failure::IdempotencyKeyReused
            | Failure::RangeTooLarge
            | Failure::Internal => Vec::new(),
        }
    }
}

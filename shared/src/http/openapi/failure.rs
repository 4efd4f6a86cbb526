//! The errors of the API as clients see them: code, status, meaning and further fields.
//! A test holds them against what [`ApiError`](crate::http::ApiError) answers.

#![deny(clippy::wildcard_enum_match_arm)]

use serde_json::{Map, Value, json};

use super::headers::Header;
use crate::http::error_code::ErrorCode;

impl ErrorCode {
    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            ErrorCode::InvalidRequest => "the request cannot be read",
            ErrorCode::Unreadable => "the body is not what the route reads",
            ErrorCode::Unauthorized => "the token identifies no user",
            ErrorCode::InsufficientCredits => "not enough credits",
            ErrorCode::SubscriptionExpired => {
                "not enough credits, and a paid subscription is due for renewal"
            }
            ErrorCode::UserInactive => "the user is not active",
            ErrorCode::InsufficientScope => {
                "the token lacks a scope or is of another kind of caller"
            }
            ErrorCode::NotFound => "there is no such thing",
            ErrorCode::HoldNotOpen => "the hold was committed or released, or it has expired",
            ErrorCode::TooManyHolds => "the user has too many open holds",
            ErrorCode::AlreadySubscribed => "the user has a subscription already",
            ErrorCode::NothingBought => "the user has never bought anything",
            ErrorCode::TooLarge => "the body is too long",
            ErrorCode::ValidationFailed => "fields are invalid",
            ErrorCode::IdempotencyKeyReused => "the key was used for another request",
            ErrorCode::RangeTooLarge => "the range has too many days or entries",
            ErrorCode::RateLimited => "the user calls too often",
            ErrorCode::Internal => "our fault; report the `requestId`",
            ErrorCode::TryAgain => "nothing was done; a retry may succeed",
        }
    }

    /// The name of its schema: `insufficient_credits` as `InsufficientCreditsError`.
    pub fn schema_name(self) -> String {
        let words = self.as_str().split('_').map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            format!("{}{rest}", first.to_ascii_uppercase())
        });
        format!("{}Error", words.collect::<String>())
    }

    /// Its schema.
    pub fn schema(self) -> Value {
        let (code, meaning) = (self.as_str(), self.meaning());
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
            ErrorCode::InsufficientCredits => {
                vec![("required", amount(), true), ("available", amount(), true)]
            }
            ErrorCode::SubscriptionExpired => {
                let text = "Where the subscription can be renewed, if this deployment says so.";
                let url = json!({"type": "string", "description": text});
                vec![
                    ("required", amount(), true),
                    ("available", amount(), true),
                    ("renewUrl", url, false),
                ]
            }
            ErrorCode::AlreadySubscribed => {
                let text = "Where the subscription can be changed, if it is at Stripe. Whoever \
                            has the address can use it.";
                let url = json!({"type": "string", "description": text});
                let until = json!({"$ref": "#/components/schemas/Moment"});
                vec![("portalUrl", url, false), ("expiresAt", until, false)]
            }
            ErrorCode::ValidationFailed => {
                let text = "The problem of each invalid field or parameter, by its name; the \
                            name is empty for the body as a whole.";
                vec![("fields", problems(text), true)]
            }
            ErrorCode::InvalidRequest => {
                let text = "The member of the body that appears more than once, by its path.";
                vec![("fields", problems(text), false)]
            }
            ErrorCode::Unreadable
            | ErrorCode::Unauthorized
            | ErrorCode::UserInactive
            | ErrorCode::InsufficientScope
            | ErrorCode::NotFound
            | ErrorCode::HoldNotOpen
            | ErrorCode::TooManyHolds
            | ErrorCode::NothingBought
            | ErrorCode::TooLarge
            | ErrorCode::IdempotencyKeyReused
            | ErrorCode::RangeTooLarge
            | ErrorCode::RateLimited
            | ErrorCode::Internal
            | ErrorCode::TryAgain => Vec::new(),
        }
    }

    /// Its headers, besides that it is never cached.
    pub(super) fn headers(self) -> Vec<Header> {
        match self {
            ErrorCode::Unauthorized => vec![Header::WwwAuthenticate],
            ErrorCode::InsufficientScope => vec![Header::WwwAuthenticate],
            ErrorCode::RateLimited => vec![
                Header::RateLimitLimit,
                Header::RateLimitRemaining,
                Header::RateLimitReset,
                Header::RetryAfter,
            ],
            ErrorCode::TryAgain => vec![Header::RetryAfter],
            ErrorCode::InvalidRequest
            | ErrorCode::Unreadable
            | ErrorCode::InsufficientCredits
            | ErrorCode::SubscriptionExpired
            | ErrorCode::UserInactive
            | ErrorCode::NotFound
            | ErrorCode::HoldNotOpen
            | ErrorCode::TooManyHolds
            | ErrorCode::AlreadySubscribed
            | ErrorCode::NothingBought
            | ErrorCode::TooLarge
            | ErrorCode::ValidationFailed
            | ErrorCode::IdempotencyKeyReused
            | ErrorCode::RangeTooLarge
            | ErrorCode::Internal => Vec::new(),
        }
    }
}

/// Texts by the names of what they are about.
fn problems(description: &str) -> Value {
    let problem = json!({"type": "string"});
    json!({"type": "object", "description": description, "additionalProperties": problem})
}

//! The headers of requests and responses that the API gives a meaning.

use serde_json::{Map, Value, json};

/// A header of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Header {
    /// Whether and how long the answer may be kept.
    CacheControl,
    /// Names the state that the answer shows.
    ETag,
    /// Says that an earlier answer is repeated.
    IdempotentReplayed,
    /// Calls per minute.
    RateLimitLimit,
    /// Calls left in this minute.
    RateLimitRemaining,
    /// Seconds until the next minute.
    RateLimitReset,
    /// Seconds to wait.
    RetryAfter,
    /// What an answer in a cache depends on.
    Vary,
    /// What is wrong with the token.
    WwwAuthenticate,
}

impl Header {
    /// All of them.
    pub const ALL: [Header; 9] = [
        Header::CacheControl,
        Header::ETag,
        Header::IdempotentReplayed,
        Header::RateLimitLimit,
        Header::RateLimitRemaining,
        Header::RateLimitReset,
        Header::RetryAfter,
        Header::Vary,
        Header::WwwAuthenticate,
    ];

    /// Those of a route with a limit per user.
    pub const RATE_LIMIT: [Header; 3] = [
        Header::RateLimitLimit,
        Header::RateLimitRemaining,
        Header::RateLimitReset,
    ];

    /// Those of a route with a limit per user whose answers are not cached.
    pub const LIMITED: [Header; 4] = [
        Header::CacheControl,
        Header::RateLimitLimit,
        Header::RateLimitRemaining,
        Header::RateLimitReset,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Header::CacheControl => "Cache-Control",
            Header::ETag => "ETag",
            Header::IdempotentReplayed => "Idempotent-Replayed",
            Header::RateLimitLimit => "RateLimit-Limit",
            Header::RateLimitRemaining => "RateLimit-Remaining",
            Header::RateLimitReset => "RateLimit-Reset",
            Header::RetryAfter => "Retry-After",
            Header::Vary => "Vary",
            Header::WwwAuthenticate => "WWW-Authenticate",
        }
    }

    /// A reference to its description, under its name in lower case.
    pub(super) fn entry(self) -> (String, Value) {
        let name = self.name();
        let reference = json!({"$ref": format!("#/components/headers/{name}")});
        (name.to_string(), reference)
    }

    fn described(self) -> Value {
        let text = |description: &str, example: &str| {
            let schema = json!({"type": "string", "examples": [example]});
            json!({"description": description, "schema": schema})
        };
        let number = |description: &str| {
            let schema = json!({"type": "integer", "minimum": 0});
            json!({"description": description, "schema": schema})
        };
        match self {
            Header::CacheControl => always(text(
                "How long the caller may keep the answer; `no-store` where it may not.",
                "private, max-age=300",
            )),
            Header::ETag => {
                let schema = json!({"type": "string", "pattern": "^W/\"[A-Za-z0-9_-]+\"$"});
                let description = "Names the state shown; send it as `If-None-Match`.";
                always(json!({"description": description, "schema": schema}))
            }
            Header::IdempotentReplayed => {
                let schema = json!({"type": "string", "enum": ["true"]});
                let description = "Present if the key was used before: this is the first answer, \
                                   and nothing was done now.";
                json!({"description": description, "schema": schema})
            }
            Header::RateLimitLimit => {
                number("The user's calls of this route per minute. Absent where there is no limit.")
            }
            Header::RateLimitRemaining => number("The calls left in this minute."),
            Header::RateLimitReset => number("Seconds until the next minute."),
            Header::RetryAfter => number("Seconds to wait before the next attempt."),
            Header::Vary => always(text(
                "What an answer in a cache depends on.",
                "Authorization",
            )),
            Header::WwwAuthenticate => text(
                "What is wrong with the token (RFC 6750).",
                "Bearer error=\"invalid_token\"",
            ),
        }
    }
}

/// A header that every answer with it in its description bears.
fn always(mut header: Value) -> Value {
    if let Value::Object(header) = &mut header {
        header.insert("required".into(), json!(true));
    }
    header
}

/// All headers, as components of the document.
pub fn components() -> Map<String, Value> {
    let headers = Header::ALL.into_iter();
    headers
        .map(|header| (header.name().to_string(), header.described()))
        .collect()
}

/// A header of requests.
pub(super) fn if_none_match() -> Value {
    json!({
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of the answer that the caller holds: 304 if it is still right.",
        "schema": {"type": "string"},
    })
}

/// The header that names a write.
pub(super) fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": true,
        "description": "Names the request, for ever. Sent again with the same request, the \
                        first answer is repeated; with another request it is refused.",
        "schema": {"$ref": "#/components/schemas/IdempotencyKey"},
    })
}

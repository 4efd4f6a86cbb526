//! What API Gateway answers by itself, before a function runs or when one cannot. Its
//! bodies cannot be changed, so they are documented beside our own.

use serde_json::{Value, json};

/// The name of the schema of the gateway's bodies.
pub const GATEWAY_ERROR: &str = "GatewayError";

/// An answer of the gateway's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayAnswer {
    /// 400: the path cannot be decoded.
    BadRequest,
    /// 401: no valid token.
    Unauthorized,
    /// 403: the token has none of the route's scopes.
    Forbidden,
    /// 404: no route has this method and path.
    NotFound,
    /// 413: the body is longer than 10 MiB.
    TooLarge,
    /// 429: all callers together are above the route's limit.
    Throttled,
    /// 431: the headers are longer than 10,240 bytes.
    HeadersTooLarge,
    /// 500: the function crashed or ran out of time.
    Internal,
    /// 503: the function cannot be started.
    Unavailable,
}

impl GatewayAnswer {
    /// All of them.
    pub const ALL: [GatewayAnswer; 9] = [
        GatewayAnswer::BadRequest,
        GatewayAnswer::Unauthorized,
        GatewayAnswer::Forbidden,
        GatewayAnswer::NotFound,
        GatewayAnswer::TooLarge,
        GatewayAnswer::Throttled,
        GatewayAnswer::HeadersTooLarge,
        GatewayAnswer::Internal,
        GatewayAnswer::Unavailable,
    ];

    /// Its status, its message, and what it means.
    pub fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            GatewayAnswer::BadRequest => (400, "Bad Request", "the path cannot be decoded"),
            GatewayAnswer::Unauthorized => (401, "Unauthorized", "there is no valid token"),
            GatewayAnswer::Forbidden => {
                (403, "Forbidden", "the token has none of the route's scopes")
            }
            GatewayAnswer::NotFound => (404, "Not Found", "there is no such route"),
            GatewayAnswer::TooLarge => (
                413,
                "Request Entity Too Large",
                "the body is longer than 10 MiB",
            ),
            GatewayAnswer::Throttled => (
                429,
                "Too Many Requests",
                "all callers together ask too often",
            ),
            GatewayAnswer::HeadersTooLarge => (
                431,
                "Request Header Fields Too Large",
                "the headers are longer than 10,240 bytes",
            ),
            GatewayAnswer::Internal => (
                500,
                "Internal Server Error",
                "the function crashed or ran out of time",
            ),
            GatewayAnswer::Unavailable => {
                (503, "Service Unavailable", "the function cannot be started")
            }
        }
    }

    /// The schema of all of them.
    pub fn schema() -> Value {
        let messages = Self::ALL.map(|answer| answer.parts().1);
        json!({
            "type": "object",
            "description": "What API Gateway answers by itself.",
            "required": ["message"],
            "properties": {"message": {"type": "string", "examples": messages}},
        })
    }
}

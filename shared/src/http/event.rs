//! The event: what API Gateway's HTTP API passes to a function (payload 2.0).
//!
//! Only the fields that routes use are read, and each may be missing. Nothing is
//! rebuilt from other fields: no URI is made of path, query and host, so none can be
//! malformed. Routing uses `routeKey` and `pathParameters` alone. Source: API Gateway
//! developer guide, "Working with AWS Lambda proxy integrations for HTTP APIs".

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::Redacted;

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// Longer than the route accepts.
    TooLarge,
    /// Declared as base64, but is not.
    NotBase64,
}

/// Values that a client or its token sent, by name.
type Said<T> = Option<Redacted<BTreeMap<String, T>>>;

/// A request as API Gateway describes it. Debug output omits what the client sent; it
/// shows the route and the request's ids.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    #[serde(default)]
    route_key: Option<String>,
    #[serde(default)]
    headers: Said<String>,
    #[serde(default)]
    path_parameters: Said<String>,
    #[serde(default)]
    query_string_parameters: Said<String>,
    #[serde(default)]
    request_context: Option<RequestContext>,
    #[serde(default)]
    body: Option<Redacted<String>>,
    #[serde(default)]
    is_base64_encoded: Option<bool>,
    /// Not from the gateway: Lambda's own id, passed beside the event.
    #[serde(skip)]
    lambda_request_id: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    #[serde(default)]
    request_id: Option<String>,
    #[serde(default)]
    authorizer: Option<Authorizer>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Authorizer {
    #[serde(default)]
    jwt: Option<Jwt>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Jwt {
    #[serde(default)]
    claims: Said<Value>,
}

impl Event {
    /// Method and path pattern of the matched route, for example `GET
    /// /api/user/credits`; empty if none matched.
    pub fn route_key(&self) -> &str {
        self.route_key.as_deref().unwrap_or_default()
    }

    /// The same event, of no route.
    pub(super) fn without_route(self) -> Self {
        Event {
            route_key: None,
            ..self
        }
    }

    /// A header by its lower-case name. The gateway sends names in lower case; other
    /// spellings match too (RFC 9110, 5.1). Repeated headers arrive joined by commas.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.headers.as_ref()?.expose();
        let in_any_case = || {
            let mut sent = headers.iter();
            let found = sent.find(|(sent, _)| sent.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value)
        };
        headers.get(name).or_else(in_any_case).map(String::as_str)
    }

    /// A path parameter of the route, decoded.
    pub fn path_parameter(&self, name: &str) -> Option<&str> {
        named(&self.path_parameters, name).map(String::as_str)
    }

    /// A query parameter, decoded; repeated ones arrive joined by commas.
    pub fn query(&self, name: &str) -> Option<&str> {
        named(&self.query_string_parameters, name).map(String::as_str)
    }

    /// Whether there is a body.
    pub fn has_body(&self) -> bool {
        !self.body_text().is_empty()
    }

    fn body_text(&self) -> &str {
        self.body.as_ref().map_or("", |body| body.expose().as_str())
    }

    /// The body as bytes, at most `limit` of them; empty if there is none.
    pub fn body(&self, limit: usize) -> Result<Vec<u8>, BodyError> {
        let text = self.body_text();
        let bytes = if self.is_base64_encoded == Some(true) {
            // Four characters carry three bytes; do not decode a body that is too long
            // anyway.
            if text.len() / 4 > limit / 3 + 1 {
                return Err(BodyError::TooLarge);
            }
            STANDARD.decode(text).map_err(|_| BodyError::NotBase64)?
        } else {
            text.as_bytes().to_vec()
        };
        if bytes.len() > limit {
            return Err(BodyError::TooLarge);
        }
        Ok(bytes)
    }

    /// The gateway's request id, for support and logs.
    pub fn request_id(&self) -> &str {
        self.request_context
            .as_ref()
            .and_then(|context| context.request_id.as_deref())
            .unwrap_or("unknown")
    }

    /// A claim of the token that the gateway verified. Claims arrive as strings; a
    /// claim of another type counts as absent.
    pub fn claim(&self, name: &str) -> Option<&str> {
        let authorizer = self.request_context.as_ref()?.authorizer.as_ref()?;
        named(&authorizer.jwt.as_ref()?.claims, name)?.as_str()
    }

    /// The same with Lambda's invocation id, which Lambda's own log lines carry.
    #[must_use]
    pub fn in_invocation(mut self, lambda_request_id: String) -> Self {
        self.lambda_request_id = Some(lambda_request_id);
        self
    }

    /// Lambda's invocation id, if there is one.
    pub fn lambda_request_id(&self) -> Option<&str> {
        self.lambda_request_id.as_deref()
    }
}

fn named<'a, T>(said: &'a Said<T>, name: &str) -> Option<&'a T> {
    said.as_ref()?.expose().get(name)
}

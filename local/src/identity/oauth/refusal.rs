//! OAuth's errors: a code that programs read, and a text for who reads it.

use serde_json::{Value, json};

/// The codes in use. Sources: RFC 6749 (4.1.2.1 and 5.2), OpenID Connect Core
/// (3.1.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OAuthCode {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedResponseType,
    AccessDenied,
    LoginRequired,
    RequestNotSupported,
    RequestUriNotSupported,
    RegistrationNotSupported,
    ServerError,
}

impl OAuthCode {
    /// As it is sent.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            OAuthCode::InvalidRequest => "invalid_request",
            OAuthCode::InvalidClient => "invalid_client",
            OAuthCode::InvalidGrant => "invalid_grant",
            OAuthCode::InvalidScope => "invalid_scope",
            OAuthCode::UnauthorizedClient => "unauthorized_client",
            OAuthCode::UnsupportedGrantType => "unsupported_grant_type",
            OAuthCode::UnsupportedResponseType => "unsupported_response_type",
            OAuthCode::AccessDenied => "access_denied",
            OAuthCode::LoginRequired => "login_required",
            OAuthCode::RequestNotSupported => "request_not_supported",
            OAuthCode::RequestUriNotSupported => "request_uri_not_supported",
            OAuthCode::RegistrationNotSupported => "registration_not_supported",
            OAuthCode::ServerError => "server_error",
        }
    }
}

/// An error of the protocol. Its text never repeats what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OAuthError {
    pub(crate) code: OAuthCode,
    pub(crate) description: &'static str,
}

impl OAuthError {
    pub(crate) fn new(code: OAuthCode, description: &'static str) -> Self {
        OAuthError { code, description }
    }

    pub(crate) fn invalid_request(description: &'static str) -> Self {
        OAuthError::new(OAuthCode::InvalidRequest, description)
    }

    pub(crate) fn invalid_grant(description: &'static str) -> Self {
        OAuthError::new(OAuthCode::InvalidGrant, description)
    }

    /// The body of the token endpoint's answer.
    pub(crate) fn body(&self) -> Value {
        json!({"error": self.code.as_str(), "error_description": self.description})
    }
}

//! Where the issuer's parts are, and the document that says so.
//! Sources: OpenID Connect Discovery (3), RFC 8414, RFC 9207.

use serde_json::{Value, json};
use shared::domain::OAuthClient;

/// The page to sign in at.
pub(crate) const AUTHORIZE_PATH: &str = "/_local/oauth/authorize";
/// The token endpoint of the issuer itself.
pub(crate) const TOKEN_PATH: &str = "/_local/oauth/token";
/// The public keys.
pub(crate) const JWKS_PATH: &str = "/.well-known/jwks.json";
/// The discovery document.
pub(crate) const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";

/// The document of the issuer at `base_url`, which is its own name too.
pub(crate) fn discovery_document(base_url: &str, clients: &[OAuthClient]) -> Value {
    let mut scopes: Vec<&str> = Vec::new();
    for scope in clients.iter().flat_map(|client| client.scope.split(' ')) {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    json!({
        "issuer": base_url,
        "authorization_endpoint": format!("{base_url}{AUTHORIZE_PATH}"),
        "token_endpoint": format!("{base_url}{TOKEN_PATH}"),
        "jwks_uri": format!("{base_url}{JWKS_PATH}"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": [
            "iss", "sub", "aud", "iat", "exp", "auth_time", "nonce", "email", "email_verified", "name",
        ],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        // Their default would be true.
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    })
}

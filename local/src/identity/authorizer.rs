//! The checks of API Gateway's JWT authorizer for HTTP APIs, no more and no
//! fewer. It does not distinguish ID tokens from access tokens, so functions
//! must. Source: API Gateway developer guide, "Control access to HTTP APIs with
//! JWT authorizers".

use super::claims::Claims;
use super::verified::{Payload, VerifiedTokens};
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// API Gateway accepts 10,240 bytes of headers in total, so no token is longer.
const MAX_TOKEN_BYTES: usize = 10_240;

/// Only RSA, as on API Gateway. The list also keeps a token from choosing HMAC
/// with the public key as its secret.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512];

/// Why a request does not reach its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// 401: no token or an invalid one; the text says why.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// 403: a valid token with none of the route's scopes.
    #[error("the token has none of the scopes that the route requires")]
    Forbidden,
}

/// Why a key set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JwksError {
    /// It is not a key set.
    #[error("the key set is unreadable ({0}): serve a JSON object with `keys`")]
    Unreadable(serde_json::Error),
    /// A key in it does not load.
    #[error("the key {0} of the key set does not load: publish its `n` and `e` in base64url")]
    Key(String),
}

/// An authorizer with parsed keys.
#[derive(Debug, Clone)]
pub struct JwtAuthorizer {
    issuer: String,
    audiences: Vec<String>,
    keys: BTreeMap<String, DecodingKey>,
    verified: VerifiedTokens,
}

impl JwtAuthorizer {
    /// Loads the RSA keys that have a `kid`; others can never match.
    pub fn new(issuer: String, audiences: Vec<String>, jwks: &Value) -> Result<Self, JwksError> {
        let set: JwkSet = serde_json::from_value(jwks.clone()).map_err(JwksError::Unreadable)?;
        let mut keys = BTreeMap::new();
        for jwk in &set.keys {
            if let (AlgorithmParameters::RSA(_), Some(id)) = (&jwk.algorithm, &jwk.common.key_id) {
                let key = DecodingKey::from_jwk(jwk).map_err(|_| JwksError::Key(id.clone()))?;
                keys.insert(id.clone(), key);
            }
        }
        Ok(Self {
            issuer,
            audiences,
            keys,
            verified: VerifiedTokens::default(),
        })
    }

    /// Checks the `Authorization` header for a route at `now_unix`, in Unix seconds.
    pub fn authorize(
        &self,
        authorization: Option<&str>,
        route_scopes: &[String],
        now_unix: i64,
    ) -> Result<Claims, Rejection> {
        let token = bearer(authorization.unwrap_or_default());
        if token.is_empty() {
            return Err(Rejection::Unauthorized("there is no token"));
        }
        let payload = self.verify(token)?;
        self.check(&payload, now_unix)?;
        if route_scopes.is_empty() {
            return Ok(Claims::new(&payload, None));
        }
        let scopes = scopes(&payload);
        if !route_scopes.iter().any(|scope| scopes.contains(scope)) {
            return Err(Rejection::Forbidden);
        }
        Ok(Claims::new(&payload, Some(scopes)))
    }

    /// Checks length, header, key and signature.
    fn verify(&self, token: &str) -> Result<Payload, Rejection> {
        if let Some(payload) = self.verified.get(token) {
            return Ok(payload);
        }
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Rejection::Unauthorized("the token is too long"));
        }
        let header = jsonwebtoken::decode_header(token)
            .map_err(|_| Rejection::Unauthorized("the token is malformed"))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(Rejection::Unauthorized(
                "the token's algorithm is not accepted",
            ));
        }
        let key = header.kid.and_then(|id| self.keys.get(&id));
        let key = key.ok_or(Rejection::Unauthorized("the token's key is not known"))?;
        let mut validation = Validation::new(header.alg);
        // The crate would use the system's clock; the local clock can be moved.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        let decoded = jsonwebtoken::decode(token, key, &validation).map_err(|_| {
            Rejection::Unauthorized("the token's signature or payload does not hold")
        })?;
        let payload = Payload::new(decoded.claims);
        self.verified.keep(token, &payload);
        Ok(payload)
    }

    fn check(&self, payload: &Map<String, Value>, now_unix: i64) -> Result<(), Rejection> {
        let text = |name: &str| payload.get(name).and_then(Value::as_str);
        if text("iss") != Some(&self.issuer) {
            return Err(Rejection::Unauthorized(
                "the token does not have a valid issuer",
            ));
        }
        // If both are present, only `aud` counts.
        let audience = payload.get("aud").or_else(|| payload.get("client_id"));
        let accepted = |value: &Value| {
            value
                .as_str()
                .is_some_and(|value| self.audiences.iter().any(|audience| audience == value))
        };
        let held = match audience {
            Some(Value::Array(values)) => values.iter().any(accepted),
            Some(value) => accepted(value),
            None => false,
        };
        if !held {
            return Err(Rejection::Unauthorized(
                "the token does not have a valid audience",
            ));
        }
        if payload
            .get("exp")
            .and_then(seconds)
            .is_none_or(|expiry| expiry <= now_unix)
        {
            return Err(Rejection::Unauthorized("the token has expired"));
        }
        for name in ["nbf", "iat"] {
            let starts = payload
                .get(name)
                .map(|value| seconds(value).unwrap_or(i64::MAX));
            if starts.is_some_and(|starts| starts > now_unix) {
                return Err(Rejection::Unauthorized("the token is not valid yet"));
            }
        }
        Ok(())
    }
}

/// The token with or without `Bearer` before it, in any case.
fn bearer(header: &str) -> &str {
    match header.trim().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => header.trim(),
    }
}

/// A NumericDate may have decimals; rounding never extends a token's life.
fn seconds(value: &Value) -> Option<i64> {
    // The cast saturates, which is right for a date out of range.
    value
        .as_i64()
        .or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64))
}

/// `scope`, or `scp` where there is none; each a list or words of one text.
fn scopes(payload: &Map<String, Value>) -> Vec<String> {
    match payload.get("scope").or_else(|| payload.get("scp")) {
        Some(Value::String(words)) => words.split_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

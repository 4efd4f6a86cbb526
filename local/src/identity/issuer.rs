//! Issues the tokens of the local world and publishes the key to check them.
//! The caller decides who may get which token, and the time.

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Committed on purpose, see the module's note.
const SIGNING_KEY: &[u8] = include_bytes!("signing-key.pem");

/// Why a token cannot be issued.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The committed key does not load.
    #[error("signing-key.pem is unusable ({0}): restore it from the repository")]
    Key(jsonwebtoken::errors::Error),
    /// The token cannot be signed.
    #[error("the token cannot be signed ({0}): report it, no input should cause this")]
    Sign(jsonwebtoken::errors::Error),
}

/// The use of a token. Functions must refuse ID tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum TokenUse {
    /// A token for calling the API.
    #[default]
    Access,
    /// A token about the user, for the client itself.
    Id,
}

/// The values of one token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// `sub`: the user, or the client itself.
    pub subject: String,
    /// `client_id`; defaults to the issuer's audience, which is the app.
    pub client_id: Option<String>,
    /// Scopes joined by spaces; an empty text omits the claim.
    pub scope: String,
    /// Seconds from now to `exp`; negative for an expired token.
    pub expires_in: i64,
    /// `token_use`.
    pub token_use: TokenUse,
    /// `iss` instead of the issuer's own.
    pub issuer: Option<String>,
    /// `aud` instead of the issuer's own.
    pub audience: Option<String>,
    /// `nbf` in Unix seconds.
    pub not_before: Option<i64>,
    /// `jti`.
    pub id: String,
}

impl TokenRequest {
    /// An access token for an hour, with `id` as its `jti`.
    pub fn access(subject: &str, scope: &str, id: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            client_id: None,
            scope: scope.to_owned(),
            expires_in: 3600,
            token_use: TokenUse::Access,
            issuer: None,
            audience: None,
            not_before: None,
            id: id.to_owned(),
        }
    }

    /// A token as from client credentials: the client is its own subject.
    pub fn client_credentials(client: &str, scope: &str, id: &str) -> Self {
        Self {
            client_id: Some(client.to_owned()),
            ..Self::access(client, scope, id)
        }
    }
}

/// The life of an ID token.
const ID_TOKEN_SECONDS: i64 = 3600;

/// What a client learns of a sign-in. Source: OpenID Connect Core, 2 and 5.1.
pub(crate) struct IdToken<'a> {
    pub(crate) subject: &'a str,
    /// `aud`: the client itself.
    pub(crate) client_id: &'a str,
    /// When they signed in, in Unix seconds.
    pub(crate) auth_time: i64,
    pub(crate) nonce: Option<&'a str>,
    /// Their address, if the scope `email` was granted.
    pub(crate) email: Option<&'a str>,
    /// Their name, if the scope `profile` was granted.
    pub(crate) name: Option<&'a str>,
    /// `jti`.
    pub(crate) id: &'a str,
}

/// The local identity provider.
#[derive(Clone)]
pub struct TokenIssuer {
    issuer: String,
    audience: String,
    key: EncodingKey,
    jwk: Jwk,
    key_id: String,
}

impl TokenIssuer {
    /// An issuer whose tokens have this `iss` and, by default, this `aud`.
    pub fn new(issuer: String, audience: String) -> Result<Self, IssuerError> {
        let key = EncodingKey::from_rsa_pem(SIGNING_KEY).map_err(IssuerError::Key)?;
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).map_err(IssuerError::Key)?;
        let key_id = jwk
            .thumbprint(ThumbprintHash::SHA256)
            .map_err(IssuerError::Key)?;
        jwk.common.key_id = Some(key_id.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self {
            issuer,
            audience,
            key,
            jwk,
            key_id,
        })
    }

    /// The `iss` of its tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The `aud` of its tokens.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The public key set, as `jwks_uri` serves it.
    pub fn jwks(&self) -> Value {
        let set = JwkSet {
            keys: vec![self.jwk.clone()],
        };
        serde_json::to_value(set).unwrap_or_default()
    }

    /// Signs a token at `now_unix`, in Unix seconds.
    pub fn issue(&self, request: &TokenRequest, now_unix: i64) -> Result<String, IssuerError> {
        let audience = request.audience.as_ref().unwrap_or(&self.audience);
        let mut claims = json!({
            "iss": request.issuer.as_ref().unwrap_or(&self.issuer),
            "sub": request.subject,
            "aud": audience,
            "client_id": request.client_id.as_ref().unwrap_or(&self.audience),
            "iat": now_unix,
            "exp": now_unix.saturating_add(request.expires_in),
            "token_use": request.token_use,
            "jti": request.id,
        });
        if let Some(claims) = claims.as_object_mut() {
            if let Some(not_before) = request.not_before {
                claims.insert("nbf".to_owned(), not_before.into());
            }
            if !request.scope.is_empty() {
                claims.insert("scope".to_owned(), request.scope.as_str().into());
            }
        }
        self.sign(&claims)
    }

    /// Signs a client's ID token at `now_unix`, in Unix seconds.
    pub(crate) fn issue_id_token(
        &self,
        id_token: &IdToken<'_>,
        now_unix: i64,
    ) -> Result<String, IssuerError> {
        let mut claims = json!({
            "iss": self.issuer,
            "sub": id_token.subject,
            "aud": id_token.client_id,
            "iat": now_unix,
            "exp": now_unix.saturating_add(ID_TOKEN_SECONDS),
            "auth_time": id_token.auth_time,
            "token_use": TokenUse::Id,
            "jti": id_token.id,
        });
        let optional = [
            ("nonce", id_token.nonce.map(Value::from)),
            ("email", id_token.email.map(Value::from)),
            ("email_verified", id_token.email.map(|_| true.into())),
            ("name", id_token.name.map(Value::from)),
        ];
        if let Some(claims) = claims.as_object_mut() {
            for (name, value) in optional {
                if let Some(value) = value {
                    claims.insert(name.to_owned(), value);
                }
            }
        }
        self.sign(&claims)
    }

    fn sign(&self, claims: &Value) -> Result<String, IssuerError> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.key_id.clone());
        jsonwebtoken::encode(&header, claims, &self.key).map_err(IssuerError::Sign)
    }
}

impl std::fmt::Debug for TokenIssuer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "TokenIssuer({})", self.issuer)
    }
}

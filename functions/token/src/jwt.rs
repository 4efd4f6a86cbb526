//! Tokens: RS256 alone, the signature before anything that is said, and what must hold
//! of an access token and of an ID token. Nothing here waits.
//!
//! Source: RFC 7515 and RFC 7519; OpenID Connect Core 1.0, 3.1.3.7.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;
use serde::de::IgnoredAny;
use shared::domain::{Redacted, Timestamp, UserId};

/// A token longer than this is not read.
const MAX_TOKEN_BYTES: usize = 16 * 1024;
/// The clocks of two machines may differ by this, in seconds.
const SKEW_SECONDS: i64 = 60;

/// Why a token is not believed. The texts are for the log and quote nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unverified {
    #[error("the token is no JWT that can be read")]
    Unreadable,
    #[error("the token is not signed with RS256")]
    Algorithm,
    #[error("the token's signature is not the issuer's")]
    Signature,
    #[error("the token is of another issuer")]
    Issuer,
    #[error("the token is for another audience or client")]
    Audience,
    #[error("the token has expired or is not valid yet")]
    Time,
    #[error("the token is of another kind")]
    Use,
    #[error("the token's sub is not a user")]
    Subject,
}

/// One text or a list of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Texts {
    fn contains(&self, wanted: &str) -> bool {
        match self {
            Texts::One(text) => text == wanted,
            Texts::Many(texts) => texts.iter().any(|text| text == wanted),
        }
    }

    fn joined(&self) -> String {
        match self {
            Texts::One(text) => text.clone(),
            Texts::Many(texts) => texts.join(" "),
        }
    }
}

/// True or false; some issuers write it as text.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Text(String),
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that a reader must understand: none are.
    crit: Option<IgnoredAny>,
}

/// What a token says; nothing of it is believed before the signature is checked.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Claims {
    iss: Option<String>,
    sub: Option<Redacted<String>>,
    aud: Option<Texts>,
    client_id: Option<String>,
    azp: Option<String>,
    exp: Option<i64>,
    nbf: Option<i64>,
    token_use: Option<String>,
    scope: Option<Texts>,
    scp: Option<Texts>,
    email: Option<Redacted<String>>,
    email_verified: Option<Flag>,
    name: Option<Redacted<String>>,
}

/// What a token must say to be believed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) audiences: &'a [String],
    /// The client that asked for the token.
    pub(crate) client: &'a str,
    pub(crate) now: Timestamp,
}

/// A public RSA key: modulus and exponent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl PublicKey {
    /// A key from the base64url of a JWK; none if it is not that.
    pub(crate) fn of(modulus: &str, exponent: &str) -> Option<Self> {
        let number = |text: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            bytes.get(zeros..).map(<[u8]>::to_vec)
        };
        Some(PublicKey {
            modulus: number(modulus)?,
            exponent: number(exponent)?,
        })
    }
}

/// A token that was taken apart, and whose signature is not checked yet.
#[derive(Clone, Debug)]
pub(crate) struct Signed<'a> {
    /// The name of the key that it says it was signed with.
    pub(crate) key_id: String,
    message: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

impl<'a> Signed<'a> {
    /// Takes a token apart.
    pub(crate) fn read(token: &'a str) -> Result<Self, Unverified> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Unverified::Unreadable);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Unverified::Unreadable)?;
        let (header, payload) = message.split_once('.').ok_or(Unverified::Unreadable)?;
        let header: Header = decoded(header)?;
        if header.alg != "RS256" {
            return Err(Unverified::Algorithm);
        }
        let signature = URL_SAFE_NO_PAD.decode(signature);
        match (header.kid, header.crit) {
            (Some(key_id), None) => Ok(Signed {
                key_id,
                message,
                payload,
                signature: signature.map_err(|_| Unverified::Unreadable)?,
            }),
            (None, _) | (_, Some(_)) => Err(Unverified::Unreadable),
        }
    }

    /// What it says, if the owner of the key signed it.
    pub(crate) fn claims(&self, key: &PublicKey) -> Result<Claims, Unverified> {
        let components = RsaPublicKeyComponents {
            n: key.modulus.as_slice(),
            e: key.exponent.as_slice(),
        };
        let message = self.message.as_bytes();
        components
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, &self.signature)
            .map_err(|_| Unverified::Signature)?;
        decoded(self.payload)
    }
}

fn decoded<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, Unverified> {
    let bytes = URL_SAFE_NO_PAD.decode(part);
    let bytes = bytes.map_err(|_| Unverified::Unreadable)?;
    serde_json::from_slice(&bytes).map_err(|_| Unverified::Unreadable)
}

impl Claims {
    /// The user of an access token that this client was just given. As the gateway does,
    /// the audience is `client_id` where there is no `aud`.
    pub(crate) fn user(&self, expected: &Expected<'_>) -> Result<UserId, Unverified> {
        self.check_source(expected)?;
        self.check_use("access")?;
        let client = self.client_id.as_ref().or(self.azp.as_ref());
        if client.is_some_and(|client| client != expected.client) {
            return Err(Unverified::Audience);
        }
        let is_accepted = match (&self.aud, client) {
            (Some(aud), _) => expected.audiences.iter().any(|name| aud.contains(name)),
            (None, Some(client)) => expected.audiences.contains(client),
            (None, None) => false,
        };
        if !is_accepted {
            return Err(Unverified::Audience);
        }
        let subject = self.sub.as_ref().ok_or(Unverified::Subject)?.expose();
        let rest = subject.strip_prefix(expected.client);
        if rest.is_some_and(|rest| rest.is_empty() || rest == "@clients") {
            return Err(Unverified::Subject);
        }
        subject.parse().map_err(|_| Unverified::Subject)
    }

    /// Whether an ID token is about this user and for this client.
    pub(crate) fn is_about(
        &self,
        user_id: &UserId,
        expected: &Expected<'_>,
    ) -> Result<(), Unverified> {
        self.check_source(expected)?;
        self.check_use("id")?;
        let aud = self.aud.as_ref();
        if !aud.is_some_and(|aud| aud.contains(expected.client)) {
            return Err(Unverified::Audience);
        }
        let subject = self.sub.as_ref().map(|sub| sub.expose().as_str());
        if subject != Some(user_id.as_str()) {
            return Err(Unverified::Subject);
        }
        Ok(())
    }

    fn check_source(&self, expected: &Expected<'_>) -> Result<(), Unverified> {
        if self.iss.as_deref() != Some(expected.issuer) {
            return Err(Unverified::Issuer);
        }
        let now = expected.now.unix_seconds();
        let has_begun = self
            .nbf
            .is_none_or(|nbf| nbf <= now.saturating_add(SKEW_SECONDS));
        match self.exp {
            Some(exp) if exp > now && has_begun => Ok(()),
            Some(_) | None => Err(Unverified::Time),
        }
    }

    /// Cognito says what a token is for; most others do not.
    fn check_use(&self, wanted: &str) -> Result<(), Unverified> {
        match self.token_use.as_deref() {
            None => Ok(()),
            Some(kind) if kind == wanted => Ok(()),
            Some(_) => Err(Unverified::Use),
        }
    }

    /// The scopes, separated by spaces.
    pub(crate) fn scopes(&self) -> String {
        let scopes = self.scope.as_ref().or(self.scp.as_ref());
        scopes.map(Texts::joined).unwrap_or_default()
    }

    /// The address, and whether the issuer has verified it.
    pub(crate) fn email(&self) -> (Option<&str>, bool) {
        let is_verified = match &self.email_verified {
            Some(Flag::Bool(flag)) => *flag,
            Some(Flag::Text(text)) => text == "true",
            None => false,
        };
        let email = self.email.as_ref();
        (email.map(|email| email.expose().as_str()), is_verified)
    }

    /// The name.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_ref().map(|name| name.expose().as_str())
    }
}

//! A token request as a value whose parts are all valid, or the OAuth error.
//!
//! Public clients alone: a client with a secret of its own goes to the issuer, so that
//! no secret ever passes through here.

use shared::domain::{ClientId, OAuthClient, Redacted};
use shared::http::{Event, OAuthError};

use crate::form::Form;

/// What only this function reads; the issuer never sees it.
const OURS: [&str; 2] = ["include_user_data", "include_credits"];
/// How a client would identify itself by a secret.
const SECRETS: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];
/// The lengths of a PKCE verifier (RFC 7636, 4.1).
const VERIFIER_LENGTHS: std::ops::RangeInclusive<usize> = 43..=128;

const fn invalid(description: &'static str) -> OAuthError {
    OAuthError::new(400, "invalid_request", description)
}

const UNKNOWN_CLIENT: OAuthError =
    OAuthError::new(401, "invalid_client", "This client is not known.");
const HAS_SECRET: OAuthError = OAuthError::new(
    401,
    "invalid_client",
    "Clients with a secret get their tokens from the issuer.",
);

/// What is exchanged for tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    /// A code, which was sent to this address.
    Code {
        /// Where the user came back to.
        redirect_uri: String,
    },
    /// A refresh token.
    Refresh,
}

/// A request for tokens.
#[derive(Clone, Debug)]
pub(crate) struct TokenRequest {
    pub(crate) client_id: ClientId,
    pub(crate) grant: Grant,
    /// Whether data of the user is asked for: `user` with a code, else `credits`.
    pub(crate) wants_data: bool,
    /// The form for the issuer.
    pub(crate) relayed: Redacted<String>,
}

impl TokenRequest {
    /// The request in an event.
    pub(crate) fn of(event: &Event) -> Result<Self, OAuthError> {
        let form = Form::of(event)?;
        let has_secret = SECRETS.iter().any(|name| form.get(name).is_some());
        if has_secret || event.header("authorization").is_some() {
            return Err(HAS_SECRET);
        }
        let client_id = form
            .get("client_id")
            .ok_or(invalid("client_id is missing."))?;
        let client_id = client_id.parse().map_err(|_| UNKNOWN_CLIENT)?;
        let grant = Grant::of(&form)?;
        let with_user = flag(&form, "include_user_data")?;
        let with_credits = flag(&form, "include_credits")?;
        Ok(TokenRequest {
            client_id,
            wants_data: match grant {
                Grant::Code { .. } => with_user,
                Grant::Refresh => with_credits,
            },
            grant,
            relayed: Redacted::new(form.encoded_without(&OURS)),
        })
    }

    /// Whether the client, if there is one, may make this request.
    pub(crate) fn check(&self, client: Option<&OAuthClient>) -> Result<(), OAuthError> {
        let client = client
            .filter(|client| client.active)
            .ok_or(UNKNOWN_CLIENT)?;
        if !client.public {
            return Err(HAS_SECRET);
        }
        let allowed = client.grant_types.iter();
        let mut allowed = allowed.filter(|name| *name == self.grant.name());
        if allowed.next().is_none() {
            return Err(OAuthError::new(
                400,
                "unauthorized_client",
                "This client may not use this grant_type.",
            ));
        }
        match &self.grant {
            Grant::Code { redirect_uri } if !client.redirect_uris.contains(redirect_uri) => {
                Err(OAuthError::new(
                    400,
                    "invalid_grant",
                    "This redirect_uri is not one of the client's.",
                ))
            }
            Grant::Code { .. } | Grant::Refresh => Ok(()),
        }
    }
}

impl Grant {
    fn of(form: &Form) -> Result<Self, OAuthError> {
        match form.get("grant_type") {
            Some("authorization_code") => {
                form.get("code").ok_or(invalid("code is missing."))?;
                let uri = form.get("redirect_uri");
                let uri = uri.ok_or(invalid("redirect_uri is missing."))?;
                let verifier = form.get("code_verifier");
                let verifier = verifier.ok_or(invalid(
                    "code_verifier is missing. PKCE with S256 is required.",
                ))?;
                if !is_verifier(verifier) {
                    return Err(invalid(
                        "code_verifier must be 43 to 128 unreserved characters.",
                    ));
                }
                Ok(Grant::Code {
                    redirect_uri: uri.to_string(),
                })
            }
            Some("refresh_token") => {
                let token = form.get("refresh_token");
                token.ok_or(invalid("refresh_token is missing."))?;
                Ok(Grant::Refresh)
            }
            Some(_) => Err(OAuthError::new(
                400,
                "unsupported_grant_type",
                "grant_type must be authorization_code or refresh_token.",
            )),
            None => Err(invalid("grant_type is missing.")),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Grant::Code { .. } => "authorization_code",
            Grant::Refresh => "refresh_token",
        }
    }
}

fn is_verifier(text: &str) -> bool {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    VERIFIER_LENGTHS.contains(&text.len()) && text.bytes().all(is_unreserved)
}

fn flag(form: &Form, name: &str) -> Result<bool, OAuthError> {
    match form.get(name) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(invalid(
            "include_user_data and include_credits must be true or false.",
        )),
    }
}

#[cfg(test)]
mod tests;

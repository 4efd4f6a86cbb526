//! The request to the token endpoint: a code or a refresh token, by a public
//! client. Sources: RFC 6749 (4.1.3, 5.2 and 6), RFC 7636 (4.5).

use shared::domain::{OAuthClient, Timestamp};

use super::form::Form;
use super::grants::{CodeAttempt, Given, Grants};
use super::refusal::{OAuthCode, OAuthError};

/// A request whose fields are all there and whose client may ask for it.
pub(crate) struct Exchange<'a> {
    client: &'a OAuthClient,
    grant: Grant<'a>,
}

enum Grant<'a> {
    Code {
        code: &'a str,
        redirect_uri: &'a str,
        code_verifier: &'a str,
    },
    Refresh {
        token: &'a str,
        scope: Option<&'a str>,
    },
}

impl<'a> Exchange<'a> {
    /// Reads a form for one of the clients.
    pub(crate) fn read(form: &'a Form, clients: &'a [OAuthClient]) -> Result<Self, OAuthError> {
        if form.repeats_any() {
            return Err(OAuthError::invalid_request(
                "a parameter comes more than once",
            ));
        }
        let needed = |name: &str, text| form.get(name).ok_or(OAuthError::invalid_request(text));
        let grant_type = needed("grant_type", "grant_type is missing")?;
        let client = client(form, clients)?;
        let grant = match grant_type {
            "authorization_code" => Grant::Code {
                code: needed("code", "code is missing")?,
                redirect_uri: needed("redirect_uri", "redirect_uri is missing")?,
                code_verifier: needed("code_verifier", "code_verifier is missing")?,
            },
            "refresh_token" => Grant::Refresh {
                token: needed("refresh_token", "refresh_token is missing")?,
                scope: form.get("scope"),
            },
            _ => {
                let text = "grant_type must be authorization_code or refresh_token";
                return Err(OAuthError::new(OAuthCode::UnsupportedGrantType, text));
            }
        };
        if !may(client, grant_type) {
            let text = "the client may not use this grant_type";
            return Err(OAuthError::new(OAuthCode::UnauthorizedClient, text));
        }
        Ok(Exchange { client, grant })
    }

    /// Exchanges it at `now`.
    pub(crate) fn run(
        &self,
        grants: &Grants,
        now: Timestamp,
        random: [[u8; 16]; 2],
    ) -> Result<Given, OAuthError> {
        let client_id = &self.client.client_id;
        match self.grant {
            Grant::Code {
                code,
                redirect_uri,
                code_verifier,
            } => {
                let attempt = CodeAttempt {
                    code,
                    client_id,
                    redirect_uri,
                    code_verifier,
                    with_refresh: may(self.client, "refresh_token"),
                };
                grants.exchange(&attempt, now, random)
            }
            Grant::Refresh { token, scope } => {
                let [_, secret] = random;
                grants.rotate(token, client_id, scope, now, secret)
            }
        }
    }
}

fn may(client: &OAuthClient, grant_type: &str) -> bool {
    client.grant_types.iter().any(|known| known == grant_type)
}

fn client<'a>(form: &Form, clients: &'a [OAuthClient]) -> Result<&'a OAuthClient, OAuthError> {
    let refused = |text| OAuthError::new(OAuthCode::InvalidClient, text);
    let id = form.get("client_id");
    let id = id.ok_or(OAuthError::invalid_request("client_id is missing"))?;
    let mut known = clients.iter();
    let client = known.find(|client| client.client_id.as_str() == id);
    let client = client.filter(|client| client.active && client.public);
    let client = client.ok_or(refused("the client is not an active public client"))?;
    if form.get("client_secret").is_some() || form.get("client_assertion").is_some() {
        return Err(refused(
            "a public client has no secret: send client_id alone",
        ));
    }
    Ok(client)
}

//! The authorization request. A wrong client or redirect URI is shown to the
//! person, because nobody may be sent to an unknown place; every other error
//! goes to the redirect URI. Sources: RFC 6749 (4.1.1), RFC 7636 (4.3), RFC 9207,
//! OpenID Connect Core (3.1.2.1).

use shared::domain::OAuthClient;

use super::form::{Form, with_parameters};
use super::refusal::{OAuthCode, OAuthError};

/// The longest nonce; it is kept until the code is exchanged.
const MAX_NONCE: usize = 512;
/// SHA-256 in base64url without padding.
const CHALLENGE_LENGTH: usize = 43;

/// A request whose fields are all valid.
#[derive(Debug)]
pub(crate) struct AuthorizationRequest<'a> {
    /// Who asks.
    pub(crate) client: &'a OAuthClient,
    /// Where the answer goes.
    pub(crate) callback: Callback,
    /// What is asked for, joined by spaces; nothing the client may not have.
    pub(crate) scope: String,
    /// What the ID token repeats.
    pub(crate) nonce: Option<String>,
    /// The S256 challenge.
    pub(crate) code_challenge: String,
    /// The address to offer on the page.
    pub(crate) login_hint: Option<String>,
}

/// The way back to the client.
#[derive(Clone, Debug)]
pub(crate) struct Callback {
    /// One of the client's redirect URIs.
    pub(crate) redirect_uri: String,
    state: Option<String>,
    issuer: String,
}

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum AuthorizationError {
    /// The person is told; nothing is sent anywhere.
    Shown(&'static str),
    /// The client is told, at this address.
    Sent(String),
}

impl Callback {
    /// The address that brings a code to the client.
    pub(crate) fn with_code(&self, code: &str) -> String {
        self.with(&[("code", code)])
    }

    /// The address that brings an error to the client.
    pub(crate) fn with_error(&self, error: &OAuthError) -> String {
        let code = error.code.as_str();
        self.with(&[("error", code), ("error_description", error.description)])
    }

    fn with(&self, answer: &[(&str, &str)]) -> String {
        let mut parameters = answer.to_vec();
        if let Some(state) = &self.state {
            parameters.push(("state", state));
        }
        parameters.push(("iss", &self.issuer));
        with_parameters(&self.redirect_uri, &parameters)
    }
}

impl<'a> AuthorizationRequest<'a> {
    /// Reads a request for one of the clients.
    pub(crate) fn read(
        form: &Form,
        clients: &'a [OAuthClient],
        issuer: &str,
    ) -> Result<Self, AuthorizationError> {
        let client = client(form, clients).map_err(AuthorizationError::Shown)?;
        let redirect_uri = redirect_uri(form, client).map_err(AuthorizationError::Shown)?;
        let callback = Callback {
            redirect_uri: redirect_uri.to_string(),
            state: form.get("state").map(str::to_string),
            issuer: issuer.to_string(),
        };
        match rest(form, client) {
            Ok((scope, code_challenge)) => Ok(AuthorizationRequest {
                client,
                callback,
                scope,
                nonce: form.get("nonce").map(str::to_string),
                code_challenge,
                login_hint: form.get("login_hint").map(str::to_string),
            }),
            Err(error) => Err(AuthorizationError::Sent(callback.with_error(&error))),
        }
    }

    /// The request as the fields of a form, to be sent again with the choice.
    pub(crate) fn fields(&self) -> Vec<(&'static str, &str)> {
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", self.client.client_id.as_str()),
            ("redirect_uri", self.callback.redirect_uri.as_str()),
            ("scope", self.scope.as_str()),
            ("code_challenge", self.code_challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        let optional = [("state", &self.callback.state), ("nonce", &self.nonce)];
        for (name, value) in optional {
            if let Some(value) = value {
                fields.push((name, value.as_str()));
            }
        }
        fields
    }
}

fn client<'a>(form: &Form, clients: &'a [OAuthClient]) -> Result<&'a OAuthClient, &'static str> {
    let Some(id) = form.get("client_id").filter(|_| !form.repeats("client_id")) else {
        return Err("The request must name its client once, as client_id.");
    };
    let mut known = clients.iter();
    let client = known.find(|client| client.client_id.as_str() == id);
    match client {
        Some(client) if client.active && client.public => Ok(client),
        Some(client) if client.active => Err(
            "This client is not public. The local issuer knows no secrets, so it serves public clients only.",
        ),
        Some(_) | None => Err(
            "The client_id is not that of an active client. The clients stand in seeds/data/clients.toml.",
        ),
    }
}

fn redirect_uri<'a>(form: &'a Form, client: &OAuthClient) -> Result<&'a str, &'static str> {
    let uri = form.get("redirect_uri");
    let Some(uri) = uri.filter(|_| !form.repeats("redirect_uri")) else {
        return Err("The request must name its redirect_uri once.");
    };
    if client.redirect_uris.iter().any(|known| known == uri) {
        Ok(uri)
    } else {
        Err("The redirect_uri is not one of the client's. It must be the same to the letter.")
    }
}

/// Scope and challenge, once all else is known to be right.
fn rest(form: &Form, client: &OAuthClient) -> Result<(String, String), OAuthError> {
    let invalid = |text| Err(OAuthError::invalid_request(text));
    let refused = |code, text| Err(OAuthError::new(code, text));
    if form.repeats_any() {
        return invalid("a parameter comes more than once");
    }
    let has = |list: &[String], wanted: &str| list.iter().any(|item| item == wanted);
    match form.get("response_type") {
        None => return invalid("response_type is missing"),
        Some("code") => {}
        Some(_) => {
            let text = "response_type must be code";
            return refused(OAuthCode::UnsupportedResponseType, text);
        }
    }
    if !has(&client.response_types, "code") || !has(&client.grant_types, "authorization_code") {
        let text = "the client may not ask for authorization codes";
        return refused(OAuthCode::UnauthorizedClient, text);
    }
    let unsupported = [
        ("request", OAuthCode::RequestNotSupported),
        ("request_uri", OAuthCode::RequestUriNotSupported),
        ("registration", OAuthCode::RegistrationNotSupported),
    ];
    for (name, code) in unsupported {
        if form.get(name).is_some() {
            return refused(code, "send the parameters in the query");
        }
    }
    if form
        .get("response_mode")
        .is_some_and(|mode| mode != "query")
    {
        return invalid("response_mode must be query");
    }
    let prompts = form.get("prompt").unwrap_or_default();
    if prompts.split(' ').any(|prompt| prompt == "none") {
        return if prompts == "none" {
            let text = "nobody is ever signed in already: ask without prompt=none";
            refused(OAuthCode::LoginRequired, text)
        } else {
            invalid("prompt has none and more")
        };
    }
    if form
        .get("nonce")
        .is_some_and(|nonce| nonce.len() > MAX_NONCE)
    {
        return invalid("nonce is longer than 512 bytes");
    }
    let challenge = challenge(form)?;
    let scope = match form.get("scope") {
        Some(asked) => limited(asked, &client.scope),
        None => Some(client.scope.clone()),
    };
    let text = "scope has what the client may not ask for";
    let scope = scope.ok_or(OAuthError::new(OAuthCode::InvalidScope, text))?;
    Ok((scope, challenge))
}

fn challenge(form: &Form) -> Result<String, OAuthError> {
    let invalid = |text| Err(OAuthError::invalid_request(text));
    let Some(challenge) = form.get("code_challenge") else {
        return invalid("code_challenge is missing: PKCE is required");
    };
    if form.get("code_challenge_method") != Some("S256") {
        return invalid("code_challenge_method must be S256");
    }
    let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if challenge.len() != CHALLENGE_LENGTH || !challenge.bytes().all(in_alphabet) {
        return invalid("code_challenge must be SHA-256 in base64url, 43 characters");
    }
    Ok(challenge.to_string())
}

/// The scopes that are asked for, each once; none if one of them is not allowed.
pub(super) fn limited(asked: &str, allowed: &str) -> Option<String> {
    let mut scopes: Vec<&str> = Vec::new();
    for scope in asked.split_whitespace() {
        if !allowed.split_whitespace().any(|known| known == scope) {
            return None;
        }
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    (!scopes.is_empty()).then(|| scopes.join(" "))
}

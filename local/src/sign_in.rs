//! The routes of the issuer: its documents, the sign-in page and the token
//! endpoint. Served on loopback only, and never on AWS. A known e-mail address
//! names its user; an unknown one always gets the same id, made of the address.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use shared::domain::{Redacted, UserId};
use shared::host::clock::Clock;
use uuid::Builder;

use crate::identity::oauth::{
    AuthorizationError, AuthorizationRequest, CodeBinding, Exchange, Form, Given, OAuthCode,
    OAuthError, SignIn, SignInPage, error_page, security_policy,
};
use crate::identity::{
    AUTHORIZE_PATH, DISCOVERY_PATH, IdToken, IssuerError, JWKS_PATH, TOKEN_PATH, TokenRequest,
    discovery_document, token_id,
};
use crate::world::World;

/// The largest form and the longest query.
const MAX_FORM_BYTES: usize = 16 * 1024;
/// How much is read, so that the sender of a larger form hears the answer.
const MAX_READ_BYTES: usize = 64 * MAX_FORM_BYTES;
/// The longest address that mail can be delivered to (RFC 5321, 4.5.3.1.3).
const MAX_EMAIL_BYTES: usize = 254;

pub(crate) fn routes() -> Router<World> {
    Router::new()
        .route(JWKS_PATH, get(jwks))
        .route(DISCOVERY_PATH, get(discovery))
        .route(AUTHORIZE_PATH, get(show).post(choose))
        .route(TOKEN_PATH, post(token))
}

async fn jwks(State(world): State<World>) -> Json<Value> {
    Json(world.issuer.jwks())
}

async fn discovery(State(world): State<World>) -> Json<Value> {
    Json(discovery_document(
        world.issuer.issuer(),
        &world.seeds.clients,
    ))
}

/// The page for the request in the query.
async fn show(State(world): State<World>, uri: Uri) -> Response {
    let query = uri.query().unwrap_or_default();
    let form = Some(query).filter(|query| query.len() <= MAX_FORM_BYTES);
    match form.and_then(Form::read) {
        Some(form) => answer(&world, &form, None).await,
        None => shown("The query is too long, or not encoded as a form."),
    }
}

/// What was chosen on the page; without a choice, the page for the request.
async fn choose(State(world): State<World>, request: Request) -> Response {
    let headers = request.headers().clone();
    let Ok(body) = body_of(request).await else {
        return shown("The form is too large, or not encoded as a form.");
    };
    let Some(form) = Form::read(&body) else {
        return shown("The form is not encoded as a form.");
    };
    let choice = if form.get("cancel").is_some() {
        Some(Choice::Cancel)
    } else if let Some(id) = form.get("user") {
        Some(Choice::Seeded(id))
    } else {
        form.get("email").map(Choice::Email)
    };
    if choice.is_some() && !is_own_page(&headers, &world.base_url) {
        return shown("Another site sent this form. Only the issuer's own page may.");
    }
    answer(&world, &form, choice).await
}

#[derive(Clone, Copy)]
enum Choice<'a> {
    Seeded(&'a str),
    Email(&'a str),
    Cancel,
}

/// A browser names the page that sent a form; other programs name none.
fn is_own_page(headers: &HeaderMap, base_url: &str) -> bool {
    let localhost = base_url.replace("//127.0.0.1", "//localhost");
    match headers.get(header::ORIGIN) {
        Some(origin) => [base_url, &localhost].contains(&origin.to_str().unwrap_or_default()),
        None => true,
    }
}

async fn answer(world: &World, form: &Form, choice: Option<Choice<'_>>) -> Response {
    let read = AuthorizationRequest::read(form, &world.seeds.clients, world.issuer.issuer());
    let request = match read {
        Ok(request) => request,
        Err(AuthorizationError::Shown(text)) => return shown(text),
        Err(AuthorizationError::Sent(location)) => return sent(&location),
    };
    let callback = &request.callback;
    let person = match choice {
        None => return page(world, &request, None),
        Some(Choice::Cancel) => {
            let text = "the person cancelled";
            let error = OAuthError::new(OAuthCode::AccessDenied, text);
            return sent(&callback.with_error(&error));
        }
        Some(Choice::Seeded(id)) => match seeded(world, id) {
            Some(person) => person,
            None => return shown("The chosen user is not one of the seeded users."),
        },
        Some(Choice::Email(typed)) => match address(typed) {
            Some(email) => match person_of(world, email).await {
                Ok(person) => person,
                Err(error) => return sent(&callback.with_error(&error)),
            },
            None => return page(world, &request, Some(typed)),
        },
    };
    let sign_in = SignIn {
        client_id: request.client.client_id.clone(),
        user_id: person.user_id,
        email: person.email,
        name: person.name,
        scope: request.scope.clone(),
        at: world.clock.now(),
    };
    let binding = CodeBinding {
        redirect_uri: callback.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
        nonce: request.nonce.clone(),
    };
    let code = world
        .grants
        .give_code(sign_in, binding, world.entropy.bytes());
    sent(&callback.with_code(&code))
}

/// What the issuer knows of somebody.
struct Person {
    user_id: UserId,
    email: Redacted<String>,
    name: Redacted<String>,
}

fn seeded(world: &World, id: &str) -> Option<Person> {
    let mut users = world.seeds.users.iter();
    let user = users.find(|user| user.user_id.as_str() == id)?;
    Some(Person {
        user_id: user.user_id.clone(),
        email: Redacted::new(user.email.clone()),
        name: Redacted::new(user.display_name.clone()),
    })
}

/// An address in lower case, as its owner is looked for.
fn address(typed: &str) -> Option<String> {
    let email = typed.trim().to_lowercase();
    let odd = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '@';
    let is_plain = |part: &str| !part.is_empty() && !part.contains(odd);
    let (who, host) = email.rsplit_once('@')?;
    let fits = email.len() <= MAX_EMAIL_BYTES && is_plain(who) && is_plain(host);
    fits.then_some(email)
}

/// The owner of an address, or somebody new.
async fn person_of(world: &World, email: String) -> Result<Person, OAuthError> {
    if let Some(user) = world.seeds.users.iter().find(|user| user.email == email)
        && let Some(person) = seeded(world, user.user_id.as_str())
    {
        return Ok(person);
    }
    let broken = |text| OAuthError::new(OAuthCode::ServerError, text);
    let owner = world.store.find_user_by_email(&email).await;
    let owner = owner.map_err(|_| broken("the tables cannot be read"))?;
    let new = || user_id_of(&email).ok_or(broken("the address makes no user id"));
    let user_id = owner.map_or_else(new, Ok)?;
    let stored = world.store.load_person(&user_id).await;
    let stored = stored.map_err(|_| broken("the tables cannot be read"))?;
    let known = stored.user.and_then(|user| user.display_name);
    let from_address = || email.split('@').next().unwrap_or_default().to_string();
    let name = known.unwrap_or_else(|| Redacted::new(from_address()));
    Ok(Person {
        user_id,
        email: Redacted::new(email),
        name,
    })
}

/// The id of an address that nobody owns: the same one every time, also after a
/// restart, and in the form of a user pool's.
fn user_id_of(email: &str) -> Option<UserId> {
    let digest = Sha256::digest(format!("local user {email}"));
    let bytes = digest.first_chunk::<16>()?;
    let id = Builder::from_custom_bytes(*bytes).into_uuid();
    id.to_string().parse().ok()
}

/// The body of a form, or why there is none.
async fn body_of(request: Request) -> Result<String, (StatusCode, &'static str)> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_form = kind.eq_ignore_ascii_case("application/x-www-form-urlencoded");
    let body = to_bytes(body, MAX_READ_BYTES).await.ok();
    let Some(body) = body.filter(|body| body.len() <= MAX_FORM_BYTES) else {
        let text = "the form has more than 16384 bytes";
        return Err((StatusCode::PAYLOAD_TOO_LARGE, text));
    };
    let text = "send a form: content-type application/x-www-form-urlencoded";
    let bad = (StatusCode::BAD_REQUEST, text);
    match String::from_utf8(body.to_vec()) {
        Ok(body) if is_form => Ok(body),
        Ok(_) | Err(_) => Err(bad),
    }
}

async fn token(State(world): State<World>, request: Request) -> Response {
    let authorization = request.headers().contains_key(header::AUTHORIZATION);
    let body = match body_of(request).await {
        Ok(body) => body,
        Err((status, text)) => return refused(status, &OAuthError::invalid_request(text)),
    };
    if authorization {
        let text = "a public client has no secret: send client_id in the form";
        let error = OAuthError::new(OAuthCode::InvalidClient, text);
        let mut response = refused(StatusCode::UNAUTHORIZED, &error);
        let challenge = header::HeaderValue::from_static("Basic realm=\"issuer\"");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
        return response;
    }
    match tokens(&world, &body) {
        Ok(tokens) => not_stored(StatusCode::OK, Json(tokens)),
        Err(error) => {
            let status = match error.code {
                OAuthCode::InvalidClient => StatusCode::UNAUTHORIZED,
                OAuthCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
                OAuthCode::InvalidRequest
                | OAuthCode::InvalidGrant
                | OAuthCode::InvalidScope
                | OAuthCode::UnauthorizedClient
                | OAuthCode::UnsupportedGrantType
                | OAuthCode::UnsupportedResponseType
                | OAuthCode::AccessDenied
                | OAuthCode::LoginRequired
                | OAuthCode::RequestNotSupported
                | OAuthCode::RequestUriNotSupported
                | OAuthCode::RegistrationNotSupported => StatusCode::BAD_REQUEST,
            };
            refused(status, &error)
        }
    }
}

/// The answer to a form of the token endpoint.
fn tokens(world: &World, body: &str) -> Result<Value, OAuthError> {
    let form = Form::read(body);
    let form = form.ok_or(OAuthError::invalid_request("the body is not form encoded"))?;
    let exchange = Exchange::read(&form, &world.seeds.clients)?;
    let random = [world.entropy.bytes(), world.entropy.bytes()];
    let given = exchange.run(&world.grants, world.clock.now(), random)?;
    let text = "the tokens cannot be signed";
    signed(world, &given).map_err(|_| OAuthError::new(OAuthCode::ServerError, text))
}

fn signed(world: &World, given: &Given) -> Result<Value, IssuerError> {
    let now = world.clock.now();
    let sign_in = &given.sign_in;
    let (user, client) = (sign_in.user_id.as_str(), sign_in.client_id.as_str());
    let has = |wanted: &str| sign_in.scope.split(' ').any(|scope| scope == wanted);
    let access = TokenRequest {
        client_id: Some(client.to_string()),
        ..TokenRequest::access(user, &sign_in.scope, &token_id(now, world.entropy.bytes()))
    };
    let id_token = IdToken {
        subject: user,
        client_id: client,
        auth_time: sign_in.at.unix_seconds(),
        nonce: given.nonce.as_deref(),
        email: has("email").then_some(sign_in.email.expose()),
        name: has("profile").then_some(sign_in.name.expose()),
        id: &token_id(now, world.entropy.bytes()),
    };
    let answer = TokenAnswer {
        access_token: world.issuer.issue(&access, now.unix_seconds())?,
        token_type: "Bearer",
        expires_in: access.expires_in,
        scope: &sign_in.scope,
        id_token: has("openid")
            .then(|| world.issuer.issue_id_token(&id_token, now.unix_seconds()))
            .transpose()?,
        refresh_token: given.refresh_token.as_ref().map(|it| it.expose().as_str()),
    };
    Ok(serde_json::to_value(answer).unwrap_or_default())
}

/// What a client gets. Source: RFC 6749, 5.1; OpenID Connect Core, 3.1.3.3.
#[derive(Serialize)]
struct TokenAnswer<'a> {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
}

fn refused(status: StatusCode, error: &OAuthError) -> Response {
    not_stored(status, Json(error.body()))
}

fn not_stored(status: StatusCode, body: impl IntoResponse) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
    ];
    (status, headers, body).into_response()
}

/// Sends the browser back to the client; 303 turns its POST into a GET.
fn sent(location: &str) -> Response {
    let headers = [(header::LOCATION, location)];
    not_stored(StatusCode::SEE_OTHER, (headers, Body::empty()))
}

fn page(
    world: &World,
    request: &AuthorizationRequest<'_>,
    refused_email: Option<&str>,
) -> Response {
    let page = SignInPage {
        request,
        users: &world.seeds.users,
        refused_email,
    };
    let status = match refused_email {
        Some(_) => StatusCode::BAD_REQUEST,
        None => StatusCode::OK,
    };
    html(status, page.html(), Some(&request.callback.redirect_uri))
}

/// An error that the person is told, because nobody else can be.
fn shown(text: &str) -> Response {
    html(StatusCode::BAD_REQUEST, error_page(text), None)
}

fn html(status: StatusCode, page: String, redirect_uri: Option<&str>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_string()),
        (
            header::CONTENT_SECURITY_POLICY,
            security_policy(redirect_uri),
        ),
        // With no-referrer a browser would hide the page's origin from itself.
        (header::REFERRER_POLICY, "same-origin".to_string()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_string()),
        (header::X_FRAME_OPTIONS, "DENY".to_string()),
    ];
    not_stored(status, (headers, page))
}

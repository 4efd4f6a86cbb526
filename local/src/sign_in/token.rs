//! The token endpoint of the issuer.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use shared::host::clock::Clock;

use super::answers::{not_stored, refused};
use super::form_body::body_of;
use crate::identity::oauth::{Exchange, Form, Given, OAuthCode, OAuthError};
use crate::identity::{IdToken, IssuerError, TokenRequest, token_id};
use crate::world::World;

/// Exchanges a code or a refresh token.
pub(super) async fn exchange(State(world): State<World>, request: Request) -> Response {
    let authorization = request.headers().contains_key(header::AUTHORIZATION);
    let body = match body_of(request).await {
        Ok(body) => body,
        Err((status, text)) => return refused(status, &OAuthError::invalid_request(text)),
    };
    if authorization {
        let text = "a public client has no secret: send client_id in the form";
        let error = OAuthError::new(OAuthCode::InvalidClient, text);
        let mut response = refused(StatusCode::UNAUTHORIZED, &error);
        let challenge = HeaderValue::from_static("Basic realm=\"issuer\"");
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

//! Answers of the issuer. None of them may be stored, as most hold a secret.

use axum::Json;
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::frame::html;
use crate::identity::oauth::{AuthorizationRequest, OAuthError, SignInPage, error_page};
use crate::world::World;

/// An error of the token endpoint.
pub(super) fn refused(status: StatusCode, error: &OAuthError) -> Response {
    not_stored(status, Json(error.body()))
}

/// Any answer.
pub(super) fn not_stored(status: StatusCode, body: impl IntoResponse) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
    ];
    (status, headers, body).into_response()
}

/// Sends the browser back to the client; 303 turns its POST into a GET.
pub(super) fn sent(location: &str) -> Response {
    let headers = [(header::LOCATION, location)];
    not_stored(StatusCode::SEE_OTHER, (headers, Body::empty()))
}

/// The sign-in page; once more, if an address was refused.
pub(super) fn page(
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
pub(super) fn shown(text: &str) -> Response {
    html(StatusCode::BAD_REQUEST, error_page(text), None)
}

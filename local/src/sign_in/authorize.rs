//! The sign-in page, and what is chosen on it.

use axum::extract::{Request, State};
use axum::http::Uri;
use axum::response::Response;
use shared::host::clock::Clock;

use super::answers::{page, sent, shown};
use super::form_body::{MAX_FORM_BYTES, body_of};
use super::people::{address, person_of, seeded};
use crate::frame::is_own_page;
use crate::identity::oauth::{
    AuthorizationError, AuthorizationRequest, CodeBinding, Form, OAuthCode, OAuthError, SignIn,
};
use crate::world::World;

/// The page for the request in the query.
pub(super) async fn show(State(world): State<World>, uri: Uri) -> Response {
    let query = uri.query().unwrap_or_default();
    let form = Some(query).filter(|query| query.len() <= MAX_FORM_BYTES);
    match form.and_then(Form::read) {
        Some(form) => answer(&world, &form, None).await,
        None => shown("The query is too long, or not encoded as a form."),
    }
}

/// What was chosen on the page; without a choice, the page for the request.
pub(crate) async fn choose(State(world): State<World>, request: Request) -> Response {
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

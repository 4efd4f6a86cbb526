//! The front door of the local world: one page at `/` that shows what the product does,
//! and its buttons. Each button is a form, so the page works without JavaScript.
//!
//! It has no way of its own to a balance: what it does, it does as an app, a service or
//! Stripe would, through the gateway, with a token made for the chosen user. Only what no
//! route tells is read from the tables: who is there, open holds, and the ledger's entries
//! in the operator's words.

mod act;
mod call;
mod figures;
mod notice;
mod page;
mod read;
mod shopping;
mod sign_in;
mod spending;
mod story;
mod wire;

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use axum::{Extension, Router};
use shared::domain::UserId;

use crate::frame::{escaped, html, is_own_page, page as framed, styled_html};
use crate::identity::oauth::Form;
use crate::sign_in::form_body::body_of;
use crate::world::World;
use act::Act;
use notice::{Done, Notices};
use wire::FRONT_PATH;

/// The routes. What else is asked of `/` is answered as everywhere else.
pub(crate) fn routes(otherwise: MethodRouter<World>) -> Router<World> {
    Router::new()
        .route("/", otherwise.get(show))
        .route(FRONT_PATH, post(press))
        .layer(Extension(Notices::default()))
}

/// The page, for the user that the query names, with what the last button came to.
async fn show(
    State(world): State<World>,
    Extension(notices): Extension<Notices>,
    uri: Uri,
) -> Response {
    let query = Form::read(uri.query().unwrap_or_default()).unwrap_or_default();
    let said = query.get("said").and_then(|id| notices.find(id));
    let bought = query.get("checkout").and_then(shopping::outcome);
    let said = said.or(bought);
    let named = query.get("user").and_then(|id| id.parse().ok());
    let Some(user) = named.or_else(|| first_user(&world)) else {
        let text = "<h1>Nobody is here</h1>\n<p>The world was seeded without users.</p>\n";
        return html(StatusCode::OK, framed("Dedicated API", text), None);
    };
    let shown = read::Shown::read(&world, user).await;
    // The buttons that buy lead to Stripe's pages.
    let stripe: Vec<&str> = world.stripe_url.as_deref().into_iter().collect();
    styled_html(page::html(&shown, said.as_ref()), page::STYLE, &stripe)
}

fn first_user(world: &World) -> Option<UserId> {
    let user = world.seeds.users.first();
    user.map(|user| user.user_id.clone())
}

/// Does what a button says. The browser is sent back to the page, so that loading it
/// again does nothing again; a purchase goes on at Stripe's page.
async fn press(
    State(world): State<World>,
    Extension(notices): Extension<Notices>,
    request: Request,
) -> Response {
    if !is_own_page(request.headers(), &world.base_url) {
        let text = "Another site sent this form. Only this world's own page may.";
        return refused(StatusCode::FORBIDDEN, text);
    }
    let form = match body_of(request).await {
        Ok(body) => Form::read(&body),
        Err((status, text)) => return refused(status, text),
    };
    let Some(form) = form else {
        return refused(StatusCode::BAD_REQUEST, "The form cannot be read.");
    };
    let user: Option<UserId> = form.get("user").and_then(|id| id.parse().ok());
    let (Some(user), Some(act)) = (user, Act::read(&form)) else {
        let text = "The form names no user or no button of this page.";
        return refused(StatusCode::BAD_REQUEST, text);
    };
    match act.run(&world, &user, &form).await {
        Done::Elsewhere(location) => sent(&location),
        Done::Here(user, notice) => {
            let id = notices.keep(*notice, world.entropy.as_ref());
            sent(&wire::home(&user, Some(&id)))
        }
    }
}

/// Sends the browser on; 303 turns its POST into a GET.
fn sent(location: &str) -> Response {
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn refused(status: StatusCode, text: &str) -> Response {
    let text = escaped(text);
    let body = format!(
        "<h1>That was not done</h1>\n<p role=\"alert\">{text}</p>\n<p><a href=\"/\">To the front door</a></p>\n"
    );
    html(status, framed("Dedicated API", &body), None)
}

//! `GET /_local/mail`: the e-mails of the world, as JSON or as a page.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::Mail;
use crate::frame::{escaped, html, page};
use crate::world::World;

pub(crate) fn routes() -> Router<World> {
    Router::new().route("/_local/mail", get(show))
}

async fn show(State(world): State<World>, headers: HeaderMap) -> Response {
    let mails = world.notices.mailbox().mails();
    let accept = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/html")) {
        return html(StatusCode::OK, page("E-mails", &body(&mails)), None);
    }
    Json(json!({"mails": mails})).into_response()
}

/// The newest first.
fn body(mails: &[Mail]) -> String {
    let mut body = String::from("<h1>E-mails</h1>\n");
    if mails.is_empty() {
        body.push_str("<p>None yet.</p>\n");
    }
    for mail in mails.iter().rev() {
        let Mail {
            at,
            to,
            subject,
            text,
            ..
        } = mail;
        body.push_str(&format!(
            "<h2>{}</h2>\n<p>{at}, to {}</p>\n",
            escaped(subject),
            escaped(to)
        ));
        for paragraph in text.split("\n\n") {
            body.push_str(&format!("<p>{}</p>\n", escaped(paragraph)));
        }
    }
    body
}

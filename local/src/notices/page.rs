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
    let mut body = String::from(
        "<h1>Mail</h1>\n<p>What this world has mailed, the newest first. None of it left this \
         machine. <a href=\"/\">Front door</a></p>\n",
    );
    if mails.is_empty() {
        body.push_str("<p>None yet. Spend most of a user's credits, and one is on its way.</p>\n");
    }
    for mail in mails.iter().rev() {
        body.push_str(&section(mail));
    }
    body
}

fn section(mail: &Mail) -> String {
    let (subject, to, from) = (
        escaped(&mail.subject),
        escaped(&mail.to),
        escaped(&mail.from),
    );
    let said: String = mail.text.trim_end().split("\n\n").map(paragraph).collect();
    format!(
        "<section>\n<h2>{subject}</h2>\n<p>To {to}, from {from}, on {}</p>\n{said}</section>\n",
        mail.at
    )
}

/// A paragraph of plain text, whose last word may be a link of this world.
fn paragraph(text: &str) -> String {
    let (rest, last) = text.rsplit_once(' ').unwrap_or(("", text));
    if last.starts_with("http://") || last.starts_with("https://") {
        let (rest, link) = (escaped(rest), escaped(last));
        format!("<p>{rest} <a href=\"{link}\">{link}</a></p>\n")
    } else {
        format!("<p>{}</p>\n", escaped(text))
    }
}

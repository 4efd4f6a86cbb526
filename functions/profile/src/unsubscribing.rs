//! Links of e-mails: whose e-mails they switch off, and the pages that they lead to.
//!
//! A link that was not made here is not found, and nothing says whether its user exists.

use notices::{MailPreference, SealedToken, UNSUBSCRIBE_PARAMETER, Unsubscribe};
use shared::http::{ApiError, Event, Response};

use crate::app::App;

/// What the link of a request switches off; 404 if it is none of ours. Its keys are read
/// each time: it is rarely used.
pub(crate) async fn linked(app: &App, event: &Event) -> Result<Unsubscribe, ApiError> {
    let token = event.query(UNSUBSCRIBE_PARAMETER);
    let token = token.and_then(SealedToken::of).ok_or(ApiError::NotFound)?;
    let keys = app.store.load_link_keys().await?;
    keys.and_then(|keys| Unsubscribe::open(&token, &keys))
        .ok_or(ApiError::NotFound)
}

/// What e-mails of a preference are about.
fn subject(preference: MailPreference) -> &'static str {
    match preference {
        MailPreference::UsageAlerts => "credits that run low",
        MailPreference::EmailNotifications => {
            "payments, subscriptions, and credits that were added or taken back"
        }
    }
}

/// A page that asks, and posts to its own address. Opening it changes nothing, because
/// mail servers open links to look for harm.
pub(crate) fn question(preference: MailPreference) -> Response {
    let about = subject(preference);
    page(
        "Unsubscribe",
        &format!(
            "<p>Get no more e-mails about {about}?</p>\n\
             <form method=\"post\"><button>Unsubscribe</button></form>\n"
        ),
    )
}

/// A page that says that it is done.
pub(crate) fn done(preference: MailPreference) -> Response {
    let about = subject(preference);
    page(
        "You are unsubscribed",
        &format!(
            "<p>You get no more e-mails about {about}. \
             The settings of the app switch them on again.</p>\n"
        ),
    )
}

/// Nothing on a page comes from the request. It loads nothing, is in no frame, is not
/// kept, and tells no other site its address, which has the token.
fn page(title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title></head>\n\
         <body>\n<h1>{title}</h1>\n{body}</body>\n</html>\n"
    );
    let policy = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    Response::html(200, html)
        .with_header("cache-control", "no-store")
        .with_header("content-security-policy", policy)
        .with_header("referrer-policy", "no-referrer")
        .with_header("x-content-type-options", "nosniff")
        .with_header("x-robots-tag", "noindex")
}

/// What both routes have in common in `openapi.yaml`.
#[cfg(feature = "openapi")]
pub(crate) fn describe(key: &'static str, id: &str, summary: &str) -> shared::http::openapi::Route {
    use shared::http::openapi::{ErrorCode, Header, Route};
    Route::open(key, id, summary)
        .needs(
            UNSUBSCRIBE_PARAMETER,
            serde_json::json!({"type": "string"}),
            "The token of the link. It says whose e-mails, and which; only its maker can read it.",
        )
        .shows(
            "A page. It is the same for a user who was erased.",
            &[Header::CacheControl],
        )
        .failing(&[ErrorCode::NotFound])
}

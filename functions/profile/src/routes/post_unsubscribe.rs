//! `POST /unsubscribe`: switches e-mails off with one click (RFC 8058). The link is the
//! permission: nobody signs in. The body says nothing that the link does not say.
//!
//! A user who is deactivated is served too, and one who was erased gets the same answer.

use std::time::Duration;

use shared::host::clock::Deadline;
use shared::http::{ApiError, Event, Response};
use shared::store::PreferencesOutcome;

use crate::app::App;
use crate::unsubscribing::{done, linked};

pub(crate) const ROUTE_KEY: &str = "POST /unsubscribe";

/// Below the function's own timeout.
const DEADLINE: Duration = Duration::from_secs(6);

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let deadline = Deadline::after(DEADLINE);
    let link = linked(app, event).await?;
    let now = app.clock.now();

    // load: the caller's own count
    let limiter = &app.settings.unsubscribe_limiter;
    let allowance = limiter.count(&app.store, &link.user_id, now).await?;

    // commit
    let change = link.preference.off();
    let outcome = app
        .store
        .switch_off(&link.user_id, &change, now, deadline)
        .await?;

    // render
    let page = match outcome {
        PreferencesOutcome::Changed(_)
        | PreferencesOutcome::Inactive
        | PreferencesOutcome::Erased => done(link.preference),
    };
    Ok(page.with_allowance(allowance))
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    use shared::http::openapi::ErrorCode;
    let schema = serde_json::json!({
        "type": "object",
        "properties": {"List-Unsubscribe": {"const": "One-Click"}},
    });
    let media = "application/x-www-form-urlencoded";
    crate::unsubscribing::describe(ROUTE_KEY, "postUnsubscribe", "Unsubscribe with one click")
        .text(
            "Mail programs post here (RFC 8058), and the button of the page does. It switches \
             the preference off that the e-mail stands for: `usageAlerts` or \
             `emailNotifications`. The body is not read.",
        )
        .body_as(media, "OneClick", schema, false)
        .failing(&[ErrorCode::RateLimited])
        .finish()
}

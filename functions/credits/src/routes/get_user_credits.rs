//! `GET /api/users/{userId}/credits`: a user's balance, for the inference service; a
//! strongly consistent read.

use shared::http::{ApiError, CreditsBody, Event, Response, ServiceCaller, json_text};
use shared::store::Consistency;

use crate::app::App;
use crate::service::user_of_path;

pub(crate) const ROUTE_KEY: &str = "GET /api/users/{userId}/credits";

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    ServiceCaller::of(event, &app.settings.scope_prefix, &["credits.charge"])?;
    let user_id = user_of_path(event)?;
    let now = app.clock.now();

    // load
    let account = app
        .store
        .load_account(&user_id, Consistency::Strong)
        .await?;
    app.recent.remember(&account);

    // decide: only time changes what is shown; render
    let body = CreditsBody::of(&account, now)?.answered_at(now);
    Ok(Response::json(200, json_text(&body)?).with_header("cache-control", "no-store"))
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    use shared::http::openapi::{Header, Route};
    let text = "The same as the user sees, read strongly, for a service that is about to charge.";
    let scopes = &["credits.charge"];
    Route::of_service(ROUTE_KEY, "getUserCredits", "What a user may spend", scopes)
        .text(text)
        .answers::<CreditsBody>(200, "The balance.", &[Header::CacheControl])
        .finish()
}

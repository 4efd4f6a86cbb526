//! `GET /api/user/preferences`: the caller's preferences, or the defaults; 404 for a
//! user who was erased. It writes nothing except the rate counter: defaults are not stored.

use shared::domain::Preferences;
use shared::http::{ApiError, Caller, Event, Response, json_text};

use crate::app::App;
use crate::bodies::PreferencesBody;

pub(crate) const ROUTE_KEY: &str = "GET /api/user/preferences";

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let caller = Caller::of(event, &app.settings.scope_prefix, &["user.info"])?;

    let now = app.clock.now();

    // load
    let limiter = &app.settings.preferences_limiter;
    let (allowance, person) = tokio::join!(
        limiter.count(&app.store, &caller.user_id, now),
        app.store.load_person_alone(&caller.user_id),
    );
    let (allowance, person) = (allowance?, person?);
    if person.erased {
        return Err(ApiError::NotFound);
    }
    let preferences = person
        .preferences
        .unwrap_or_else(|| Preferences::default_of(caller.user_id));

    // render: never cached, so a change shows at once
    let body = json_text(&PreferencesBody::from(preferences))?;
    Ok(Response::json(200, body)
        .with_header("cache-control", "no-store")
        .with_allowance(allowance))
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    use shared::http::openapi::{ErrorCode, Header, Route};
    Route::of_user(
        ROUTE_KEY,
        "getPreferences",
        "The user's preferences",
        &["user.info"],
    )
    .answers::<PreferencesBody>(200, "The preferences.", &Header::LIMITED)
    .failing(&[ErrorCode::NotFound, ErrorCode::RateLimited])
    .finish()
}

//! `GET /api/user/profile`: the caller's profile; 404 for a user who was erased. Writes
//! nothing except the rate counter.

use shared::http::{ApiError, Caller, Event, Response, conditional, json_text};

use crate::app::App;
use crate::bodies::ProfileBody;

pub(crate) const ROUTE_KEY: &str = "GET /api/user/profile";

/// Names and plans change rarely; the app has always cached them for an hour.
const MAX_AGE_SECONDS: u32 = 3600;

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let caller = Caller::of(event, &app.settings.scope_prefix, &["user.info"])?;
    let now = app.clock.now();

    // load
    let (allowance, person) = tokio::join!(
        app.settings
            .profile_limiter
            .count(&app.store, &caller.user_id, now),
        app.store.load_person(&caller.user_id),
    );
    let (allowance, person) = (allowance?, person?);
    let price = app.price_of(&person, now).await?;

    // decide: which plan is in force; there is nothing to commit
    let may_buy = app.may_buy(event);
    let body = ProfileBody::of(&caller.user_id, (person, price), may_buy, now)?;

    // render
    let body = json_text(&body)?;
    let full = Response::json(200, body.clone());
    Ok(conditional(event, &body, MAX_AGE_SECONDS, full).with_allowance(allowance))
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    use shared::http::openapi::{ErrorCode, Header, Route};
    Route::of_user(
        ROUTE_KEY,
        "getProfile",
        "Profile and the plan in force",
        &["user.info"],
    )
    .cached::<ProfileBody>("The profile.", &Header::RATE_LIMIT)
    .failing(&[ErrorCode::NotFound, ErrorCode::RateLimited])
    .finish()
}

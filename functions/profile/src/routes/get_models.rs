//! `GET /v1/models`: the models on offer with the rate cards in force, the same for every
//! user, from the list that the function caches. It writes nothing except the rate counter.

use shared::http::{ApiError, Caller, Event, Response, conditional, json_text};

use crate::app::App;
use crate::models_body::ModelsBody;

pub(crate) const ROUTE_KEY: &str = "GET /v1/models";

/// The function itself caches the list for five minutes.
const MAX_AGE_SECONDS: u32 = 300;

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let caller = Caller::of(event, &app.settings.scope_prefix, &["models.read"])?;

    // load
    let now = app.clock.now();
    let limiter = &app.settings.models_limiter;
    let (allowance, list) = tokio::join!(
        limiter.count(&app.store, &caller.user_id, now),
        app.models.list(&app.store, now),
    );
    let (allowance, list) = (allowance?, list?);

    // render
    let body = json_text(&ModelsBody::of(&list, now))?;
    let full = Response::json(200, body.clone());
    Ok(conditional(event, &body, MAX_AGE_SECONDS, full).with_allowance(allowance))
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    use shared::http::openapi::{ErrorCode, Header, Route};
    Route::of_user(
        ROUTE_KEY,
        "getModels",
        "The models on offer",
        &["models.read"],
    )
    .cached::<ModelsBody<'static>>(
        "The models with the rate cards in force, the same for every user.",
        &Header::RATE_LIMIT,
    )
    .failing(&[ErrorCode::RateLimited])
    .finish()
}

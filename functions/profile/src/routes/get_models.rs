//! `GET /v1/models`: the models on offer with the rate cards in force, the same for every
//! user, from the list that the function caches. It writes nothing.

use shared::http::{ApiError, Caller, Event, Response, conditional, json_text};

use crate::app::App;
use crate::models_body::ModelsBody;

pub(crate) const ROUTE_KEY: &str = "GET /v1/models";

/// The function itself caches the list for five minutes.
const MAX_AGE_SECONDS: u32 = 300;

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    Caller::of(event, &app.settings.scope_prefix, &["models.read"])?;

    // load
    let now = app.clock.now();
    let list = app.models.list(&app.store, now).await?;

    // render
    let body = json_text(&ModelsBody::of(&list, now))?;
    let full = Response::json(200, body.clone());
    Ok(conditional(event, &body, MAX_AGE_SECONDS, full))
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    use shared::http::openapi::Route;
    Route::of_user(
        ROUTE_KEY,
        "getModels",
        "The models on offer",
        &["models.read"],
    )
    .cached::<ModelsBody<'static>>(
        "The models with the rate cards in force, the same for every user.",
        &[],
    )
    .finish()
}

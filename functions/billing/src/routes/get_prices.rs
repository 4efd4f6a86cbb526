//! `GET /v1/prices`: what is on sale, the same for every user, from the list that the
//! function caches. It writes nothing except the rate counter, and does
//! not ask Stripe.

use shared::http::{ApiError, Caller, Event, Response, conditional, json_text};

use crate::app::{App, SCOPE};
use crate::bodies::PricesBody;

pub(crate) const ROUTE_KEY: &str = "GET /v1/prices";

/// The function itself caches the list for five minutes.
const MAX_AGE_SECONDS: u32 = 300;

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let caller = Caller::of(event, &app.settings.scope_prefix, &[SCOPE])?;

    // load
    let now = app.clock.now();
    let limiter = &app.settings.prices_limiter;
    let (allowance, prices) = tokio::join!(
        limiter.count(&app.store, &caller.user_id, now),
        app.prices.list(&app.store, now),
    );
    let (allowance, prices) = (allowance?, prices?);

    // render
    let body = json_text(&PricesBody::of(&prices))?;
    let full = Response::json(200, body.clone());
    Ok(conditional(event, &body, MAX_AGE_SECONDS, full).with_allowance(allowance))
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    use shared::http::openapi::{ErrorCode, Header, Route};
    Route::of_user(ROUTE_KEY, "getPrices", "What is on sale", &[SCOPE])
        .cached::<PricesBody>(
            "The plans and packs on sale, the same for every user.",
            &Header::RATE_LIMIT,
        )
        .failing(&[ErrorCode::RateLimited])
        .finish()
}

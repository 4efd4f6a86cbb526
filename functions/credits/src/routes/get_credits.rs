//! `GET /api/user/credits`: the caller's balance. Writes nothing except the rate
//! counter.

use shared::http::{ApiError, Caller, CreditsBody, Event, Response, conditional, json_text};
use shared::store::Consistency;

use crate::app::App;

pub(crate) const ROUTE_KEY: &str = "GET /api/user/credits";

/// The app asks at launch and after each answer; a balance on a screen may be five
/// minutes stale.
const MAX_AGE_SECONDS: u32 = 300;

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let caller = Caller::of(event, &app.settings.scope_prefix, &["credits.read"])?;
    let now = app.clock.now();

    // load
    let limiter = &app.settings.credits_limiter;
    let (allowance, account) = tokio::join!(
        limiter.count(&app.store, &caller.user_id, now),
        app.store
            .load_account(&caller.user_id, Consistency::Eventual),
    );
    let (allowance, account) = (allowance?, account?);

    // decide: only time changes what is shown; there is nothing to commit
    let body = CreditsBody::of(&account, now)?;

    // render
    let state = json_text(&body)?;
    let full = Response::json(200, json_text(&body.answered_at(now))?);
    Ok(conditional(event, &state, MAX_AGE_SECONDS, full).with_allowance(allowance))
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    use shared::http::openapi::{ErrorCode, Header, Route};
    Route::of_user(
        ROUTE_KEY,
        "getCredits",
        "What the user may spend",
        &["credits.read"],
    )
    .text(
        "Whole credits: what remains is rounded down, what is used is rounded up. The lots \
               stand in the order in which they are spent. A user who was never seen has the \
               default allocation.",
    )
    .cached::<CreditsBody>("The balance.", &Header::RATE_LIMIT)
    .failing(&[ErrorCode::RateLimited])
    .finish()
}

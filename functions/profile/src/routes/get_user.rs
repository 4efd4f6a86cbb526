//! `GET /api/user`: profile and credits, everything the app needs at launch, from two
//! parallel reads; 404 for a user who was erased.

use serde::Serialize;
use shared::http::{ApiError, Caller, CreditsBody, Event, Response, conditional, json_text};
use shared::store::Consistency;

use crate::app::App;
use crate::bodies::ProfileBody;

pub(crate) const ROUTE_KEY: &str = "GET /api/user";

/// As stale as the credits in the answer may be.
const MAX_AGE_SECONDS: u32 = 300;

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Launch))]
struct UserBody {
    user: ProfileBody,
    credits: CreditsBody,
}

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let needed = ["user.info", "credits.read"];
    let caller = Caller::of(event, &app.settings.scope_prefix, &needed)?;
    let now = app.clock.now();

    // load
    let (allowance, person, account) = tokio::join!(
        app.settings
            .launch_limiter
            .count(&app.store, &caller.user_id, now),
        app.store.load_person(&caller.user_id),
        app.store
            .load_account(&caller.user_id, Consistency::Eventual),
    );
    let (allowance, person, account) = (allowance?, person?, account?);
    let price = app.price_of(&person, now).await?;

    // decide: only time changes what is shown; there is nothing to commit
    let may_buy = app.may_buy(event) && account.active;
    let mut body = UserBody {
        user: ProfileBody::of(&caller.user_id, (person, price), may_buy, now)?,
        credits: CreditsBody::of(&account, now)?,
    };

    // render
    let state = json_text(&body)?;
    body.credits = body.credits.answered_at(now);
    let full = Response::json(200, json_text(&body)?);
    Ok(conditional(event, &state, MAX_AGE_SECONDS, full).with_allowance(allowance))
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    use shared::http::openapi::{ErrorCode, Header, Route};
    let scopes = &["user.info", "credits.read"];
    Route::of_user(
        ROUTE_KEY,
        "getUser",
        "Profile and credits in one trip",
        scopes,
    )
    .text("Everything an app needs when it starts.")
    .cached::<UserBody>("Profile and credits.", &Header::RATE_LIMIT)
    .failing(&[ErrorCode::NotFound, ErrorCode::RateLimited])
    .finish()
}

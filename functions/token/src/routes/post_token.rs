//! `POST /oauth/token`: exchanges a code or a refresh token at the issuer, and adds what
//! the app asks for. The issuer is asked once, and its answer always goes back.

use std::time::Duration;

use shared::domain::{OAuthClient, Timestamp};
use shared::host::clock::Deadline;
use shared::http::{ApiError, Event, OAuthError, Response};
use shared::store::StoreError;

use crate::answer::{Judged, Tokens, judge};
use crate::app::App;
use crate::request::TokenRequest;
use crate::sign_in::LeftOut;

pub(crate) const ROUTE_KEY: &str = "POST /oauth/token";

/// The limit of a whole request.
const LIMIT: Duration = Duration::from_secs(5);
/// What the issuer leaves of it for the tables, at least.
const KEPT_FOR_DATA: Duration = Duration::from_millis(1200);
/// What is left of it to answer.
const KEPT_TO_ANSWER: Duration = Duration::from_millis(200);

const TRY_AGAIN: OAuthError = OAuthError::new(
    503,
    "temporarily_unavailable",
    "Temporarily unavailable. Try again in a moment.",
);

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let deadline = Deadline::after(LIMIT);
    let request = TokenRequest::of(event)?;
    let now = app.clock.now();

    // load: who may ask at all
    let client = client(app, &request, deadline).await?;
    request.check(client.as_ref())?;

    // relay, and read the issuer's keys meanwhile
    let allowed = deadline.remaining().saturating_sub(KEPT_FOR_DATA);
    let (answer, ()) = tokio::join!(
        app.issuer.exchange(request.relayed.expose(), allowed),
        app.keys.freshen(now),
    );
    match judge(answer?)? {
        Judged::Tokens(tokens) => Ok(with_data(app, &request, tokens, now, deadline).await),
        Judged::Refused(response, reason) => {
            app.store.work().note(reason);
            Ok(response)
        }
    }
}

/// The client's record.
async fn client(
    app: &App,
    request: &TokenRequest,
    deadline: Deadline,
) -> Result<Option<OAuthClient>, ApiError> {
    let loading = app.store.load_client(&request.client_id);
    let allowed = deadline.remaining().saturating_sub(KEPT_FOR_DATA);
    let late = || StoreError::Unavailable("it did not answer in time".to_string());
    let loaded = tokio::time::timeout(allowed, loading).await;
    match loaded.unwrap_or_else(|_| Err(late())) {
        Ok(client) => Ok(client),
        Err(error) if error.retryable() => Err(TRY_AGAIN.because(error).into()),
        Err(error) => Err(error.into()),
    }
}

/// The tokens with what was asked for, or as they came.
async fn with_data(
    app: &App,
    request: &TokenRequest,
    tokens: Tokens,
    now: Timestamp,
    deadline: Deadline,
) -> Response {
    let allowed = deadline.remaining().saturating_sub(KEPT_TO_ANSWER);
    // The future is large, and it is moved several times.
    let signing_in = Box::pin(app.sign_in(request, &tokens, now, Deadline::after(allowed)));
    let added = tokio::time::timeout(allowed, signing_in).await;
    let added = match added.unwrap_or(Err(LeftOut::TooLate)) {
        Ok(added) => added,
        Err(left_out) => {
            app.leave_out_data(&left_out.to_string(), left_out.is_trouble());
            None
        }
    };
    tokens.response(added)
}

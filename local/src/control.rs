//! The local world's own routes under `/_local`: users, tokens, clock,
//! meter, and what happens at its Stripe. Served on loopback only, and never on AWS.
//! Sign-in has a file of its own, `sign_in`.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::domain::Timestamp;
use shared::host::clock::Clock;

use crate::clock;
use crate::identity::{JWKS_PATH, TokenRequest, TokenUse, token_id};
use crate::stripe::Cast;
use crate::stripe_api::STRIPE_API_KEY;
use crate::world::{STRIPE_WEBHOOK_SECRET, World};

pub(crate) fn routes() -> Router<World> {
    Router::new()
        .route("/_local", get(describe))
        .route("/_local/token", post(token))
        .route("/_local/clock", get(show_clock).post(move_clock))
        .route("/_local/stripe/story", post(tell_story))
        .route("/_local/stripe/faults", post(order_faults))
        .route("/_local/meter", get(show_meter).delete(reset_meter))
}

async fn describe(State(world): State<World>) -> Json<Value> {
    let users: Vec<Value> = world
        .seeds
        .users
        .iter()
        .map(|user| json!({"userId": user.user_id, "email": user.email}))
        .collect();
    Json(json!({
        "baseUrl": world.base_url,
        "issuer": world.issuer.issuer(),
        "audience": world.issuer.audience(),
        "jwksUri": format!("{}{JWKS_PATH}", world.base_url),
        "stripeUrl": world.stripe_url,
        "stripeApiKey": STRIPE_API_KEY,
        "stripeWebhookSecret": STRIPE_WEBHOOK_SECRET,
        "now": world.clock.now(),
        "tables": {"users": "users", "credits": "credits", "billing": "billing", "notices": "notices"},
        "users": users,
    }))
}

/// A token for a user (by id or seeded e-mail) or for a client.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(as = TokenOrder))]
pub(crate) struct TokenBody {
    user: Option<String>,
    client: Option<String>,
    #[serde(default)]
    scope: String,
    #[serde(default = "one_hour")]
    expires_in: i64,
    #[serde(default, rename = "use")]
    token_use: TokenUse,
    issuer: Option<String>,
    audience: Option<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<shared::http::openapi::Moment>))]
    not_before: Option<Timestamp>,
}

fn one_hour() -> i64 {
    3600
}

async fn token(
    State(world): State<World>,
    body: Result<Json<TokenBody>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(body) = body.map_err(Problem::unreadable)?;
    let now = world.clock.now();
    let id = token_id(now, world.entropy.bytes());
    let base = match (&body.user, &body.client) {
        (Some(user), None) => TokenRequest::access(&subject(&world, user).await?, "", &id),
        (None, Some(client)) => TokenRequest::client_credentials(client, "", &id),
        _ => return Err(Problem::bad("name either a user or a client")),
    };
    let request = TokenRequest {
        scope: body.scope,
        expires_in: body.expires_in,
        token_use: body.token_use,
        issuer: body.issuer,
        audience: body.audience,
        not_before: body.not_before.map(Timestamp::unix_seconds),
        ..base
    };
    let token = world
        .issuer
        .issue(&request, now.unix_seconds())
        .map_err(|error| Problem::bad(&error.to_string()))?;
    Ok(Json(json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": request.expires_in,
    })))
}

/// A known e-mail address names its user. Anything else is an id, valid or not,
/// so that tests can get tokens for both.
async fn subject(world: &World, user: &str) -> Result<String, Problem> {
    let owner = world.store.find_user_by_email(user).await;
    let owner = owner.map_err(|error| Problem::bad(&error.to_string()))?;
    Ok(owner.map_or_else(|| user.to_string(), String::from))
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(as = ClockOrder))]
pub(crate) struct ClockBody {
    #[cfg_attr(feature = "openapi", schema(value_type = Option<shared::http::openapi::Moment>))]
    now: Option<Timestamp>,
    advance: Option<String>,
    frozen: Option<bool>,
}

async fn show_clock(State(world): State<World>) -> Json<Value> {
    Json(json!({"now": world.clock.now(), "frozen": world.clock.is_frozen()}))
}

async fn move_clock(
    State(world): State<World>,
    body: Result<Json<ClockBody>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(body) = body.map_err(Problem::unreadable)?;
    let moved = move_world(&world, body.now, body.advance.as_deref(), body.frozen).await;
    moved.map_err(Problem)?;
    Ok(show_clock(State(world)).await)
}

/// Moves, stops or starts the clock, and lets happen what is due by then; the problem if
/// that cannot be done.
pub(crate) async fn move_world(
    world: &World,
    mut now: Option<Timestamp>,
    advance: Option<&str>,
    frozen: Option<bool>,
) -> Result<(), String> {
    // Validate everything before changing anything: a refused request has no
    // effect.
    if let Some(duration) = advance {
        let from = now.unwrap_or_else(|| world.clock.now());
        let later = clock::moved(from, duration);
        now = Some(later.map_err(|error| error.to_string())?);
    }
    if let Some(now) = now {
        world.clock.set(now);
    }
    if let Some(frozen) = frozen {
        world.clock.freeze(frozen);
    }
    if let Some(folder) = &world.data {
        let kept = world.clock.keep(folder);
        kept.map_err(|error| format!("the clock is moved, but not kept: {error}"))?;
    }
    world.let_time_pass().await;
    Ok(())
}

async fn show_meter(State(world): State<World>) -> Json<Value> {
    let snapshot = world.dynamodb.meter().snapshot();
    Json(serde_json::to_value(snapshot).unwrap_or_default())
}

async fn reset_meter(State(world): State<World>) -> Json<Value> {
    world.dynamodb.meter().reset();
    show_meter(State(world)).await
}

/// What happens at Stripe: a story, up to one of its events or to its end.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(as = Story))]
pub(crate) struct StoryBody {
    scenario: String,
    api_version: String,
    user: String,
    suffix: String,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Moment))]
    start: Timestamp,
    until: Option<String>,
}

/// The longest user or suffix of a story.
const MAX_CAST: usize = 200;

async fn tell_story(
    State(world): State<World>,
    body: Result<Json<StoryBody>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(body) = body.map_err(Problem::unreadable)?;
    let scenario = body.scenario.parse().map_err(Problem::of)?;
    let version = body.api_version.parse().map_err(Problem::of)?;
    if body.user.len() > MAX_CAST || body.suffix.len() > MAX_CAST {
        return Err(Problem::bad("user and suffix have at most 200 characters"));
    }
    let cast = Cast::new(&body.user, &body.suffix, body.start);
    let told = match &body.until {
        Some(event) => world.stripe.tell(scenario, &cast, version, event),
        None => world.stripe.tell_all(scenario, &cast, version),
    };
    told.map_err(Problem::of)?;
    Ok(Json(json!({"told": true})))
}

/// How many of the next requests to Stripe fail, and with which status.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(as = Faults))]
pub(crate) struct FaultsBody {
    status: u16,
    times: u32,
}

async fn order_faults(
    State(world): State<World>,
    body: Result<Json<FaultsBody>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(body) = body.map_err(Problem::unreadable)?;
    let ordered = world.stripe.fail_next(body.status, body.times);
    ordered.map_err(Problem::of)?;
    Ok(Json(json!({"status": body.status, "times": body.times})))
}

/// 400 with one line that says what to send instead.
struct Problem(String);

impl Problem {
    fn bad(text: &str) -> Self {
        Problem(text.to_string())
    }

    fn of(error: impl std::fmt::Display) -> Self {
        Problem(error.to_string())
    }

    fn unreadable(rejection: JsonRejection) -> Self {
        Problem(rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({"error": "invalid_request", "error_description": self.0});
        (StatusCode::BAD_REQUEST, Json(body)).into_response()
    }
}

//! The routes of the issuer: its documents, the sign-in page and the token
//! endpoint. Served on loopback only, and never on AWS.

mod answers;
mod authorize;
pub(crate) mod form_body;
mod people;
mod token;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;

use crate::identity::{AUTHORIZE_PATH, DISCOVERY_PATH, JWKS_PATH, TOKEN_PATH, discovery_document};
use crate::world::World;

pub(crate) use authorize::choose;

pub(crate) fn routes() -> Router<World> {
    Router::new()
        .route(JWKS_PATH, get(jwks))
        .route(DISCOVERY_PATH, get(discovery))
        .route(AUTHORIZE_PATH, get(authorize::show).post(authorize::choose))
        .route(TOKEN_PATH, post(token::exchange))
}

async fn jwks(State(world): State<World>) -> Json<Value> {
    Json(world.issuer.jwks())
}

async fn discovery(State(world): State<World>) -> Json<Value> {
    Json(discovery_document(
        world.issuer.issuer(),
        &world.seeds.clients,
    ))
}

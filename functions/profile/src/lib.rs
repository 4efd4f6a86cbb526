//! The profile function: a user's profile and preferences, everything the app needs at
//! launch in one request, the models on offer, and the links that switch e-mails off.
//!
//! One file per route; this file names them and hands each request to its route.

mod app;
mod bodies;
mod models_body;
mod routes;
mod unsubscribing;

pub use app::{App, FUNCTION, Settings};

use std::pin::pin;

use shared::http::{Answering, ApiError, Event, Response};
use shared::store::Table;

/// The tables this function may access.
pub const TABLES: &[Table] = &[Table::Users, Table::Credits, Table::Notices];

/// The route keys this function answers, the same as in the template.
pub const ROUTES: &[&str] = &[
    routes::get_profile::ROUTE_KEY,
    routes::get_preferences::ROUTE_KEY,
    routes::patch_preferences::ROUTE_KEY,
    routes::get_user::ROUTE_KEY,
    routes::get_models::ROUTE_KEY,
    routes::get_unsubscribe::ROUTE_KEY,
    routes::post_unsubscribe::ROUTE_KEY,
];

impl App {
    /// Answers one request.
    pub async fn handle(&self, event: Event) -> Response {
        let app = App {
            store: self.store.for_one_request(),
            ..self.clone()
        };
        Answering::of(&event, &app.log, &app.store)
            .run(pin!(app.route(&event)))
            .await
    }

    async fn route(&self, event: &Event) -> Result<Response, ApiError> {
        match event.route_key() {
            routes::get_profile::ROUTE_KEY => routes::get_profile::respond(self, event).await,
            routes::get_preferences::ROUTE_KEY => {
                routes::get_preferences::respond(self, event).await
            }
            routes::patch_preferences::ROUTE_KEY => {
                routes::patch_preferences::respond(self, event).await
            }
            routes::get_user::ROUTE_KEY => routes::get_user::respond(self, event).await,
            routes::get_models::ROUTE_KEY => routes::get_models::respond(self, event).await,
            routes::get_unsubscribe::ROUTE_KEY => {
                routes::get_unsubscribe::respond(self, event).await
            }
            routes::post_unsubscribe::ROUTE_KEY => {
                routes::post_unsubscribe::respond(self, event).await
            }
            _ => Err(ApiError::NotFound),
        }
    }
}

/// What `openapi.yaml` says of each route.
#[cfg(feature = "openapi")]
pub fn described() -> Vec<shared::http::openapi::Described> {
    vec![
        routes::get_profile::describe(),
        routes::get_preferences::describe(),
        routes::patch_preferences::describe(),
        routes::get_user::describe(),
        routes::get_models::describe(),
        routes::get_unsubscribe::describe(),
        routes::post_unsubscribe::describe(),
    ]
}

//! The token function: hands a code or a refresh token on to the issuer, returns its
//! answer as it is, and adds what the app shows first: the user and their credits.
//!
//! The issuer decides who gets a token. This function decides which clients may ask
//! through it, and believes a token only after it has checked its signature. Codes,
//! verifiers and tokens pass through it and are neither stored nor logged.

#![deny(clippy::wildcard_enum_match_arm)]

mod answer;
mod app;
mod data;
mod form;
mod issuer;
mod jwt;
mod keys;
#[cfg(feature = "openapi")]
mod openapi;
mod request;
mod routes;
mod sign_in;

pub use app::{App, FUNCTION, Settings};

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use shared::host::log::Line;
use shared::http::{Answering, ApiError, Event, Response};
use shared::store::Table;

/// The tables this function may access.
pub const TABLES: &[Table] = &[Table::Users, Table::Credits];

/// The route keys this function answers, the same as in the template.
pub const ROUTES: &[&str] = &[routes::post_token::ROUTE_KEY];

impl App {
    /// Answers one request.
    pub async fn handle(&self, event: Event) -> Response {
        let app = App {
            store: self.store.for_one_request(),
            without_data: Arc::new(AtomicBool::new(false)),
            ..self.clone()
        };
        let count_without_data = |_: &Response, line: &mut Line<'_>| {
            let is_without = app.without_data.load(Ordering::Relaxed);
            line.count("WithoutData", u64::from(is_without));
        };
        Answering::of(&event, &app.log, &app.store)
            .run_and(pin!(app.route(&event)), count_without_data)
            .await
    }

    async fn route(&self, event: &Event) -> Result<Response, ApiError> {
        match event.route_key() {
            routes::post_token::ROUTE_KEY => routes::post_token::respond(self, event).await,
            _ => Err(ApiError::NotFound),
        }
    }
}

/// What `openapi.yaml` says of the route.
#[cfg(feature = "openapi")]
pub fn described() -> Vec<shared::http::openapi::Described> {
    vec![openapi::describe()]
}

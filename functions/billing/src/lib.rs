//! The billing function: what is on sale, and the pages of Stripe on which users pay and
//! change what they bought. It never grants credits: the webhook does, by Stripe's
//! events.
//!
//! One file per route; this file names them and hands each request to its route.

mod app;
mod bodies;
mod buyer;
mod checkout;
mod customer;
mod order;
mod portal;
mod return_url;
mod routes;
mod session;
mod stripe_error;

pub use app::{App, FUNCTION, Settings};

use std::pin::pin;

use shared::http::{Answering, ApiError, Event, Response};
use shared::store::Table;

/// The tables this function may access.
pub const TABLES: &[Table] = &[Table::Users, Table::Credits, Table::Billing];

/// The route keys this function answers, the same as in the template.
pub const ROUTES: &[&str] = &[
    routes::get_prices::ROUTE_KEY,
    routes::post_checkout::ROUTE_KEY,
    routes::post_portal::ROUTE_KEY,
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
            routes::get_prices::ROUTE_KEY => routes::get_prices::respond(self, event).await,
            routes::post_checkout::ROUTE_KEY => routes::post_checkout::respond(self, event).await,
            routes::post_portal::ROUTE_KEY => routes::post_portal::respond(self, event).await,
            _ => Err(ApiError::NotFound),
        }
    }
}

/// What `openapi.yaml` says of each route.
#[cfg(feature = "openapi")]
pub fn described() -> Vec<shared::http::openapi::Described> {
    vec![
        routes::get_prices::describe(),
        routes::post_checkout::describe(),
        routes::post_portal::describe(),
    ]
}

//! The credits function: a user's balance and use of credits, and the charges and holds
//! of the inference service.
//!
//! One file per route; this file names them and hands each request to its route.

mod app;
mod asked;
mod bodies;
mod fields;
mod metering;
#[cfg(feature = "openapi")]
mod openapi;
#[cfg(feature = "openapi")]
mod openapi_of_several;
mod parts;
mod routes;
mod service;

pub use app::{App, FUNCTION, Settings};

use std::pin::pin;

use shared::http::{Answering, ApiError, Event, Response};
use shared::store::Table;

use routes::{
    get_credits, get_history, get_usage, get_user_credits, post_charge, post_charges_batch,
    post_hold, post_hold_commit, post_hold_extend, post_hold_release, post_hold_report,
    post_quotes,
};

/// The tables this function may access; the one it needs first comes first.
pub const TABLES: &[Table] = &[Table::Credits, Table::Users];

/// The route keys this function answers, the same as in the template.
pub const ROUTES: &[&str] = &[
    get_credits::ROUTE_KEY,
    get_history::ROUTE_KEY,
    get_usage::ROUTE_KEY,
    get_user_credits::ROUTE_KEY,
    post_charge::ROUTE_KEY,
    post_charges_batch::ROUTE_KEY,
    post_hold::ROUTE_KEY,
    post_hold_commit::ROUTE_KEY,
    post_hold_extend::ROUTE_KEY,
    post_hold_release::ROUTE_KEY,
    post_hold_report::ROUTE_KEY,
    post_quotes::ROUTE_KEY,
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
            get_credits::ROUTE_KEY => get_credits::respond(self, event).await,
            get_history::ROUTE_KEY => get_history::respond(self, event).await,
            get_usage::ROUTE_KEY => get_usage::respond(self, event).await,
            get_user_credits::ROUTE_KEY => get_user_credits::respond(self, event).await,
            post_charge::ROUTE_KEY => post_charge::respond(self, event).await,
            post_charges_batch::ROUTE_KEY => post_charges_batch::respond(self, event).await,
            post_hold::ROUTE_KEY => post_hold::respond(self, event).await,
            post_hold_commit::ROUTE_KEY => post_hold_commit::respond(self, event).await,
            post_hold_extend::ROUTE_KEY => post_hold_extend::respond(self, event).await,
            post_hold_release::ROUTE_KEY => post_hold_release::respond(self, event).await,
            post_hold_report::ROUTE_KEY => post_hold_report::respond(self, event).await,
            post_quotes::ROUTE_KEY => post_quotes::respond(self, event).await,
            _ => Err(ApiError::NotFound),
        }
    }
}

/// What `openapi.yaml` says of each route.
#[cfg(feature = "openapi")]
pub fn described() -> Vec<shared::http::openapi::Described> {
    vec![
        get_credits::describe(),
        get_history::describe(),
        get_usage::describe(),
        get_user_credits::describe(),
        post_charge::describe(),
        post_charges_batch::describe(),
        post_hold::describe(),
        post_hold_commit::describe(),
        post_hold_extend::describe(),
        post_hold_release::describe(),
        post_hold_report::describe(),
        post_quotes::describe(),
    ]
}

//! The Stripe webhook function: turns Stripe's events into credits.
//!
//! This file names its one route and hands each request to it.

mod app;
mod completion;
mod rejection;
mod routes;
mod secrets;
mod signature;

pub use app::{App, FUNCTION, Settings};
pub use rejection::Rejection;
pub use secrets::{SigningSecrets, Unverified};
pub use signature::{SignatureError, SigningSecret, WeakSecret, verify};
pub use stripe::{ReadError, counted_type, read, wanted_types};

use std::pin::pin;

use shared::domain::billing::BillingEvent;
use shared::host::log::Line;
use shared::http::{Answering, ApiError, Event, Response};
use shared::store::Table;

/// The tables this function may access.
pub const TABLES: &[Table] = &[Table::Credits, Table::Users, Table::Billing];

/// The route keys this function answers, the same as in the template.
pub const ROUTES: &[&str] = &[routes::post_webhook::ROUTE_KEY];

impl App {
    /// Answers one request.
    pub async fn handle(&self, event: Event) -> Response {
        let app = App {
            store: self.store.for_one_request(),
            ..self.clone()
        };
        let count_rejected = |response: &Response, line: &mut Line<'_>| {
            let is_taken = (200..300).contains(&response.status_code());
            line.count("Rejected", u64::from(!is_taken));
        };
        Answering::of(&event, &app.log, &app.store)
            .run_and(pin!(app.route(&event)), count_rejected)
            .await
    }

    async fn route(&self, event: &Event) -> Result<Response, ApiError> {
        match event.route_key() {
            routes::post_webhook::ROUTE_KEY => routes::post_webhook::respond(self, event).await,
            _ => Err(ApiError::NotFound),
        }
    }

    /// The event of a delivery whose size, signature and shape are valid. A rejection
    /// is counted and logged here.
    pub async fn receive(&self, event: &Event) -> Result<BillingEvent, Rejection> {
        let received = routes::post_webhook::receive(self, event).await;
        if let Err(rejection) = &received {
            self.reject(rejection, event.request_id());
        }
        received
    }
}

/// What `openapi.yaml` says of each route.
#[cfg(feature = "openapi")]
pub fn described() -> Vec<shared::http::openapi::Described> {
    vec![routes::post_webhook::describe()]
}

#[cfg(test)]
mod fixtures;

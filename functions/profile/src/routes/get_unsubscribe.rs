//! `GET /unsubscribe`: the page behind the link in an e-mail. It asks, and changes
//! nothing; 404 for a link that is none of ours.

use shared::http::{ApiError, Event, Response};

use crate::app::App;
use crate::unsubscribing::{linked, question};

pub(crate) const ROUTE_KEY: &str = "GET /unsubscribe";

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse, load; there is nothing to decide or to commit
    let link = linked(app, event).await?;

    // render
    Ok(question(link.preference))
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    crate::unsubscribing::describe(ROUTE_KEY, "getUnsubscribe", "Ask before unsubscribing")
        .text("The link in each e-mail. The page has a button that posts to the same address.")
        .finish()
}

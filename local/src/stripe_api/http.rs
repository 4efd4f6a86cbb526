//! The local Stripe over HTTP, at a port of its own: the API and the pages.

use std::collections::BTreeMap;
use std::future::{Future, IntoFuture};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use super::hosted::{self, Hosting};
use super::live::{LocalStripe, Reply, Request};
use super::refusal::Refusal;
use super::webhook::Webhook;
use crate::addressed::to_this_machine;
use crate::dated::dated;

/// The largest form.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// How much is read, so that the caller of a larger form hears the answer.
const MAX_READ_BYTES: usize = 4 * MAX_BODY_BYTES;

/// Serves until `shutdown` resolves.
pub(crate) async fn serve(
    listener: TcpListener,
    stripe: LocalStripe,
    webhook: Webhook,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let hosting = Hosting {
        stripe: stripe.clone(),
        webhook: webhook.clone(),
    };
    let router = Router::new().merge(hosted::routes());
    let router = router.fallback(answer).with_state(hosting);
    let router = router.layer(from_fn(to_this_machine));
    let router = router.layer(from_fn_with_state(stripe.clock(), dated));
    let serving = axum::serve(listener, router);
    let serving = serving.with_graceful_shutdown(shutdown).into_future();
    tokio::select! {
        served = serving => served,
        () = webhook.keep_delivering(&stripe) => Ok(()),
    }
}

async fn answer(State(hosting): State<Hosting>, request: axum::extract::Request) -> Response {
    let Hosting { stripe, webhook } = hosting;
    let (parts, body) = request.into_parts();
    let headers = parts.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_string(), value)
    });
    let headers: BTreeMap<String, String> = headers.collect();
    let body = to_bytes(body, MAX_READ_BYTES).await.ok();
    let Some(body) = body.filter(|body| body.len() <= MAX_BODY_BYTES) else {
        let text = format!("A form has at most {MAX_BODY_BYTES} bytes.");
        let refusal = Refusal::new(413, "invalid_request_error", text);
        return rendered(Reply {
            status: refusal.status,
            headers: Vec::new(),
            body: refusal.body(),
        });
    };
    let writes = parts.method != axum::http::Method::GET;
    let reply = stripe.answer(Request {
        method: parts.method.as_str().to_string(),
        path: parts.uri.path().to_string(),
        query: parts.uri.query().unwrap_or_default().to_string(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    // The webhook reads while it is delivered to, and must not wait for itself.
    if writes {
        webhook.deliver(&stripe).await;
    }
    rendered(reply)
}

fn rendered(reply: Reply) -> Response {
    let mut response = axum::http::Response::builder()
        .status(reply.status)
        .header("content-type", "application/json");
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    // Indented, as Stripe answers.
    match response.body(Body::from(format!("{:#}\n", reply.body))) {
        Ok(response) => response,
        Err(error) => {
            let text = format!("the answer is not valid HTTP: {error}");
            (axum::http::StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
    }
}

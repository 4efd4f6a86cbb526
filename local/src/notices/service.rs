//! SQS and SES at the wire, on a port of loopback that nobody else needs to know.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::{LocalQueue, Mailbox};

/// The two services; they end when the last clone is dropped.
#[derive(Clone, Debug)]
pub(super) struct Services {
    pub(super) url: String,
    _running: Arc<Running>,
}

#[derive(Debug)]
struct Running(AbortHandle);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Services {
    pub(super) async fn start(queue: LocalQueue, mailbox: Mailbox) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = Router::new()
            .route("/", post(sqs).with_state(queue))
            .route("/v2/email/outbound-emails", post(ses).with_state(mailbox));
        let serving = tokio::spawn(async move {
            // It ends with the world.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Services {
            url,
            _running: Arc::new(Running(serving.abort_handle())),
        })
    }
}

/// A request that is signed for one of the two, as JSON.
fn signed(headers: &HeaderMap, service: &str, body: &Bytes) -> Option<Value> {
    let authorization = headers.get("authorization")?.to_str().ok()?;
    let is_signed = authorization.starts_with("AWS4-HMAC-SHA256 ")
        && authorization.contains(&format!("/{service}/aws4_request"));
    is_signed.then(|| serde_json::from_slice(body).ok())?
}

fn respond((status, body): (u16, Value)) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, axum::Json(body)).into_response()
}

async fn sqs(State(queue): State<LocalQueue>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|it| it.to_str().ok());
    let operation = target.and_then(|target| target.strip_prefix("AmazonSQS."));
    match (operation, signed(&headers, "sqs", &body)) {
        (Some(operation), Some(request)) => respond(queue.answer(operation, &request)),
        _ => StatusCode::FORBIDDEN.into_response(),
    }
}

async fn ses(State(mailbox): State<Mailbox>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(request) = signed(&headers, "ses", &body) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    match mailbox.answer(&request) {
        Some(answer) => respond(answer),
        // Nobody answers; the caller loses its patience.
        None => std::future::pending().await,
    }
}

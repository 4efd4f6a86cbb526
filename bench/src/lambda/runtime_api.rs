//! The part of Lambda's Runtime API that a function uses: the next event and
//! its answer. One per process. Source:
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

/// Lambda accepts answers of up to six megabytes.
const MAX_ANSWER: usize = 6 * 1024 * 1024;
/// The function ARN in every invocation.
const ARN: &str = "arn:aws:lambda:eu-central-1:000000000000:function:bench";
/// The deadline, far off: the year 2100, in milliseconds.
const DEADLINE_MS: &str = "4102444800000";

/// A function's call to the API.
#[derive(Debug)]
pub(crate) enum Call {
    /// It polls for an event, which is sent here.
    Next(oneshot::Sender<Bytes>),
    /// It returns an answer.
    Answer(Bytes),
    /// It reports a failure.
    Failure(String),
}

/// A Runtime API on its own port; it ends with this value.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    calls: mpsc::UnboundedReceiver<Call>,
    server: JoinHandle<()>,
}

type Calls = Arc<Mutex<mpsc::UnboundedSender<Call>>>;

impl RuntimeApi {
    /// Listens on loopback.
    pub(crate) async fn open() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (sender, calls) = mpsc::unbounded_channel();
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answer))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failure))
            .route("/2018-06-01/runtime/init/error", post(failure))
            .layer(DefaultBodyLimit::max(MAX_ANSWER))
            .with_state(Arc::new(Mutex::new(sender)));
        let server = tokio::spawn(async move {
            // It runs until it is aborted.
            let _ = axum::serve(listener, router).await;
        });
        Ok(RuntimeApi {
            address,
            calls,
            server,
        })
    }

    /// The function's next call.
    pub(crate) async fn call(&mut self) -> Option<Call> {
        self.calls.recv().await
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(calls): State<Calls>) -> Response<Body> {
    let (sender, event) = oneshot::channel();
    let _ = calls.lock().await.send(Call::Next(sender));
    let answer = Response::builder()
        .header("content-type", "application/json")
        .header(
            "lambda-runtime-aws-request-id",
            "00000000-0000-4000-8000-000000000000",
        )
        .header("lambda-runtime-deadline-ms", DEADLINE_MS)
        .header("lambda-runtime-invoked-function-arn", ARN)
        .header(
            "lambda-runtime-trace-id",
            "Root=1-00000000-000000000000000000000000",
        );
    match event.await {
        Ok(event) => answer.body(Body::from(event)),
        // There are no more events.
        Err(_) => answer.status(StatusCode::GONE).body(Body::empty()),
    }
    .unwrap_or_default()
}

async fn answer(State(calls): State<Calls>, Path(_): Path<String>, body: Bytes) -> StatusCode {
    let _ = calls.lock().await.send(Call::Answer(body));
    StatusCode::ACCEPTED
}

async fn failure(State(calls): State<Calls>, body: Bytes) -> StatusCode {
    let said = String::from_utf8_lossy(&body).into_owned();
    let _ = calls.lock().await.send(Call::Failure(said));
    StatusCode::ACCEPTED
}

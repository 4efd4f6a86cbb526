//! Serving a world over HTTP, on loopback only: the API's routes by way of the
//! gateway, the world's own beside them.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use crate::control;
use crate::gateway::{self, MAX_BODY_BYTES};
use crate::world::{World, WorldError, WorldOptions};

/// Why a world cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The port is taken or may not be used.
    #[error(
        "port {port} cannot be used ({problem}): stop what uses it or choose another with --port"
    )]
    Port {
        /// Which port.
        port: u16,
        /// What the system said.
        problem: String,
    },
    /// The world does not start.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The server broke off.
    #[error("the server failed: {0}")]
    Broken(String),
}

/// A world behind a listening port.
pub struct Server {
    world: World,
    listener: TcpListener,
}

/// How long open connections may take to end after Ctrl-C.
const GRACE: Duration = Duration::from_secs(2);

impl Server {
    /// Listens on 127.0.0.1 (port 0 = any free one) and makes the world behind it.
    pub async fn bind(port: u16, options: &WorldOptions) -> Result<Self, ServerError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let taken = |error: std::io::Error| ServerError::Port {
            port,
            problem: error.to_string(),
        };
        let listener = TcpListener::bind(address).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let world = World::create(options, format!("http://{address}")).await?;
        Ok(Server { world, listener })
    }

    /// The world it serves.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Serves until `shutdown` resolves, then lets requests under way end.
    pub async fn serve(
        self,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServerError> {
        let router = Router::new()
            .merge(control::routes())
            .fallback(forward)
            .with_state(self.world)
            .into_make_service_with_connect_info::<SocketAddr>();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let serving = axum::serve(self.listener, router).with_graceful_shutdown(async move {
            shutdown.await;
            let _ = stop.send(());
        });
        let overdue = async {
            // An error means the server ended by itself; then nothing is overdue.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            ended = serving.into_future() => {
                ended.map_err(|error| ServerError::Broken(error.to_string()))
            }
            () = overdue => Ok(()),
        }
    }
}

/// Everything that is not the world's own goes through the gateway.
async fn forward(
    State(world): State<World>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    // One byte more than the gateway takes, so that it can tell what is too large.
    let body = match to_bytes(body, MAX_BODY_BYTES + 1).await {
        Ok(body) => body.to_vec(),
        Err(_) => vec![0; MAX_BODY_BYTES + 1],
    };
    let headers = parts.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_string(), value)
    });
    let reply = world
        .gateway
        .handle(gateway::Request {
            method: parts.method.as_str().to_string(),
            path: parts.uri.path().to_string(),
            query: parts.uri.query().unwrap_or_default().to_string(),
            headers: headers.collect(),
            body,
            source_ip: peer.ip().to_string(),
        })
        .await;
    let mut response = axum::http::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    match response.body(Body::from(reply.body)) {
        Ok(response) => response,
        Err(error) => {
            let text = format!("the function's answer is not valid HTTP: {error}");
            (axum::http::StatusCode::BAD_GATEWAY, text).into_response()
        }
    }
}

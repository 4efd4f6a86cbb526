//! Serves a world over HTTP, on loopback only: the API's routes through the
//! gateway, and the world's own routes.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use shared::host::clock::SharedClock;
use tokio::net::TcpListener;

use crate::addressed::to_this_machine;
use crate::control;
use crate::dated::dated;
use crate::docs;
use crate::front;
use crate::gateway::{self, MAX_BODY_BYTES};
use crate::notices::{self, Notices};
use crate::sign_in;
use crate::stripe_api;
use crate::world::{World, WorldError, WorldOptions};

/// Why a world cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The port is in use or not permitted.
    #[error(
        "port {port} cannot be used ({problem}): stop what uses it or choose another with {flag}"
    )]
    Port {
        /// The port.
        port: u16,
        /// What chooses another.
        flag: &'static str,
        /// The system's message.
        problem: String,
    },
    /// The world does not start.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The server failed.
    #[error("the server failed: {0}")]
    Broken(String),
}

/// A world behind a listening port.
pub struct Server {
    world: World,
    listener: TcpListener,
    stripe: TcpListener,
    sends_notices: bool,
}

/// Time limit for open connections after Ctrl-C.
const GRACE: Duration = Duration::from_secs(2);

impl Server {
    /// Listens on 127.0.0.1 (port 0 picks a free one) and creates the world.
    pub async fn bind(port: u16, options: &WorldOptions) -> Result<Self, ServerError> {
        let (listener, url) = listen(port, "--port").await?;
        // A world at any port has its Stripe at any port.
        let beside = if port == 0 { 0 } else { port.wrapping_add(1) };
        let stripe_port = options.stripe_port.unwrap_or(beside);
        let (stripe, stripe_url) = listen(stripe_port, "--stripe-port").await?;
        let world = World::beside(options, url, Some(stripe_url)).await?;
        Ok(Server {
            world,
            listener,
            stripe,
            sends_notices: options.sends_notices,
        })
    }

    /// The world it serves.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Serves until `shutdown` resolves, then lets running requests finish.
    pub async fn serve(
        self,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServerError> {
        let (stop_stripe, stripe_stopped) = tokio::sync::oneshot::channel::<()>();
        let (webhook, state) = (self.world.webhook(), self.world.stripe.clone());
        let stripe = stripe_api::serve(self.stripe, state, webhook, async {
            // A dropped sender ends it as well.
            let _ = stripe_stopped.await;
        });
        let sending = send_notices(self.world.notices.clone(), self.sends_notices);
        let clock: SharedClock = Arc::new(self.world.clock.clone());
        let router = Router::new()
            .merge(control::routes())
            .merge(sign_in::routes())
            .merge(docs::routes())
            .merge(front::routes(any(forward)))
            .merge(notices::routes())
            .fallback(forward)
            .layer(from_fn(to_this_machine))
            .layer(from_fn_with_state(clock, dated))
            .with_state(self.world)
            .into_make_service_with_connect_info::<SocketAddr>();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let serving = axum::serve(self.listener, router).with_graceful_shutdown(async move {
            shutdown.await;
            let _ = stop_stripe.send(());
            let _ = stop.send(());
        });
        let overdue = async {
            // An error means that the server ended on its own; then nothing waits.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(GRACE).await;
        };
        let both = async { tokio::try_join!(serving.into_future(), stripe) };
        tokio::select! {
            () = sending => Ok(()),
            ended = both => match ended {
                Ok(((), ())) => Ok(()),
                Err(error) => Err(ServerError::Broken(error.to_string())),
            },
            () = overdue => Ok(()),
        }
    }
}

/// Serves the Stripe of a world that is not served itself, at any port of 127.0.0.1 and
/// until the runtime ends; the world then says where.
pub async fn serve_stripe(world: &mut World) -> Result<(), ServerError> {
    let (listener, url) = listen(0, "--stripe-port").await?;
    let (webhook, state) = (world.webhook(), world.stripe.clone());
    world.stripe_url = Some(url);
    tokio::spawn(stripe_api::serve(
        listener,
        state,
        webhook,
        std::future::pending(),
    ));
    Ok(())
}

/// How often a served world looks for notices.
const LOOKS_EVERY: Duration = Duration::from_millis(200);

/// Sends notices for ever, if it is to send any.
async fn send_notices(notices: Notices, sends: bool) {
    if !sends {
        return std::future::pending().await;
    }
    loop {
        if let Err(problem) = notices.pump().await {
            eprintln!("local: {problem}");
        }
        tokio::time::sleep(LOOKS_EVERY).await;
    }
}

/// Listens on 127.0.0.1; also says at which URL.
async fn listen(port: u16, flag: &'static str) -> Result<(TcpListener, String), ServerError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let taken = |error: std::io::Error| ServerError::Port {
        port,
        flag,
        problem: error.to_string(),
    };
    let listener = TcpListener::bind(address).await.map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    Ok((listener, format!("http://{address}")))
}

/// All other requests go through the gateway.
async fn forward(
    State(world): State<World>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    // One byte above the gateway's limit, so that the gateway sees a too large
    // body.
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

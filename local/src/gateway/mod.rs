//! The gateway: handles requests like an HTTP API of API Gateway, for the
//! routes of the template.
//!
//! Its own answers have API Gateway's bodies; all others come from the
//! functions, which get real payload-2.0 events.

mod event;
mod reply;
mod request;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use shared::host::clock::SharedClock;
use shared::host::entropy::SharedEntropy;
use shared::http::Event;

use crate::deployment::Deployment;
use crate::functions::Handler;
use crate::identity::{JwtAuthorizer, Rejection};

pub use reply::Reply;
pub use request::Request;

/// Maximum size of all headers (API Gateway quotas for HTTP APIs).
const MAX_HEADER_BYTES: usize = 10_240;
/// Maximum payload size (same quotas).
pub(crate) const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

/// The gateway of one world.
#[derive(Clone)]
pub struct Gateway {
    deployment: Arc<Deployment>,
    authorizer: Arc<JwtAuthorizer>,
    handlers: Arc<BTreeMap<String, Handler>>,
    clock: SharedClock,
    entropy: SharedEntropy,
    shows_refusals: bool,
}

impl Gateway {
    pub(crate) fn new(
        deployment: Arc<Deployment>,
        authorizer: JwtAuthorizer,
        handlers: BTreeMap<String, Handler>,
        clock: SharedClock,
        entropy: SharedEntropy,
    ) -> Self {
        Gateway {
            deployment,
            authorizer: Arc::new(authorizer),
            handlers: Arc::new(handlers),
            clock,
            entropy,
            shows_refusals: false,
        }
    }

    /// Shows on standard error what it refuses by itself, which no function logs.
    pub(crate) fn showing_refusals(self, shows_refusals: bool) -> Self {
        Gateway {
            shows_refusals,
            ..self
        }
    }

    /// Answers a request as API Gateway and the function behind it would.
    pub async fn handle(&self, request: Request) -> Reply {
        let asked = self
            .shows_refusals
            .then(|| format!("{} {}", request.method, request.path));
        match self.passed(request).await {
            Ok(reply) => reply,
            Err(refusal) => {
                if let Some(asked) = asked {
                    eprintln!("INFO  gateway {asked}: {}", refusal.in_words());
                }
                refusal
            }
        }
    }

    /// The function's answer, or the gateway's own refusal.
    async fn passed(&self, request: Request) -> Result<Reply, Reply> {
        let header_bytes = request
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len());
        if header_bytes.sum::<usize>() > MAX_HEADER_BYTES {
            return Err(Reply::message(431, "Request Header Fields Too Large"));
        }
        if request.body.len() > MAX_BODY_BYTES {
            return Err(Reply::message(413, "Request Entity Too Large"));
        }
        let Some((route, parameters)) = self.deployment.route(&request.method, &request.path)
        else {
            return Err(Reply::message(404, "Not Found"));
        };
        let now = self.clock.now();
        let claims = if route.authorized {
            let token = request.header("authorization");
            match self
                .authorizer
                .authorize(token, &route.scopes, now.unix_seconds())
            {
                Ok(claims) => Some(claims),
                Err(Rejection::Unauthorized(reason)) => return Err(Reply::unauthorized(reason)),
                Err(Rejection::Forbidden) => return Err(Reply::message(403, "Forbidden")),
            }
        } else {
            None
        };
        let Some(event) = event::payload(
            &request,
            &route.key,
            &parameters,
            claims.as_ref(),
            &event::opaque_id(self.entropy.bytes()),
            now,
        ) else {
            return Err(Reply::message(400, "Bad Request"));
        };
        Ok(self.invoke(&route.function, &event.to_string()).await)
    }

    /// Runs a function on an event's text, as Lambda does. A panic or a timeout
    /// becomes API Gateway's internal server error.
    async fn invoke(&self, function: &str, event: &str) -> Reply {
        let failed = || Reply::message(500, "Internal Server Error");
        let timeout = self
            .deployment
            .functions
            .iter()
            .find(|candidate| candidate.name == function)
            .map_or(30, |candidate| candidate.timeout_seconds);
        let Some(handler) = self.handlers.get(function) else {
            return failed();
        };
        let Ok(event) = serde_json::from_str::<Event>(event) else {
            return failed();
        };
        let running = tokio::spawn(handler(event));
        let abort = running.abort_handle();
        match tokio::time::timeout(Duration::from_secs(timeout), running).await {
            Ok(Ok(response)) => Reply::of_function(&response).unwrap_or_else(failed),
            Ok(Err(_panicked)) => failed(),
            Err(_too_late) => {
                abort.abort();
                failed()
            }
        }
    }
}

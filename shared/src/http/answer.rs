//! Answering: every request ends here, with one response and one log line.

use std::future::Future;

use super::{ApiError, Event, Response};
use crate::host::clock::Stopwatch;

/// Runs a route to its answer and logs once what became of it. The line names
/// the route, never who called or what was said.
pub async fn answer<F>(event: &Event, route: F) -> Response
where
    F: Future<Output = Result<Response, ApiError>>,
{
    let stopwatch = Stopwatch::start();
    let outcome = route.await;
    let latency_us = u64::try_from(stopwatch.elapsed().as_micros()).unwrap_or(u64::MAX);
    let (route, request_id) = (event.route_key(), event.request_id());
    match outcome {
        Ok(response) => {
            let status = response.status_code();
            tracing::info!(route, request_id, status, latency_us, "answered");
            response
        }
        Err(error) => {
            let response = error.to_response(request_id);
            let (status, code) = (response.status_code(), error.code());
            let reason = error.log_text().unwrap_or_default();
            if status >= 500 {
                tracing::error!(
                    route, request_id, status, code, reason, latency_us, "failed"
                );
            } else {
                tracing::info!(
                    route, request_id, status, code, reason, latency_us, "refused"
                );
            }
            response
        }
    }
}

//! Serving on Lambda: start once, then one event after the other.

use std::convert::Infallible;
use std::future::Future;

use lambda_runtime::{LambdaEvent, service_fn};

use super::{Event, Response};
use crate::host::environment::{VariableError, Variables};

/// Why a function does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A variable is missing or cannot be used.
    #[error(transparent)]
    Variable(#[from] VariableError),
    /// The runtime gave up.
    #[error("the Lambda runtime stopped: {0}")]
    Runtime(String),
}

/// Starts the log (one JSON object a line on standard output) and reads the
/// environment, which must be Lambda's.
pub fn start() -> Result<Variables, StartError> {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_target(false)
        // Lambda stamps every line itself.
        .without_time()
        .with_max_level(tracing::Level::INFO)
        .init();
    let variables = Variables::of_this_process();
    variables.required(
        "AWS_LAMBDA_RUNTIME_API",
        "this program runs on AWS Lambda; on a laptop `cargo run` starts the local world with it",
    )?;
    Ok(variables)
}

/// Answers events with `handle` until Lambda ends the sandbox.
pub async fn serve<H, F>(handle: H) -> Result<(), StartError>
where
    H: Fn(Event) -> F,
    F: Future<Output = Response>,
{
    let service = service_fn(|event: LambdaEvent<Event>| {
        let response = handle(event.payload);
        async move { Ok::<Response, Infallible>(response.await) }
    });
    lambda_runtime::run(service)
        .await
        .map_err(|error| StartError::Runtime(error.to_string()))
}

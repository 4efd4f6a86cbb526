//! Serving on Lambda: start once, then one event after the other.

use std::convert::Infallible;
use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;

use lambda_runtime::{LambdaEvent, service_fn};

use super::{Event, Response};
use crate::host::clock::{SharedClock, SystemClock};
use crate::host::entropy::{SharedEntropy, SystemEntropy};
use crate::host::environment::{VariableError, Variables};
use crate::store::{Connection, Store, Table, TableNames};

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

/// What every function is put together from.
#[derive(Clone, Debug)]
pub struct Foundation {
    /// The environment, for the function's own settings.
    pub variables: Variables,
    /// Where AWS is, for functions that talk to another service besides.
    pub connection: Connection,
    /// Its tables.
    pub store: Store,
    /// The time.
    pub clock: SharedClock,
    /// Randomness.
    pub entropy: SharedEntropy,
}

/// Starts the log (one JSON object a line on standard output), reads the
/// environment, which must be Lambda's, and connects to the tables while the
/// sandbox still starts.
pub async fn start(tables: &[Table]) -> Result<Foundation, StartError> {
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
    let names = TableNames::read(&variables, tables)?;
    let connection = Connection::read(&variables)?;
    let entropy: SharedEntropy = Arc::new(SystemEntropy);
    let store = Store::new(connection.client(), names, entropy.clone());
    if let Some(table) = tables.first() {
        store.warm_up(*table).await;
    }
    Ok(Foundation {
        variables,
        connection,
        store,
        clock: Arc::new(SystemClock),
        entropy,
    })
}

/// Runs a function to its end; what stops it goes to standard error.
pub async fn exit_code(
    function: &str,
    running: impl Future<Output = Result<(), StartError>>,
) -> ExitCode {
    match running.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{function}: {error}");
            ExitCode::FAILURE
        }
    }
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

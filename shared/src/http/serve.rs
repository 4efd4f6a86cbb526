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
use crate::host::log::{Level, Log, report_panics, report_to};
use crate::host::sink::StandardOutput;
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
    /// Where its lines go.
    pub log: Log,
}

/// The runtime's errors about an event it cannot read quote the event.
const QUOTING: [&str; 1] = ["lambda_runtime::layers::api_response"];

/// The log of a function on Lambda: one JSON object a line on standard output.
/// Lambda stamps every line itself.
fn log_of(function: &'static str) -> Log {
    let name = deployed_name(&Variables::of_this_process(), function);
    Log::new(name, Arc::new(SystemClock), StandardOutput)
}

/// What metrics go by: the name that the function has on Lambda, which is
/// another in each stack, so that two stages of one account are counted apart.
fn deployed_name(variables: &Variables, function: &'static str) -> String {
    let deployed = variables.optional("AWS_LAMBDA_FUNCTION_NAME");
    deployed.unwrap_or(function).to_string()
}

/// Starts the log, reads the environment, which must be Lambda's, and connects
/// to the tables while the sandbox still starts.
pub async fn start(function: &'static str, tables: &[Table]) -> Result<Foundation, StartError> {
    let log = log_of(function);
    report_panics(&log);
    // It fails only if somebody else listens already, and then nothing is lost.
    let _ = report_to(&log, &QUOTING);
    let variables = Variables::of_this_process();
    variables.required(
        "AWS_LAMBDA_RUNTIME_API",
        "this program runs on AWS Lambda; on a laptop `cargo run` starts the local world with it",
    )?;
    let names = TableNames::read(&variables, tables)?;
    let connection = Connection::read(&variables)?;
    let entropy: SharedEntropy = Arc::new(SystemEntropy);
    let store = Store::new(connection.client(), names, entropy.clone());
    store.warm_up(tables).await;
    Ok(Foundation {
        variables,
        connection,
        store,
        clock: Arc::new(SystemClock),
        entropy,
        log,
    })
}

/// Runs a function to its end; what stops it is a line of the log too.
pub async fn exit_code(
    function: &'static str,
    running: impl Future<Output = Result<(), StartError>>,
) -> ExitCode {
    match running.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let log = log_of(function);
            let mut line = log.line(Level::Error);
            line.text("message", "the function stopped");
            line.text("reason", &error.to_string());
            line.write();
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
        let LambdaEvent { payload, context } = event;
        // A handler's future is large, and the runtime moves what it is given
        // some ten times for each event: from here on that is a pointer.
        let response = Box::pin(handle(payload.in_invocation(context.request_id)));
        async move { Ok::<Response, Infallible>(response.await) }
    });
    lambda_runtime::run(service)
        .await
        .map_err(|error| StartError::Runtime(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_go_by_the_name_of_the_deployed_function_if_there_is_one() {
        let named = |name: &str| {
            let variable = ("AWS_LAMBDA_FUNCTION_NAME".to_string(), name.to_string());
            deployed_name(&[variable].into_iter().collect(), "credits")
        };
        assert_eq!(
            named("prod-CreditsFunction-1A2B"),
            "prod-CreditsFunction-1A2B"
        );
        assert_eq!(named(""), "credits");
        assert_eq!(deployed_name(&Variables::default(), "credits"), "credits");
    }
}

//! Serving on Lambda: start once, then handle one event after the other. A function
//! that lacks a variable does not start.

use std::convert::Infallible;
use std::fmt::Display;
use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;

use super::{Event, Origin, Response};
use crate::host::clock::{SharedClock, SystemClock};
use crate::host::entropy::{SharedEntropy, SystemEntropy};
use crate::host::environment::{VariableError, Variables};
use crate::host::log::{Level, Log, report_panics, report_to};
use crate::host::sink::StandardOutput;
use crate::store::{Connection, Store, Table, TableNames};

/// Why a function does not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A variable is missing or invalid.
    #[error(transparent)]
    Variable(#[from] VariableError),
    /// The Lambda runtime failed.
    #[error("the Lambda runtime stopped: {0}")]
    Runtime(String),
}

/// The parts that every function is built from.
#[derive(Clone, Debug)]
pub struct Foundation {
    /// The environment, for the function's own settings.
    pub variables: Variables,
    /// The AWS connection, for functions that call another service too.
    pub connection: Connection,
    /// Its tables.
    pub store: Store,
    /// The clock.
    pub clock: SharedClock,
    /// The source of randomness.
    pub entropy: SharedEntropy,
    /// The log.
    pub log: Log,
}

/// Modules whose errors quote the event that could not be read.
const QUOTING: [&str; 1] = ["lambda_runtime::layers::api_response"];

/// The log of a function on Lambda: one JSON object per line on standard output. Lambda
/// timestamps every line itself.
fn log_of(function: &'static str) -> Log {
    let name = deployed_name(&Variables::of_this_process(), function);
    Log::new(name, Arc::new(SystemClock), StandardOutput)
}

/// The function's name in metrics: the name of its Lambda function, which differs per
/// stack, so that two stages in one account are counted separately.
fn deployed_name(variables: &Variables, function: &'static str) -> String {
    let deployed = variables.optional("AWS_LAMBDA_FUNCTION_NAME");
    deployed.unwrap_or(function).to_string()
}

/// Starts the log, reads Lambda's environment, and connects to the tables while the
/// sandbox is still starting.
pub async fn start(function: &'static str, tables: &[Table]) -> Result<Foundation, StartError> {
    let foundation = prepare(function, tables)?;
    foundation.store.warm_up(tables).await;
    Ok(foundation)
}

/// As [`start`], for a function whose own first read, made while the sandbox is still
/// starting, opens the connection: a read more is a tenth of a start.
pub fn prepare(function: &'static str, tables: &[Table]) -> Result<Foundation, StartError> {
    let log = log_of(function);
    report_panics(&log);
    // It fails only if a subscriber is already set, and then nothing is lost.
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
    Ok(Foundation {
        variables,
        connection,
        store,
        clock: Arc::new(SystemClock),
        entropy,
        log,
    })
}

/// Runs a function to its end; an error that stops it is logged.
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

/// Handles events with `handle` until Lambda ends the sandbox; those that did not come
/// through the edge, where one is required, have no route.
pub async fn serve<H, F>(handle: H) -> Result<(), StartError>
where
    H: Fn(Event) -> F,
    F: Future<Output = Response>,
{
    let origin = Origin::read(&Variables::of_this_process())?;
    let service = service_fn(|event: LambdaEvent<Event>| {
        let LambdaEvent { payload, context } = event;
        let payload = origin.checked(payload);
        // A handler's future is large, and the runtime moves it some ten times per
        // event: boxed, each move is a pointer.
        let response = Box::pin(handle(payload.in_invocation(context.request_id)));
        async move { Ok::<Response, Infallible>(response.await) }
    });
    lambda_runtime::run(service)
        .await
        .map_err(|error| StartError::Runtime(error.to_string()))
}

/// Hands the events of another AWS service, and the invocation's id, to `handle` until
/// Lambda ends the sandbox. What it returns goes back to that service.
pub async fn serve_trigger<H, F>(handle: H) -> Result<(), StartError>
where
    H: Fn(Value, String) -> F,
    F: Future<Output = Value>,
{
    let certain = |event, invocation| {
        let answer = handle(event, invocation);
        async move { Ok::<Value, Infallible>(answer.await) }
    };
    serve_refusing_trigger(certain).await
}

/// The same for a function that may refuse an event: the text of the refusal is the error
/// that Lambda hands to that service.
pub async fn serve_refusing_trigger<H, F, R>(handle: H) -> Result<(), StartError>
where
    H: Fn(Value, String) -> F,
    F: Future<Output = Result<Value, R>>,
    R: Display,
{
    let service = service_fn(|event: LambdaEvent<Value>| {
        let answer = Box::pin(handle(event.payload, event.context.request_id));
        async move {
            answer.await.map_err(|refusal| Diagnostic {
                error_type: "Refused".to_string(),
                error_message: refusal.to_string(),
            })
        }
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

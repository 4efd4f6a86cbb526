//! An HTTP transport for the SDK without HTTP: each request goes directly to
//! the embedded database, so the store runs the same code as on AWS. It opens
//! no socket and checks no signature.

use super::accesses::Accesses;
use super::connector::{Answers, client_of};
use super::engine::Engine;
use super::faults::{Fault, Faults};
use super::meter::Meter;
use super::operations::{self, Answer};
use super::touched::Touched;
use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use dynoxide::Database;
use serde_json::{Value, json};
use std::fmt;
use std::io;

/// DynamoDB in this process. Clones share database, faults and all that is recorded.
#[derive(Clone)]
pub struct InProcessDynamoDb {
    engine: Engine,
    meter: Meter,
    accesses: Accesses,
    touched: Touched,
    faults: Faults,
}

impl InProcessDynamoDb {
    /// A transport to tables with zero counts and no queued fault.
    pub fn new(engine: impl Into<Engine>) -> Self {
        Self {
            engine: engine.into(),
            meter: Meter::default(),
            accesses: Accesses::default(),
            touched: Touched::default(),
            faults: Faults::none(),
        }
    }

    /// Where its tables are.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The embedded database; none if the tables are elsewhere.
    pub fn database(&self) -> Option<&Database> {
        match &self.engine {
            Engine::Embedded(database) => Some(database),
            Engine::Elsewhere(_) => None,
        }
    }

    /// What its requests cost.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// The permissions that its requests would need, if recording is on.
    pub fn accesses(&self) -> &Accesses {
        &self.accesses
    }

    /// The partitions that its requests read and write, if recording is on.
    pub fn touched(&self) -> &Touched {
        &self.touched
    }

    /// The queue of faults for its coming requests.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// An SDK client on this transport.
    pub fn client(&self) -> Client {
        client_of(self.clone())
    }

    /// Runs the operation and counts its cost. A request that does not ask for
    /// its consumed capacity gets that option here, and the reply is removed
    /// again.
    fn apply(&self, operation: &str, body: &[u8]) -> Answer {
        let Ok(mut body) = serde_json::from_slice::<Value>(body) else {
            return Answer::error(400, "SerializationException", "The body is not JSON.");
        };
        if !operations::is_data_operation(operation) {
            return self.engine.run(operation, body);
        }
        let asked = body
            .get("ReturnConsumedCapacity")
            .is_some_and(|mode| mode != "NONE");
        if let (false, Some(request)) = (asked, body.as_object_mut()) {
            request.insert("ReturnConsumedCapacity".to_owned(), "TOTAL".into());
        }
        let touching = self.touched.begin(&self.engine, operation, &body);
        let mut answer = self.engine.run(operation, body);
        self.touched.end(&self.engine, touching);
        self.meter
            .count(operation, answer.body.get("ConsumedCapacity"));
        if let (false, Some(reply)) = (asked, answer.body.as_object_mut()) {
            reply.remove("ConsumedCapacity");
        }
        answer
    }

    /// Counts a request that DynamoDB refused.
    fn refuse(&self, operation: &str, answer: Answer) -> Answer {
        if operations::is_data_operation(operation) {
            self.meter.count(operation, None);
        }
        answer
    }
}

fn server_error() -> Answer {
    Answer::error(
        500,
        "InternalServerError",
        "The request could not be processed.",
    )
}

fn conflict(body: &[u8]) -> Answer {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let items = request
        .get("TransactItems")
        .and_then(Value::as_array)
        .map_or(1, Vec::len);
    let conflict = json!({
        "Code": "TransactionConflict",
        "Message": "Transaction is ongoing for the item",
    });
    let none = json!({"Code": "None"});
    let codes = vec!["None"; items.saturating_sub(1)];
    let codes = [vec!["TransactionConflict"], codes].concat().join(", ");
    let message = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    );
    let mut answer = Answer::error(400, "TransactionCanceledException", "");
    let mut reasons = vec![none; items.saturating_sub(1)];
    reasons.insert(0, conflict);
    if let Some(body) = answer.body.as_object_mut() {
        // DynamoDB capitalises the message of this one error.
        body.remove("message");
        body.insert("Message".to_owned(), message.into());
        body.insert("CancellationReasons".to_owned(), reasons.into());
    }
    answer
}

fn broken(kind: io::ErrorKind) -> ConnectorError {
    ConnectorError::io(io::Error::from(kind).into())
}

fn response(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    let unusable = |error: &dyn fmt::Display| ConnectorError::other(error.to_string().into(), None);
    let status = answer.status.try_into().map_err(|error| unusable(&error))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body.to_string()));
    response
        .headers_mut()
        .try_insert("content-type", "application/x-amz-json-1.0")
        .map_err(|error| unusable(&error))?;
    Ok(response)
}

impl Answers for InProcessDynamoDb {
    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        if let Some(steps) = self.faults.steps() {
            steps.wait().await;
        }
        let (gate, fault) = self.faults.take(&operation);
        if let Some(gate) = gate {
            gate.pass().await;
        }
        let body = request.body().bytes().unwrap_or_default();
        self.accesses.note(&self.engine, &operation, body);
        match fault {
            None => response(self.apply(&operation, body)),
            Some(Fault::NotSent) => Err(broken(io::ErrorKind::ConnectionRefused).never_connected()),
            Some(Fault::LostReply) => {
                self.apply(&operation, body);
                Err(broken(io::ErrorKind::ConnectionReset))
            }
            Some(Fault::ServerErrorAfterApply) => {
                self.apply(&operation, body);
                response(server_error())
            }
            Some(Fault::ServerError) => response(self.refuse(&operation, server_error())),
            Some(Fault::Throttled) => {
                let kind = "ProvisionedThroughputExceededException";
                let message = "The level of configured provisioned throughput was exceeded.";
                response(self.refuse(&operation, Answer::error(400, kind, message)))
            }
            Some(Fault::TransactionConflict) => response(self.refuse(&operation, conflict(body))),
            Some(Fault::Hang) => std::future::pending().await,
        }
    }
}

impl fmt::Debug for InProcessDynamoDb {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("InProcessDynamoDb")
    }
}

//! The way to DynamoDB: it takes time in both directions, loses and refuses requests, and
//! reads that need not be consistent come from a copy that lags behind.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use local::dynamodb::{Answers, Engine, Fault, InProcessDynamoDb, client_of};
use serde_json::{Map, Value};

use crate::faults::{Climate, Fate, Weather, is_write};

/// More writes than this are never behind.
const MOST_BEHIND: usize = 40;

/// DynamoDB as machines reach it. Clones share it.
#[derive(Clone)]
pub(crate) struct Network {
    tables: InProcessDynamoDb,
    copy: InProcessDynamoDb,
    /// Writes that the copy has not seen, oldest first.
    behind: Arc<Mutex<VecDeque<HttpRequest>>>,
    /// Weather other than that of the task that asks.
    climate: Climate,
}

impl Network {
    /// Two databases with the same tables, both empty.
    pub(crate) fn between(tables: InProcessDynamoDb, copy: InProcessDynamoDb) -> Self {
        Network {
            tables,
            copy,
            behind: Arc::default(),
            climate: Climate::default(),
        }
    }

    /// The same tables in a weather of their own.
    pub(crate) fn under(&self, climate: Climate) -> Self {
        Network {
            climate,
            ..self.clone()
        }
    }

    /// Where the tables are.
    pub(crate) fn engine(&self) -> &Engine {
        self.tables.engine()
    }

    /// An SDK client. It never retries: the store does.
    pub(crate) fn client(&self) -> Client {
        client_of(self.clone())
    }

    async fn pass(
        &self,
        weather: &Weather,
        operation: &str,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        if is_write(operation) {
            let kept = request.try_clone();
            let answer = self.tables.clone().answer(request).await;
            let is_done = matches!(&answer, Ok(answer) if answer.status().is_success());
            if let (true, Some(kept)) = (is_done, kept) {
                self.note(kept);
            }
            return answer;
        }
        if is_consistent(operation, &request) || !weather.strikes("stale read", 300) {
            return self.tables.clone().answer(request).await;
        }
        self.catch_up(weather).await?;
        self.copy.clone().answer(request).await
    }

    /// A batch of which some keys are left for later.
    async fn in_part(
        &self,
        weather: &Weather,
        operation: &str,
        mut request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let Some((asked, left)) = divided(&request, weather) else {
            return self.pass(weather, operation, request).await;
        };
        *request.body_mut() = SdkBody::from(asked.to_string());
        let mut answer = self.tables.clone().answer(request).await?;
        let mut body: Value = read(answer.body());
        if let Some(body) = body.as_object_mut() {
            body.insert("UnprocessedKeys".to_owned(), Value::Object(left));
        }
        *answer.body_mut() = SdkBody::from(body.to_string());
        Ok(answer)
    }

    fn note(&self, write: HttpRequest) {
        let mut behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        behind.push_back(write);
    }

    /// The copy sees some of what it has missed, oldest first.
    async fn catch_up(&self, weather: &Weather) -> Result<(), ConnectorError> {
        let mut due = VecDeque::new();
        {
            let mut behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
            let known = u64::try_from(behind.len()).unwrap_or(u64::MAX);
            let some = usize::try_from(weather.below(known.saturating_add(1))).unwrap_or(0);
            let some = some.max(behind.len().saturating_sub(MOST_BEHIND));
            due.extend(behind.drain(..some));
        }
        // The copy is never asked to wait, so writes stay in order.
        for write in due {
            self.copy.clone().answer(write).await?;
        }
        Ok(())
    }
}

/// Whether the tables see a request that meets a fault.
fn is_applied(fault: Fault) -> bool {
    match fault {
        Fault::LostReply | Fault::ServerErrorAfterApply => true,
        Fault::NotSent
        | Fault::ServerError
        | Fault::Throttled
        | Fault::TransactionConflict
        | Fault::Hang => false,
    }
}

fn read(body: &SdkBody) -> Value {
    serde_json::from_slice(body.bytes().unwrap_or_default()).unwrap_or_default()
}

/// Whether a read must see every write that was answered before it.
fn is_consistent(operation: &str, request: &HttpRequest) -> bool {
    let body = read(request.body());
    let is_set = |asked: &Value| asked.get("ConsistentRead") == Some(&Value::Bool(true));
    match operation {
        "GetItem" | "Query" | "Scan" => is_set(&body),
        "BatchGetItem" => {
            let tables = body.get("RequestItems").and_then(Value::as_object);
            tables.is_some_and(|tables| tables.values().any(is_set))
        }
        _ => true,
    }
}

/// What of a batch is asked now, and what is left; none if it is too small to divide.
fn divided(request: &HttpRequest, weather: &Weather) -> Option<(Value, Map<String, Value>)> {
    let mut asked = read(request.body());
    let tables = asked.get_mut("RequestItems")?.as_object_mut()?;
    let mut left = Map::new();
    for (name, table) in tables.iter_mut() {
        let keys = table.get_mut("Keys")?.as_array_mut()?;
        if keys.len() > 1 {
            let limit = u64::try_from(keys.len()).ok()?;
            let some = usize::try_from(weather.below(limit)).ok()?.max(1);
            let rest = keys.split_off(some);
            if !rest.is_empty() {
                let mut of_table = table.clone();
                of_table
                    .as_object_mut()?
                    .insert("Keys".to_owned(), rest.into());
                left.insert(name.clone(), of_table);
            }
        }
    }
    (!left.is_empty()).then_some((asked, left))
}

impl Answers for Network {
    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let weather = self.climate.now();
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        tokio::time::sleep(weather.latency()).await;
        let answer = match weather.fate(&operation) {
            Fate::Passes => self.pass(&weather, &operation, request).await,
            Fate::InPart => self.in_part(&weather, &operation, request).await,
            Fate::Fails(fault) => {
                // Nothing runs between the two, so the fault is that of this request.
                self.tables.faults().push(&operation, fault);
                let kept = request.try_clone();
                let answer = self.tables.clone().answer(request).await;
                if let (true, Some(kept)) = (is_applied(fault) && is_write(&operation), kept) {
                    self.note(kept);
                }
                answer
            }
        };
        tokio::time::sleep(weather.latency()).await;
        answer
    }
}

//! A turnstile before the tables: each request of a client waits there until it is let
//! through, so whoever holds it chooses the order of requests, and whose reply is lost.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use local::dynamodb::{Answers, Fault, InProcessDynamoDb, client_of};
use serde_json::Value;
use tokio::sync::oneshot;

/// How a request is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    /// Its reply arrives.
    Answered,
    /// It is carried out, and its reply is lost.
    ReplyLost,
}

/// A request that waits.
struct Waiting {
    is_write: bool,
    pass: oneshot::Sender<Passage>,
}

/// What clients have asked and heard so far, and who waits.
#[derive(Default)]
struct State {
    /// The number of the path that is followed.
    path: u32,
    waiting: BTreeMap<usize, Waiting>,
    /// A number for all that a client has asked and heard.
    heard: BTreeMap<usize, u64>,
}

/// The turnstile. Clones share it.
#[derive(Clone)]
pub(super) struct Turnstile {
    tables: InProcessDynamoDb,
    state: Arc<Mutex<State>>,
}

/// A client's side of it; who has no number need not wait.
#[derive(Clone)]
struct Entrance {
    turnstile: Turnstile,
    client: Option<usize>,
}

impl Turnstile {
    pub(super) fn before(tables: InProcessDynamoDb) -> Self {
        Turnstile {
            tables,
            state: Arc::default(),
        }
    }

    /// An SDK client whose requests wait if it has a number. It never retries: the store
    /// does.
    pub(super) fn client(&self, number: Option<usize>) -> Client {
        client_of(Entrance {
            turnstile: self.clone(),
            client: number,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was asked and heard, for another path.
    pub(super) fn clear(&self) {
        let mut state = self.state();
        *state = State {
            path: state.path.wrapping_add(1),
            ..State::default()
        };
    }

    /// The clients that wait, and whether each is about to write.
    pub(super) fn waiting(&self) -> Vec<(usize, bool)> {
        let state = self.state();
        let waiting = state.waiting.iter();
        waiting.map(|(client, it)| (*client, it.is_write)).collect()
    }

    /// A number for what all clients have asked and heard.
    pub(super) fn heard(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.state().heard.hash(&mut hasher);
        hasher.finish()
    }

    /// Lets the request of a client through.
    pub(super) fn let_through(&self, client: usize, passage: Passage) {
        if let Some(waiting) = self.state().waiting.remove(&client) {
            // Who was stopped meanwhile waits no more.
            let _ = waiting.pass.send(passage);
        }
    }

    /// A request of whoever holds the turnstile.
    pub(super) async fn ask(&self, operation: &str, body: &Value) -> Result<Value, String> {
        let mut request = HttpRequest::new(SdkBody::from(body.to_string()));
        let target = format!("DynamoDB_20120810.{operation}");
        let headers = request.headers_mut();
        headers.insert("x-amz-target", target);
        let answer = self.tables.clone().answer(request).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let body: Value = read(answer.body());
        if answer.status().is_success() {
            Ok(body)
        } else {
            Err(body.to_string())
        }
    }
}

fn read(body: &SdkBody) -> Value {
    serde_json::from_slice(body.bytes().unwrap_or_default()).unwrap_or_default()
}

impl Entrance {
    /// Notes what the client has asked or heard; the order of fields does not matter.
    fn note(&self, client: usize, what: &str, body: &SdkBody) {
        let mut state = self.turnstile.state();
        let heard = state.heard.entry(client).or_default();
        let mut hasher = DefaultHasher::new();
        (*heard, what, read(body).to_string()).hash(&mut hasher);
        *heard = hasher.finish();
    }

    /// The tables remember a transaction by its token. The same one on another path is
    /// another transaction.
    fn of_path(&self, mut request: HttpRequest) -> HttpRequest {
        let mut body = read(request.body());
        if let Some(token) = body.get_mut("ClientRequestToken") {
            let path = self.turnstile.state().path;
            let own = token.as_str().unwrap_or_default();
            let own: String = own.chars().take(28).collect();
            *token = format!("{own}{path:08x}").into();
            *request.body_mut() = SdkBody::from(body.to_string());
        }
        request
    }
}

impl Answers for Entrance {
    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let tables = self.turnstile.tables.clone();
        let Some(client) = self.client else {
            return tables.clone().answer(request).await;
        };
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        self.note(client, &operation, request.body());
        let request = self.of_path(request);
        let (pass, passed) = oneshot::channel();
        let waiting = Waiting {
            is_write: operation == "TransactWriteItems",
            pass,
        };
        self.turnstile.state().waiting.insert(client, waiting);
        let passage = passed.await.unwrap_or(Passage::Answered);
        match passage {
            Passage::Answered => {
                let answer = tables.clone().answer(request).await?;
                self.note(client, "answered", answer.body());
                Ok(answer)
            }
            Passage::ReplyLost => {
                // Nothing runs between the two, so the fault is that of this request.
                tables.faults().push(&operation, Fault::LostReply);
                self.note(client, "lost", &SdkBody::empty());
                tables.clone().answer(request).await
            }
        }
    }
}

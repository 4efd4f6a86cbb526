//! What Lambda does for the function `notify`: reads the streams, filters, hands over
//! batches, repeats what must come again, and polls the queue.

use std::collections::BTreeMap;
use std::sync::Arc;

use notify::App;
use serde_json::{Value, json};
use shared::domain::Timestamp;
use tokio::sync::OnceCell;

use super::assembled::assemble;
use super::receivers::LocalHosts;
use super::service::Services;
use super::sources::{Source, Sources, failures, sequence_number};
use super::{LocalQueue, Mailbox};
use crate::dynamodb::{Engine, InProcessDynamoDb};
use crate::functions::Parts;

/// Rounds of a pump without an end are a mistake.
const MAX_ROUNDS: usize = 10_000;
/// As the template has it.
const BATCH: usize = 100;

/// The sender of notices of a world. Clones share it.
#[derive(Clone)]
pub struct Notices {
    inner: Arc<Inner>,
}

struct Inner {
    dynamodb: InProcessDynamoDb,
    parts: Parts,
    variables: BTreeMap<String, String>,
    queue: LocalQueue,
    mailbox: Mailbox,
    sources: Sources,
    app: OnceCell<(App, Services)>,
}

impl Notices {
    /// The sender on a database, with the function's variables. Nothing listens yet. Its
    /// requests are not counted by the world's meter.
    pub(crate) fn new(
        engine: &Engine,
        parts: &Parts,
        variables: BTreeMap<String, String>,
        patterns: BTreeMap<String, Value>,
    ) -> Self {
        let clock = parts.clock.clone();
        let dynamodb = InProcessDynamoDb::new(engine.clone());
        let parts = Parts {
            client: dynamodb.client(),
            ..parts.clone()
        };
        Notices {
            inner: Arc::new(Inner {
                dynamodb,
                parts,
                variables,
                queue: LocalQueue::new(clock.clone()),
                mailbox: Mailbox::new(clock),
                sources: Sources::new(patterns),
                app: OnceCell::new(),
            }),
        }
    }

    /// The queue.
    pub fn queue(&self) -> &LocalQueue {
        &self.inner.queue
    }

    /// The e-mails.
    pub fn mailbox(&self) -> &Mailbox {
        &self.inner.mailbox
    }

    /// The tables as the function reaches them, for faults and accesses.
    pub fn dynamodb(&self) -> &InProcessDynamoDb {
        &self.inner.dynamodb
    }

    /// The function, built as in its `main.rs`.
    pub async fn app(&self) -> Result<&App, String> {
        let inner = &self.inner;
        let built = inner.app.get_or_try_init(|| async {
            let services = Services::start(inner.queue.clone(), inner.mailbox.clone()).await;
            let services = services.map_err(|error| error.to_string())?;
            let hosts = Arc::new(LocalHosts);
            let app = assemble(&inner.variables, &services.url, &inner.parts, hosts)?;
            Ok::<_, String>((app, services))
        });
        built.await.map(|(app, _)| app)
    }

    /// New records of a stream that pass its filter, in their order. They count as read.
    pub fn take_records(&self, source: Source) -> Vec<Value> {
        let engine = self.inner.dynamodb.engine();
        self.inner.sources.take(engine, source)
    }

    /// Hands records to the function in batches, and again from the first that must come
    /// again, up to ten times. Returns what was given up.
    pub async fn hand_over(&self, records: Vec<Value>) -> Result<Vec<Value>, String> {
        let app = self.app().await?;
        let mut left = records;
        let mut tries = 0;
        while !left.is_empty() && tries < 10 {
            let batch: Vec<Value> = left.iter().take(BATCH).cloned().collect();
            let answer = self.call(app, &batch).await;
            let again = failures(&answer).into_iter().next();
            let done = match &again {
                None => batch.len(),
                Some(id) => {
                    tries += 1;
                    let is_it = |it: &Value| sequence_number(it) == Some(id);
                    batch.iter().position(is_it).unwrap_or(0)
                }
            };
            left.drain(..done);
        }
        Ok(left)
    }

    /// Polls the queue once: hands over up to ten messages and deletes those that are
    /// done. How many there were.
    pub async fn poll(&self) -> Result<usize, String> {
        let app = self.app().await?;
        let messages = self.inner.queue.receive();
        if messages.is_empty() {
            return Ok(0);
        }
        let answer = self.call(app, &messages).await;
        self.delete_done(&messages, &answer);
        Ok(messages.len())
    }

    /// The same, and each message is handed over twice at once, as SQS may: it is deleted
    /// if one of both is done with it.
    pub async fn poll_twice(&self) -> Result<usize, String> {
        let app = self.app().await?;
        let messages = self.inner.queue.receive();
        let (one, other) = tokio::join!(self.call(app, &messages), self.call(app, &messages));
        self.delete_done(&messages, &one);
        self.delete_done(&messages, &other);
        Ok(messages.len())
    }

    fn delete_done(&self, messages: &[Value], answer: &Value) {
        let stays = failures(answer);
        for message in messages {
            let id = message.get("messageId").and_then(Value::as_str);
            if let Some(id) = id.filter(|id| !stays.iter().any(|stays| stays == id)) {
                self.inner.queue.delete(id);
            }
        }
    }

    async fn call(&self, app: &App, records: &[Value]) -> Value {
        let event = json!({"Records": records});
        app.handle(event, "local".to_string()).await
    }

    /// Does all that is due now: both streams, then the queue, until nothing is left but
    /// what waits for a later time.
    pub async fn pump(&self) -> Result<(), String> {
        for _ in 0..MAX_ROUNDS {
            let mut found = 0;
            for source in [Source::Entries, Source::Deliveries] {
                let records = self.take_records(source);
                found += records.len();
                self.hand_over(records).await?;
            }
            found += self.poll().await?;
            if found == 0 {
                return Ok(());
            }
        }
        Err("the sender of notices does not come to an end".to_string())
    }

    /// When something is due next; none if nothing waits.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.inner.queue.next_visible()
    }
}

impl std::fmt::Debug for Notices {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Notices")
    }
}

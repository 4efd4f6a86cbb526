//! What Lambda does for the function `notify`: reads the streams, filters, hands over
//! batches, repeats what must come again, and polls the queue.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use notify::{App, FUNCTION, Settings, TABLES};
use serde_json::{Value, json};
use shared::domain::Timestamp;
use shared::host::clock::SharedClock;
use shared::host::entropy::SharedEntropy;
use shared::host::environment::Variables;
use shared::host::log::Log;
use shared::store::{Store, TableNames};
use tokio::sync::OnceCell;

use super::filter::matches;
use super::receivers::LocalHosts;
use super::service::Services;
use super::{LocalQueue, Mailbox};
use crate::dynamodb::{Engine, InProcessDynamoDb, StreamReader};
use crate::functions::Parts;

/// A stream that the function is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The entries of ledgers.
    Entries,
    /// Deliveries that were begun or asked for again.
    Deliveries,
}

impl Source {
    fn table(self) -> &'static str {
        match self {
            Source::Entries => "credits",
            Source::Deliveries => "notices",
        }
    }
}

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
    clock: SharedClock,
    entropy: SharedEntropy,
    variables: BTreeMap<String, String>,
    log: Log,
    queue: LocalQueue,
    mailbox: Mailbox,
    /// The pattern of each stream, from the template.
    patterns: BTreeMap<String, Value>,
    /// The reader of each stream.
    read: Mutex<BTreeMap<Source, StreamReader>>,
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
        Notices {
            inner: Arc::new(Inner {
                dynamodb: InProcessDynamoDb::new(engine.clone()),
                entropy: parts.entropy.clone(),
                variables,
                log: Log::new(FUNCTION, clock.clone(), parts.lines.clone()),
                queue: LocalQueue::new(clock.clone()),
                mailbox: Mailbox::new(clock.clone()),
                clock,
                patterns,
                read: Mutex::default(),
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
            let own = [
                ("QUEUE_URL", format!("{}/notify", services.url)),
                ("AWS_ENDPOINT_URL_SESV2", services.url.clone()),
                ("AWS_REGION", "local".to_string()),
                ("AWS_ACCESS_KEY_ID", "local".to_string()),
                ("AWS_SECRET_ACCESS_KEY", "local".to_string()),
                ("MAIL_FROM", "credits@local.example".to_string()),
            ];
            let own = own.map(|(name, value)| (name.to_string(), value));
            let variables = inner.variables.clone().into_iter().chain(own);
            let variables: Variables = variables.collect();
            let tables = TableNames::read(&variables, TABLES).map_err(|it| it.to_string())?;
            let settings = Settings::read(&variables).map_err(|it| it.to_string())?;
            let store = Store::new(inner.dynamodb.client(), tables, inner.entropy.clone());
            let machine = (inner.clock.clone(), inner.entropy.clone());
            let app = App::new(
                store,
                machine,
                settings,
                Arc::new(LocalHosts),
                inner.log.clone(),
            );
            Ok::<_, String>((app, services))
        });
        built.await.map(|(app, _)| app)
    }

    /// New records of a stream that pass its filter, in their order. They count as read.
    pub fn take_records(&self, source: Source) -> Vec<Value> {
        let mut read = self
            .inner
            .read
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let reader = read.entry(source).or_default();
        let records = reader.read(self.inner.dynamodb.engine(), source.table());
        let pattern = self.inner.patterns.get(source.table());
        let passes = |record: &Value| pattern.is_some_and(|pattern| matches(pattern, record));
        records.into_iter().filter(passes).collect()
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
        let stays = failures(&answer);
        for message in &messages {
            let id = message.get("messageId").and_then(Value::as_str);
            if let Some(id) = id.filter(|id| !stays.iter().any(|stays| stays == id)) {
                self.inner.queue.delete(id);
            }
        }
        Ok(messages.len())
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

fn sequence_number(record: &Value) -> Option<&str> {
    record.pointer("/dynamodb/SequenceNumber")?.as_str()
}

/// The ids that a batch's answer names.
fn failures(answer: &Value) -> Vec<String> {
    let failed = answer.get("batchItemFailures").and_then(Value::as_array);
    let ids = failed.into_iter().flatten();
    let ids = ids.filter_map(|it| Some(it.get("itemIdentifier")?.as_str()?.to_string()));
    ids.collect()
}

impl std::fmt::Debug for Notices {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Notices")
    }
}

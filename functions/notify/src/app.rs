//! The function and everything it needs.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use shared::host::clock::{SharedClock, Stopwatch};
use shared::host::entropy::SharedEntropy;
use shared::host::log::{Figure, Level, Log, Unit};
use shared::http::add_work;
use shared::store::Store;

use crate::hosts::Hosts;
use crate::mailer::Mailer;
use crate::queue::Queue;
use crate::remembered::RememberedEndpoints;
use crate::settings::Settings;
use crate::tally::Tally;
use crate::trigger::Trigger;

/// The function. Clones share everything.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) store: Store,
    pub(crate) clock: SharedClock,
    pub(crate) entropy: SharedEntropy,
    pub(crate) queue: Queue,
    pub(crate) mailer: Option<Mailer>,
    pub(crate) hosts: Arc<dyn Hosts>,
    pub(crate) endpoints: RememberedEndpoints,
    pub(crate) tally: Tally,
    log: Log,
}

impl App {
    /// Builds the function from its parts. Nothing is connected yet.
    pub fn new(
        store: Store,
        (clock, entropy): (SharedClock, SharedEntropy),
        settings: Settings,
        hosts: Arc<dyn Hosts>,
        log: Log,
    ) -> Self {
        let credentials = &settings.credentials;
        let mail = settings.mail.as_ref();
        App {
            store,
            clock,
            entropy,
            queue: Queue::at(&settings.queue, &hosts, credentials),
            mailer: mail.map(|mail| Mailer::new(mail, &hosts, credentials)),
            hosts,
            endpoints: RememberedEndpoints::default(),
            tally: Tally::default(),
            log,
        }
    }

    /// Handles an event. Returns which of its records must come again, in the form that
    /// streams and queues understand. `invocation` is Lambda's own id.
    pub async fn handle(&self, event: Value, invocation: String) -> Value {
        let stopwatch = Stopwatch::start();
        let app = App {
            store: self.store.for_one_request(),
            tally: Tally::default(),
            ..self.clone()
        };
        let (outcome, again) = app.answer(&event).await;
        app.note(outcome, &invocation, stopwatch.elapsed());
        let again: Vec<Value> = again
            .into_iter()
            .map(|id| json!({"itemIdentifier": id}))
            .collect();
        json!({"batchItemFailures": again})
    }

    async fn answer(&self, event: &Value) -> (&'static str, Vec<String>) {
        match Trigger::of(event) {
            Trigger::Stream(changes) => {
                let first = self.take_changes(changes).await;
                ("stream", first.into_iter().collect())
            }
            Trigger::Queue(messages) => ("queue", self.take_messages(messages).await),
            Trigger::Topic(published) => {
                self.take_bounces(published).await;
                ("topic", Vec::new())
            }
            Trigger::Unknown => ("unknown", Vec::new()),
        }
    }

    /// A line about something that went wrong. It names neither users nor addresses.
    pub(crate) fn trouble(&self, message: &str, reason: &str) {
        let mut line = self.log.line(Level::Warning);
        line.text("message", message);
        line.text("reason", reason);
        line.write();
    }

    fn note(&self, outcome: &'static str, invocation: &str, latency: Duration) {
        let unknown = outcome == "unknown";
        let level = if unknown { Level::Error } else { Level::Info };
        let mut line = self.log.line(level);
        line.text("message", "an event was handled");
        line.text("lambda_request_id", invocation);
        line.text("outcome", outcome);
        line.count("Requests", 1);
        line.count("ServerErrors", unknown.into());
        self.tally.write(&mut line);
        let microseconds = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let milliseconds = Figure::thousandths(microseconds);
        line.metric("Latency", Unit::Milliseconds, milliseconds);
        add_work(&mut line, self.store.work().done());
        line.write();
    }
}

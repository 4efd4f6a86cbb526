//! Everything that our own crates tell through `tracing`, at every level: if a
//! value is reported there at all, it is reported to whoever listens.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{DefaultGuard, Subscriber, set_default};
use tracing::{Event, Metadata};

/// What was reported so far. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Reported(Arc<Mutex<Vec<String>>>);

const OURS: [&str; 12] = [
    "shared",
    "billing",
    "credits",
    "outbound",
    "profile",
    "notices",
    "notify",
    "sign_up",
    "stripe_client",
    "stripe_webhook",
    "token",
    "watch",
];

impl Reported {
    /// Listens on this thread until the guard is dropped.
    pub(super) fn listen(&self) -> DefaultGuard {
        set_default(self.clone())
    }

    pub(super) fn so_far(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn add(&self, metadata: &Metadata<'_>, fields: impl FnOnce(&mut Text)) {
        let mut text = Text(metadata.name().to_string());
        fields(&mut text);
        self.0.lock().unwrap().push(text.0);
    }
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Reported {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let root = metadata.target().split("::").next().unwrap_or_default();
        OURS.contains(&root)
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.add(span.metadata(), |text| span.record(text));
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut text = Text(String::new());
        values.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }
    fn event(&self, event: &Event<'_>) {
        self.add(event.metadata(), |text| event.record(text));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Says the word as code of ours might by mistake, once in an event and once
/// in a span.
pub(super) fn say_it() {
    tracing::trace!(target: "shared::store", email = "planted-mail", "looking");
    let _span = tracing::trace_span!(target: "credits", "charge", user = "PLANTED").entered();
}

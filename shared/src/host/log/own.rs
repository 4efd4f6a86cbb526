//! Log lines outside of requests, in the same format: warnings at start, messages of
//! libraries, and panics.
//!
//! They arrive through `tracing`, because libraries write to it. Warnings and errors
//! are taken from our own crates, only errors from others; spans are ignored. A
//! library's subscriber would do more than that, and every function would load it.

use std::fmt::{Debug, Write};
use std::panic::PanicHookInfo;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{SetGlobalDefaultError, Subscriber, set_global_default};
use tracing::{Event, Metadata};

use super::{Level, Log};

/// Sends `tracing` events to this log from now on, for the whole process. Events of the
/// modules in `quoting` are logged without their fields, because those quote what a
/// client sent.
pub fn report_to(log: &Log, quoting: &'static [&'static str]) -> Result<(), SetGlobalDefaultError> {
    let log = log.clone();
    set_global_default(LogSubscriber { log, quoting })
}

/// Sends panics to this log: the place, not the message, because the message quotes
/// data.
pub fn report_panics(log: &Log) {
    let log = log.clone();
    std::panic::set_hook(Box::new(move |panic: &PanicHookInfo<'_>| {
        let mut line = log.line(Level::Error);
        line.text("message", "a panic");
        if let Some(place) = panic.location() {
            line.text("place", &place.to_string());
        }
        line.write();
    }));
}

/// Our own crates, by the first segment of their module paths.
const OURS: [&str; 4] = ["shared", "credits", "profile", "stripe_webhook"];

#[derive(Debug)]
struct LogSubscriber {
    log: Log,
    quoting: &'static [&'static str],
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    let root = metadata.target().split("::").next().unwrap_or_default();
    OURS.contains(&root)
}

impl Subscriber for LogSubscriber {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let least = if is_ours(metadata) {
            tracing::Level::WARN
        } else {
            tracing::Level::ERROR
        };
        metadata.is_event() && *metadata.level() <= least
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let level = match *metadata.level() {
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Warning,
            _ => Level::Info,
        };
        let mut reported = FieldVisitor {
            message: String::new(),
            fields: String::new(),
        };
        event.record(&mut reported);
        let mut line = self.log.line(level);
        line.text("message", &reported.message);
        line.text("target", metadata.target());
        if !reported.fields.is_empty() && !self.quoting.contains(&metadata.target()) {
            line.text("reason", &reported.fields);
        }
        line.write();
    }

    // Spans are never enabled, so none of these is called.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Collects the fields of an event.
struct FieldVisitor {
    message: String,
    /// All other fields, as `name=value` separated by commas.
    fields: String,
}

impl Visit for FieldVisitor {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string cannot fail.
        let _ = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            let comma = if self.fields.is_empty() { "" } else { ", " };
            write!(self.fields, "{comma}{}={value:?}", field.name())
        };
    }
}

#[cfg(test)]
mod tests;

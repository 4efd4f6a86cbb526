//! The log: JSON objects, one per line, which are metrics at the same time.
//!
//! CloudWatch extracts metrics from a line in its embedded metric format and keeps the
//! line with all its other members. So logging and counting are one write, without a
//! call, a permission or a library. Every combination of dimensions is billed as its
//! own metric: dimensions take words from fixed lists, never what a client sent.
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

mod figure;
mod json;
mod own;

use std::fmt::Write;
use std::sync::Arc;

use super::clock::SharedClock;
use super::sink::LineSink;

pub use figure::{Figure, Unit};
pub use own::{report_panics, report_to};

/// The CloudWatch namespace of all metrics of this project.
pub const NAMESPACE: &str = "DedicatedCredits";
/// CloudWatch accepts dimension values of up to 1024 characters; ours are short words.
const MAX_DIMENSION: usize = 100;

/// The severity of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Normal operation.
    Info,
    /// Something failed, without failing the request.
    Warning,
    /// A request failed, or an operator must act.
    Error,
}

impl Level {
    /// The name of the level on Lambda.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Info => "INFO",
            Level::Warning => "WARN",
            Level::Error => "ERROR",
        }
    }
}

/// The log of one function. Clones write to the same sink.
#[derive(Clone, Debug)]
pub struct Log {
    function: Arc<str>,
    clock: SharedClock,
    sink: Arc<dyn LineSink>,
}

impl Log {
    /// The log of `function`, timestamped by `clock` and written to `sink`.
    pub fn new(
        function: impl Into<Arc<str>>,
        clock: SharedClock,
        sink: impl LineSink + 'static,
    ) -> Self {
        Log {
            function: function.into(),
            clock,
            sink: Arc::new(sink),
        }
    }

    /// Begins a line; [`Line::write`] writes it.
    pub fn line(&self, level: Level) -> Line<'_> {
        let mut members = String::with_capacity(512);
        json::push_text(&mut members, "Function", &self.function);
        json::push_text(&mut members, "level", level.as_str());
        Line {
            log: self,
            members,
            metrics: String::new(),
            by_dimensions: String::new(),
        }
    }
}

/// A log line under construction.
#[derive(Debug)]
#[must_use = "a line that is not written says nothing"]
pub struct Line<'a> {
    log: &'a Log,
    /// Each followed by a comma.
    members: String,
    /// Metrics by function alone, each followed by a comma.
    metrics: String,
    /// Metrics by further dimensions, each followed by a comma.
    by_dimensions: String,
}

impl Line<'_> {
    /// Adds a text, which must be neither secret nor personal.
    pub fn text(&mut self, name: &'static str, value: &str) {
        json::push_text(&mut self.members, name, value);
    }

    /// Adds a whole number.
    pub fn number(&mut self, name: &'static str, value: u64) {
        json::push_raw(&mut self.members, name, value);
    }

    /// Adds a dimension's value: a word of a fixed list. It is truncated to 100
    /// characters; quotes, backslashes and anything but printable ASCII become `_`; an
    /// empty value becomes `none`.
    pub fn dimension(&mut self, name: &'static str, value: &str) {
        json::push_text(&mut self.members, name, &plain(value));
    }

    /// Adds a metric of this function.
    pub fn metric(&mut self, name: &'static str, unit: Unit, value: Figure) {
        json::push_raw(&mut self.members, name, value);
        push_metric(&mut self.metrics, name, unit);
        self.metrics.push(',');
    }

    /// Adds a counter of this function, omitted when zero, so that metrics of events
    /// that do not happen cost nothing.
    pub fn count(&mut self, name: &'static str, number: u64) {
        if number > 0 {
            self.metric(name, Unit::Count, Figure::whole(number));
        }
    }

    /// Counts one occurrence by this function and further dimensions, whose values the
    /// line must have.
    pub fn count_one_by(&mut self, dimensions: &[&'static str], name: &'static str) {
        json::push_raw(&mut self.members, name, 1);
        let directive = &mut self.by_dimensions;
        push_directive(directive, dimensions, |metrics| {
            push_metric(metrics, name, Unit::Count);
        });
        directive.push(',');
    }

    /// Writes the line.
    pub fn write(self) {
        let members = self.members.trim_end_matches(',');
        if self.metrics.is_empty() && self.by_dimensions.is_empty() {
            return self.log.sink.write(&format!("{{{members}}}"));
        }
        let mut directives = String::with_capacity(512);
        if !self.metrics.is_empty() {
            push_directive(&mut directives, &[], |metrics| {
                metrics.push_str(self.metrics.trim_end_matches(','));
            });
            directives.push(',');
        }
        directives.push_str(&self.by_dimensions);
        let directives = directives.trim_end_matches(',');
        let milliseconds = self.log.clock.now().unix_seconds().saturating_mul(1000);
        self.log.sink.write(&format!(
            "{{\"_aws\":{{\"Timestamp\":{milliseconds},\"CloudWatchMetrics\":[{directives}]}},{members}}}"
        ));
    }
}

/// Adds one set of dimensions, always with the function, and its metrics.
fn push_directive(json: &mut String, dimensions: &[&'static str], push: impl FnOnce(&mut String)) {
    // Writing to a string cannot fail.
    let _ = write!(
        json,
        "{{\"Namespace\":\"{NAMESPACE}\",\"Dimensions\":[[\"Function\""
    );
    for dimension in dimensions {
        let _ = write!(json, ",\"{dimension}\"");
    }
    json.push_str("]],\"Metrics\":[");
    push(json);
    json.push_str("]}");
}

fn push_metric(json: &mut String, name: &str, unit: Unit) {
    let _ = write!(
        json,
        "{{\"Name\":\"{name}\",\"Unit\":\"{}\"}}",
        unit.as_str()
    );
}

/// A text as CloudWatch accepts it for a dimension value.
fn plain(text: &str) -> String {
    if text.is_empty() {
        return "none".to_string();
    }
    let safe = |letter: char| match letter {
        '"' | '\\' => '_',
        ' '..='~' => letter,
        _ => '_',
    };
    text.chars().take(MAX_DIMENSION).map(safe).collect()
}

#[cfg(test)]
mod tests;

//! The log: JSON objects, one a line, which are metrics at the same time.
//!
//! CloudWatch makes metrics of a line in its embedded metric format by itself
//! and keeps the line with all its other members, so telling and counting are
//! one write, without a call, a permission or a library. Every combination of
//! dimensions is a metric of its own that is paid for: dimensions take words
//! from fixed lists, never what a client sent.
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

/// Where all metrics of this project are found in CloudWatch.
pub const NAMESPACE: &str = "DedicatedCredits";
/// CloudWatch takes values of dimensions of up to 1024 characters; ours are words.
const MAX_DIMENSION: usize = 100;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// All is well.
    Info,
    /// Something is not as it should be, and was got around.
    Warning,
    /// Somebody was not served, or a person has to look after something.
    Error,
}

impl Level {
    /// As Lambda's log levels are called.
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
    /// The log of `function`, stamped by `clock` and written to `sink`.
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

    /// Begins a line; it is written by [`Line::write`].
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

/// A line that is being put together.
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
    /// A text; it may hold anything but what is secret or personal.
    pub fn text(&mut self, name: &'static str, value: &str) {
        json::push_text(&mut self.members, name, value);
    }

    /// A whole number.
    pub fn number(&mut self, name: &'static str, value: u64) {
        json::push_raw(&mut self.members, name, value);
    }

    /// The value of a dimension: a word of a fixed list. It is cut to 100
    /// characters, and what is not printable ASCII becomes `_`, as do quotes and
    /// backslashes; an empty value is written as `none`.
    pub fn dimension(&mut self, name: &'static str, value: &str) {
        json::push_text(&mut self.members, name, &plain(value));
    }

    /// A metric of this function.
    pub fn metric(&mut self, name: &'static str, unit: Unit, value: Figure) {
        json::push_raw(&mut self.members, name, value);
        push_metric(&mut self.metrics, name, unit);
        self.metrics.push(',');
    }

    /// A counter of this function that is left out where nothing was counted,
    /// so that nobody pays for a metric of something that does not happen.
    pub fn count(&mut self, name: &'static str, number: u64) {
        if number > 0 {
            self.metric(name, Unit::Count, Figure::whole(number));
        }
    }

    /// One of something, by this function and further dimensions, whose values
    /// the line has.
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

/// One set of dimensions, always with the function, and the metrics under it.
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

/// A text that CloudWatch takes for the value of a dimension.
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

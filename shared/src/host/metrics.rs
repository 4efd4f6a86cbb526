//! Metrics: counters on standard output, in CloudWatch's embedded metric format.
//!
//! A line is a JSON object that CloudWatch Logs turns into metrics by itself,
//! so counting needs no call, no permission and no library. Every combination
//! of dimensions is a metric of its own that is paid for: hand in names from a
//! fixed list, never what a client sent.
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use super::clock::SharedClock;

/// Where all metrics of this project are found in CloudWatch.
pub const NAMESPACE: &str = "DedicatedCredits";
/// CloudWatch takes values of dimensions of up to 1024 characters; ours are words.
const LONGEST_TEXT: usize = 100;

/// Takes finished lines, without their line ends.
pub trait MetricSink: Send + Sync + Debug {
    /// Writes a line.
    fn write(&self, line: &str);
}

/// Where Lambda reads the log.
#[derive(Clone, Copy, Debug, Default)]
pub struct StandardOutput;

impl MetricSink for StandardOutput {
    fn write(&self, line: &str) {
        // One write per line, so that lines of the log do not mix with it. A
        // counter that cannot be written must not fail what it counts.
        let _ = std::io::stdout()
            .lock()
            .write_all(format!("{line}\n").as_bytes());
    }
}

/// Keeps the newest lines for whoever wants to look at them. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct KeptLines(Arc<Mutex<VecDeque<String>>>);

/// So many lines are kept: a process that runs for days must not grow.
const MOST_LINES: usize = 10_000;

impl KeptLines {
    /// All lines so far, the oldest first; they are no longer kept.
    pub fn take(&self) -> Vec<String> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.drain(..).collect()
    }
}

impl MetricSink for KeptLines {
    fn write(&self, line: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= MOST_LINES {
            lines.pop_front();
        }
        lines.push_back(line.to_string());
    }
}

/// Counts things. Clones count into the same sink.
#[derive(Clone, Debug)]
pub struct Metrics {
    clock: SharedClock,
    sink: Arc<dyn MetricSink>,
}

impl Metrics {
    /// Counters that are stamped by `clock` and written to `sink`.
    pub fn new(clock: SharedClock, sink: impl MetricSink + 'static) -> Self {
        Metrics {
            clock,
            sink: Arc::new(sink),
        }
    }

    /// Counts `number` of `name` under these dimensions, pairs of name and
    /// value in the order in which CloudWatch shows them. Texts are cut to 100
    /// characters, and what is not printable ASCII becomes `_`, as do quotes
    /// and backslashes; an empty value is written as `none`.
    pub fn count(&self, name: &str, dimensions: &[(&str, &str)], number: u64) {
        let milliseconds = self.clock.now().unix_seconds().saturating_mul(1000);
        let name = plain(name);
        let names: Vec<String> = dimensions
            .iter()
            .map(|(name, _)| format!("\"{}\"", plain(name)))
            .collect();
        let values: String = dimensions
            .iter()
            .map(|(name, value)| format!("\"{}\":\"{}\",", plain(name), plain(value)))
            .collect();
        self.sink.write(&format!(
            "{{\"_aws\":{{\"Timestamp\":{milliseconds},\"CloudWatchMetrics\":[{{\
             \"Namespace\":\"{NAMESPACE}\",\"Dimensions\":[[{}]],\
             \"Metrics\":[{{\"Name\":\"{name}\",\"Unit\":\"Count\"}}]}}]}},{values}\"{name}\":{number}}}",
            names.join(",")
        ));
    }
}

/// A text that stands in JSON as it is.
fn plain(text: &str) -> String {
    if text.is_empty() {
        return "none".to_string();
    }
    let safe = |letter: char| match letter {
        '"' | '\\' => '_',
        ' '..='~' => letter,
        _ => '_',
    };
    text.chars().take(LONGEST_TEXT).map(safe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::host::clock::Clock;

    #[derive(Debug)]
    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> Timestamp {
            Timestamp::from_unix_seconds(1_800_000_000).unwrap()
        }
    }

    #[track_caller]
    fn check(dimensions: &[(&str, &str)], expected: &str) {
        let lines = KeptLines::default();
        Metrics::new(Arc::new(Stopped), lines.clone()).count("Events", dimensions, 2);
        assert_eq!(lines.take(), [expected]);
        assert!(lines.take().is_empty());
    }

    #[test]
    fn a_counter_is_one_line_of_the_embedded_metric_format() {
        check(
            &[("Function", "stripe-webhook"), ("Type", "invoice.paid")],
            concat!(
                r#"{"_aws":{"Timestamp":1800000000000,"CloudWatchMetrics":[{"Namespace":"DedicatedCredits","#,
                r#""Dimensions":[["Function","Type"]],"Metrics":[{"Name":"Events","Unit":"Count"}]}]},"#,
                r#""Function":"stripe-webhook","Type":"invoice.paid","Events":2}"#
            ),
        );
    }

    #[test]
    fn no_text_breaks_the_line() {
        let long = "x".repeat(LONGEST_TEXT);
        for (value, expected) in [
            ("", "none".to_string()),
            ("a\"b\\c\nd\u{0}é ~", "a_b_c_d__ ~".to_string()),
            (&format!("{long}y"), long.clone()),
        ] {
            let start = r#"{"_aws":{"Timestamp":1800000000000,"CloudWatchMetrics":[{"Namespace":"DedicatedCredits","Dimensions":[["Type"]],"Metrics":[{"Name":"Events","Unit":"Count"}]}]},"Type":""#;
            check(
                &[("Type", value)],
                &format!("{start}{expected}\",\"Events\":2}}"),
            );
        }
    }
}

//! Log lines of the world's functions: kept for queries, and shown in short
//! form on the terminal.

use serde_json::Value;
use shared::host::sink::{KeptLines, LineSink};

/// Which log lines are shown on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogLevel {
    /// None; all lines can still be queried.
    #[default]
    Nothing,
    /// Warnings and failures.
    Failures,
    /// Every request and every Stripe event.
    Everything,
}

/// Keeps and shows log lines.
#[derive(Clone, Debug, Default)]
pub struct WorldLines {
    /// The newest lines.
    pub kept: KeptLines,
    /// Which are shown as well.
    pub log_level: LogLevel,
}

impl LineSink for WorldLines {
    fn write(&self, line: &str) {
        self.kept.write(line);
        if let Some(text) = short(line, self.log_level) {
            eprintln!("{text}");
        }
    }
}

/// The short form of a log line, if the level shows it.
fn short(line: &str, log_level: LogLevel) -> Option<String> {
    if log_level == LogLevel::Nothing {
        return None;
    }
    let line: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| line.get(name).and_then(Value::as_str);
    let level = text("level")?;
    if level == "INFO" && log_level == LogLevel::Failures {
        return None;
    }
    let number = |name: &str| line.get(name).map(Value::to_string).unwrap_or_default();
    let mut parts = vec![format!("{level:<5} {}", text("Function")?)];
    match text("route") {
        Some(route) => parts.push(format!(
            "{route}: {} {}, {} ms, {} requests, {} read and {} write units",
            number("status"),
            text("outcome")?,
            number("Latency"),
            number("DynamoDbRequests"),
            number("ReadUnits"),
            number("WriteUnits"),
        )),
        None => {
            let what = [text("message"), text("event_type"), text("Outcome")];
            parts.push(what.into_iter().flatten().collect::<Vec<_>>().join(", "));
        }
    }
    parts.extend(text("reason").map(|reason| format!("({reason})")));
    parts.extend(text("trouble").map(|trouble| format!("after trouble: {trouble}")));
    Some(parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERED: &str = r#"{"Function":"credits","level":"INFO","route":"GET /x","outcome":"answered","status":200,"Latency":1.5,"DynamoDbRequests":2,"ReadUnits":0.5,"WriteUnits":1}"#;
    const FAILED: &str = r#"{"Function":"credits","level":"ERROR","route":"GET /x","outcome":"try_again","status":503,"reason":"busy","Latency":1,"DynamoDbRequests":6,"ReadUnits":0,"WriteUnits":0}"#;
    const SETTLED: &str = r#"{"Function":"stripe-webhook","level":"INFO","Type":"invoice.paid","Outcome":"applied","Events":1,"message":"an event is settled","event_type":"invoice.paid"}"#;

    #[test]
    fn by_default_failures_are_reported_and_if_asked_everything() {
        for (line, reported, expected) in [
            (ANSWERED, LogLevel::Nothing, None),
            (FAILED, LogLevel::Nothing, None),
            (ANSWERED, LogLevel::Failures, None),
            (
                FAILED,
                LogLevel::Failures,
                Some(
                    "ERROR credits GET /x: 503 try_again, 1 ms, 6 requests, 0 read and 0 write units (busy)",
                ),
            ),
            (
                ANSWERED,
                LogLevel::Everything,
                Some(
                    "INFO  credits GET /x: 200 answered, 1.5 ms, 2 requests, 0.5 read and 1 write units",
                ),
            ),
            (
                SETTLED,
                LogLevel::Everything,
                Some("INFO  stripe-webhook an event is settled, invoice.paid, applied"),
            ),
        ] {
            assert_eq!(short(line, reported).as_deref(), expected);
        }
    }
}

//! Examples: the request of each recorded event, and the answer that it got in this
//! version (`tests/fixtures/answers`).

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// What is recorded of one route.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// The event.
    pub(crate) event: Value,
    /// The status of its answer.
    pub(crate) status: Option<u64>,
    /// The body of its answer.
    pub(crate) answer: Option<Value>,
}

/// The folder of the answers of the version that is being made: `0.1`.
pub(crate) fn version() -> String {
    let version = env!("CARGO_PKG_VERSION").splitn(3, '.');
    version.take(2).collect::<Vec<_>>().join(".")
}

/// What is recorded, by route key.
pub(crate) fn read(root: &Path) -> Result<BTreeMap<String, Recorded>, String> {
    let answers = root.join("tests/fixtures/answers").join(version());
    let mut recorded = BTreeMap::new();
    let events = root.join("events");
    let entries = std::fs::read_dir(&events);
    let entries = entries.map_err(|error| format!("{}: {error}", events.display()))?;
    for entry in entries {
        let entry = entry.map_err(|error| format!("{}: {error}", events.display()))?;
        let event = json(&entry.path())?;
        let Some(key) = event.get("routeKey").and_then(Value::as_str) else {
            continue;
        };
        let answer = answers.join(entry.file_name());
        let answer = if answer.exists() {
            Some(json(&answer)?)
        } else {
            None
        };
        let part = |name: &str| answer.as_ref().and_then(|answer| answer.get(name));
        let of_route = Recorded {
            status: part("status").and_then(Value::as_u64),
            answer: part("body").cloned(),
            event: event.clone(),
        };
        recorded.insert(key.to_string(), of_route);
    }
    Ok(recorded)
}

fn json(file: &Path) -> Result<Value, String> {
    let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| problem(&error))?;
    serde_json::from_str(&text).map_err(|error| problem(&error))
}

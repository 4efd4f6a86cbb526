//! Inputs that exist already: what the stories of the local Stripe post, the recorded
//! requests, the exported tables of the tests.

use std::collections::BTreeSet;
use std::path::PathBuf;

use local::stripe::{ApiVersion, Cast, Scenario, Story};
use serde_json::Value;
use shared::domain::Timestamp;

/// All stories begin then: 2025-11-06.
const BEGAN_S: i64 = 1_762_439_400;
const VERSIONS: [ApiVersion; 2] = [ApiVersion::Acacia, ApiVersion::Dahlia];

/// A file of the project; none if it is not there.
pub(crate) fn file(path: &str) -> Option<Vec<u8>> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    std::fs::read(root.join(path)).ok()
}

/// The files of a folder, by name.
pub(crate) fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten();
    let mut all: Vec<(String, Vec<u8>)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().to_string_lossy().into_owned();
            Some((name, std::fs::read(entry.path()).ok()?))
        })
        .collect();
    all.sort();
    all
}

/// What Stripe posts of every story, in the oldest and the newest version.
pub(crate) fn events() -> Vec<Vec<u8>> {
    let began = Timestamp::from_unix_seconds_clamped(BEGAN_S);
    let scenarios = Scenario::ALL.iter().chain(Scenario::NEEDS_API);
    let cast = Cast::new("fuzz-user", "fuzz", began);
    let versions = scenarios.flat_map(|scenario| VERSIONS.map(|version| (*scenario, version)));
    let stories = versions.map(|(scenario, version)| Story::render(scenario, &cast, version));
    let all: BTreeSet<String> = stories.flatten().map(|event| event.payload()).collect();
    all.into_iter().map(String::into_bytes).collect()
}

/// The words of JSON texts, for a dictionary: names and short values.
pub fn words(inputs: &[Vec<u8>]) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for input in inputs {
        if let Ok(json) = serde_json::from_slice(input) {
            note(&json, &mut words);
        }
    }
    words.retain(|word| (1..=MAX_WORD).contains(&word.len()));
    words
}

const MAX_WORD: usize = 48;

fn note(json: &Value, words: &mut BTreeSet<String>) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                words.insert(name.clone());
                note(value, words);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| note(item, words)),
        Value::String(text) => {
            words.insert(text.clone());
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

//! The streams that the function `notify` is on: what is new in them and passes the
//! template's filters.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::filter::matches;
use crate::dynamodb::{Engine, StreamReader};

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

/// Both streams, and how far each was read.
#[derive(Debug)]
pub struct Sources {
    /// The pattern of each table's stream.
    patterns: BTreeMap<String, Value>,
    /// The reader of each stream.
    read: Mutex<BTreeMap<Source, StreamReader>>,
}

impl Sources {
    /// Nothing is read yet. The patterns of tables are those of the template.
    pub fn new(patterns: BTreeMap<String, Value>) -> Self {
        Sources {
            patterns,
            read: Mutex::default(),
        }
    }

    /// New records of a stream that pass its filter, in their order. They count as read.
    pub fn take(&self, engine: &Engine, source: Source) -> Vec<Value> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = read.entry(source).or_default();
        let records = reader.read(engine, source.table());
        let pattern = self.patterns.get(source.table());
        let passes = |record: &Value| pattern.is_some_and(|pattern| matches(pattern, record));
        records.into_iter().filter(passes).collect()
    }
}

/// The sequence number of a record.
pub fn sequence_number(record: &Value) -> Option<&str> {
    record.pointer("/dynamodb/SequenceNumber")?.as_str()
}

/// The records or messages that the answer to a batch names: they must come again.
pub fn failures(answer: &Value) -> Vec<String> {
    let failed = answer.get("batchItemFailures").and_then(Value::as_array);
    let ids = failed.into_iter().flatten();
    let ids = ids.filter_map(|it| Some(it.get("itemIdentifier")?.as_str()?.to_string()));
    ids.collect()
}

//! What clients were told: one answer for each key, for ever.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::store::StoreError;

use crate::requests::Command;

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{promise}: {what}")]
pub struct Violation {
    /// The promise.
    pub promise: &'static str,
    /// What was seen.
    pub what: String,
}

impl Violation {
    pub(crate) fn of(promise: &'static str, what: impl Into<String>) -> Self {
        Violation {
            promise,
            what: what.into(),
        }
    }

    /// Something that the tables should show and do not.
    pub(crate) fn unread(error: &StoreError) -> Self {
        Violation::of("what was written can be read", error.to_string())
    }
}

/// How a command under a key ended, as its clients know.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Done {
    /// The request that was done.
    request: String,
    /// Its answer.
    answer: String,
}

/// What is known of all keys, by user and key.
#[derive(Debug, Default)]
pub(crate) struct Book {
    done: BTreeMap<(String, String), Done>,
    refused: BTreeMap<(String, String), u64>,
}

/// What identifies a request under a key.
fn request_of(command: &Command) -> String {
    format!("{} {:?} {}", command.route, command.hold, command.body)
}

impl Book {
    /// Whether a command was answered as done.
    pub(crate) fn is_done(&self, user: &str, key: &str) -> bool {
        self.done.contains_key(&(user.to_string(), key.to_string()))
    }

    /// The keys that were done, of a user.
    pub(crate) fn done_of(&self, user: &str) -> impl Iterator<Item = &str> {
        let own = self.done.keys().filter(move |(of, _)| of == user);
        own.map(|(_, key)| key.as_str())
    }

    /// How many commands were done and refused.
    pub(crate) fn totals(&self) -> (usize, u64) {
        (self.done.len(), self.refused.values().sum())
    }

    /// Notes the answer to one command; `was_done` says whether it had been answered as
    /// done before it was sent.
    pub(crate) fn note(
        &mut self,
        command: &Command,
        was_done: bool,
        status: u16,
        body: &str,
    ) -> Result<(), Violation> {
        let key = command.key.clone().unwrap_or_default();
        let request = request_of(command);
        let answer = format!("{status} {body}");
        self.note_one((&command.user, &key), (request, answer), was_done, status)
    }

    /// Notes the answer to a batch: each charge has its own.
    pub(crate) fn note_batch(
        &mut self,
        command: &Command,
        was_done: impl Fn(&str) -> bool,
        body: &str,
    ) -> Result<(), Violation> {
        const PROMISE: &str = "a batch has a result for each of its charges";
        let unread = || Violation::of(PROMISE, format!("{}: {body}", command.body));
        let answer: Value = serde_json::from_str(body).map_err(|_| unread())?;
        let results = answer.get("results").and_then(Value::as_array);
        let charges = command.body.get("charges").and_then(Value::as_array);
        let (Some(results), Some(charges)) = (results, charges) else {
            return Err(unread());
        };
        if results.len() != charges.len() {
            return Err(unread());
        }
        for (charge, result) in charges.iter().zip(results) {
            let key = charge.get("idempotencyKey").and_then(Value::as_str);
            let key = key.unwrap_or_default();
            if result.get("idempotencyKey").and_then(Value::as_str) != Some(key) {
                return Err(unread());
            }
            let status = result.get("status").and_then(Value::as_u64);
            let status = status.and_then(|it| u16::try_from(it).ok()).unwrap_or(0);
            let mut result = result.clone();
            if let Some(result) = result.as_object_mut() {
                result.remove("replayed");
            }
            let names = (command.user.as_str(), key);
            let said = (charge.to_string(), result.to_string());
            self.note_one(names, said, was_done(key), status)?;
        }
        Ok(())
    }

    fn note_one(
        &mut self,
        (user, key): (&str, &str),
        (request, answer): (String, String),
        was_done: bool,
        status: u16,
    ) -> Result<(), Violation> {
        let name = (user.to_string(), key.to_string());
        let known = self.done.get(&name);
        match (status, known) {
            (200..=299, None) => {
                self.done.insert(name, Done { request, answer });
                Ok(())
            }
            (200..=299, Some(known)) if known.request != request => Err(Violation::of(
                "a key does one request",
                format!("{user} {key}: {} and {request}", known.request),
            )),
            (200..=299, Some(known)) if known.answer != answer => Err(Violation::of(
                "a repeat gets the same bytes",
                format!("{user} {key}: {} and then {answer}", known.answer),
            )),
            (200..=299, Some(_)) => Ok(()),
            (400..=499, Some(known)) if was_done && known.request == request => Err(Violation::of(
                "what was done is never refused",
                format!("{user} {key}: {} and then {answer}", known.answer),
            )),
            (400..=499, _) => {
                let count = self.refused.entry(name).or_default();
                *count = count.saturating_add(1);
                Ok(())
            }
            (_, _) => Err(Violation::of(
                "a command is done or refused",
                format!("{user} {key}: {answer}"),
            )),
        }
    }
}

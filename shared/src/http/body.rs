//! Bodies: JSON objects whose fields are taken one by one, so that every
//! problem is named at once and nothing unknown slips through.

use serde::Serialize;
use serde_json::{Map, Value};

use super::error::FieldProblems;
use super::{ApiError, BodyError, Event};
use crate::domain::Redacted;

/// No body of a route is longer than this: 16 KiB.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// The fields of a body that are not taken yet, and what was wrong so far.
#[derive(Debug)]
pub struct Fields {
    rest: Redacted<Map<String, Value>>,
    problems: Redacted<FieldProblems>,
}

impl Fields {
    /// The fields of an event's body. Not JSON is 400, too long 413, JSON that
    /// is no object 422.
    pub fn of(event: &Event) -> Result<Self, ApiError> {
        let bytes = event.body(MAX_BODY_BYTES).map_err(|error| match error {
            BodyError::TooLarge => ApiError::TooLarge {
                limit: MAX_BODY_BYTES,
            },
            BodyError::NotBase64 => ApiError::InvalidRequest("The body cannot be decoded."),
        })?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(rest)) => Ok(Fields {
                rest: Redacted::new(rest),
                problems: Redacted::new(FieldProblems::new()),
            }),
            Ok(_) => Err(invalid("", "must be a JSON object")),
            Err(_) => Err(ApiError::InvalidRequest("The body is not JSON.")),
        }
    }

    /// Whether a field is there and not taken yet.
    pub fn contains(&self, name: &str) -> bool {
        self.rest.expose().contains_key(name)
    }

    /// Whether no field is left to take.
    pub fn is_empty(&self) -> bool {
        self.rest.expose().is_empty()
    }

    /// Takes a field that may be absent; `read` turns its value into what is
    /// wanted, or none if it cannot, and then `expected` is the problem.
    pub fn take<T>(
        &mut self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.rest.expose_mut().remove(name)?;
        let taken = read(&value);
        if taken.is_none() {
            self.problem(name, expected);
        }
        taken
    }

    /// Notes a problem that only the route can tell.
    pub fn problem(&mut self, name: &str, problem: &str) {
        let problems = self.problems.expose_mut();
        problems.insert(name.to_string(), problem.to_string());
    }

    /// What was read of the body, if nothing is left and nothing was wrong. Names
    /// of unknown fields are the caller's, so they are cut short before they go
    /// back. Nothing read without a problem noted is our own fault: 500.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, ApiError> {
        let mut problems = self.problems.into_exposed();
        for name in self.rest.expose().keys().take(MAX_UNKNOWN_NAMED) {
            let short: String = name.chars().take(64).collect();
            problems.insert(short, "unknown field".to_string());
        }
        if !problems.is_empty() {
            return Err(ApiError::ValidationFailed(problems));
        }
        let fault = "a body without a problem came to nothing";
        value.ok_or_else(|| ApiError::Internal(fault.to_string()))
    }
}

/// More unknown fields than this are not worth naming.
const MAX_UNKNOWN_NAMED: usize = 20;

fn invalid(field: &str, problem: &str) -> ApiError {
    let problems = [(field.to_string(), problem.to_string())];
    ApiError::ValidationFailed(problems.into())
}

/// A body to answer with, as text.
pub fn json_text(body: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(body)
        .map_err(|error| ApiError::Internal(format!("the answer cannot be written: {error}")))
}

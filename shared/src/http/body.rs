//! Request bodies: JSON objects whose fields are taken one by one, so that all problems
//! are named at once and unknown fields are refused.

use std::ops::RangeInclusive;

use serde::Serialize;
use serde_json::{Map, Value};

use super::error::FieldProblems;
use super::json::{self, JsonError};
use super::{ApiError, BodyError, Event};
use crate::domain::Redacted;

/// The maximum length of a request body: 16 KiB.
const MAX_BODY_BYTES: usize = 16 * 1024;

const NOT_BASE64: &str = "The body cannot be decoded.";
const EMPTY: &str = "The body is empty. Send a JSON object.";
const NOT_JSON: &str = "The body is not valid JSON.";
const TOO_DEEP: &str = "The body is nested more than 32 levels deep.";

/// The fields of a body that are not yet taken, and the problems so far.
#[derive(Debug)]
pub struct Fields {
    rest: Redacted<Map<String, Value>>,
    problems: Redacted<FieldProblems>,
}

impl From<Map<String, Value>> for Fields {
    fn from(rest: Map<String, Value>) -> Self {
        Fields {
            rest: Redacted::new(rest),
            problems: Redacted::new(FieldProblems::new()),
        }
    }
}

impl Fields {
    /// The fields of an event's body. Invalid JSON and repeated members are 400, too
    /// long 413, JSON that is not an object 422.
    pub fn of(event: &Event) -> Result<Self, ApiError> {
        Fields::up_to(event, MAX_BODY_BYTES)
    }

    /// The same with a length limit of the route's own.
    pub fn up_to(event: &Event, limit: usize) -> Result<Self, ApiError> {
        let bytes = event.body(limit).map_err(|error| match error {
            BodyError::TooLarge => ApiError::TooLarge { limit },
            BodyError::NotBase64 => ApiError::InvalidRequest(NOT_BASE64),
        })?;
        match json::parse(&bytes) {
            Ok(Value::Object(rest)) => Ok(Fields::from(rest)),
            Ok(_) => Err(invalid("", "must be a JSON object")),
            Err(JsonError::NotJson) if bytes.is_empty() => Err(ApiError::InvalidRequest(EMPTY)),
            Err(JsonError::NotJson) => Err(ApiError::InvalidRequest(NOT_JSON)),
            Err(JsonError::TooDeep) => Err(ApiError::InvalidRequest(TOO_DEEP)),
            Err(JsonError::Repeated(path)) => Err(ApiError::RepeatedMember { path }),
        }
    }

    /// Whether a field is present and not yet taken.
    pub fn contains(&self, name: &str) -> bool {
        self.rest.expose().contains_key(name)
    }

    /// The value of a field that is present and not yet taken.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.rest.expose().get(name)
    }

    /// Whether no field is left to take.
    pub fn is_empty(&self) -> bool {
        self.rest.expose().is_empty()
    }

    /// Takes an optional field. `read` converts its value; if it returns none,
    /// `expected` is noted as the problem.
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

    /// Takes an optional field that is an object, and reads its own fields. Their
    /// problems are named `name.field`.
    pub fn object<T>(&mut self, name: &str, read: impl FnOnce(&mut Fields) -> T) -> Option<T> {
        let inner = self.take(name, "must be an object", |value| {
            value.as_object().cloned().map(Fields::from)
        });
        let mut inner = inner?;
        let value = read(&mut inner);
        self.adopt(name, inner);
        Some(value)
    }

    /// Takes an optional field that is a list of objects, and reads the fields of each.
    /// Their problems are named `name[0].field`.
    pub fn objects<T>(
        &mut self,
        name: &str,
        lengths: RangeInclusive<usize>,
        mut read: impl FnMut(&mut Fields) -> T,
    ) -> Option<Vec<T>> {
        let mut all = Vec::new();
        for (number, mut item) in self.list(name, lengths)?.into_iter().enumerate() {
            all.push(read(&mut item));
            self.adopt(&format!("{name}[{number}]"), item);
        }
        Some(all)
    }

    /// Takes an optional field that is a list of objects, each to be finished by itself.
    pub fn list(&mut self, name: &str, lengths: RangeInclusive<usize>) -> Option<Vec<Fields>> {
        let (least, most) = (*lengths.start(), *lengths.end());
        let expected = format!("must be a list of {least} to {most} objects");
        self.take(name, &expected, |value| {
            let items = value.as_array()?;
            let object = |item: &Value| item.as_object().cloned().map(Fields::from);
            let all: Option<Vec<Fields>> = items.iter().map(object).collect();
            all.filter(|all| lengths.contains(&all.len()))
        })
    }

    /// Notes the problems of an inner object, unknown fields among them.
    fn adopt(&mut self, name: &str, inner: Fields) {
        for (field, problem) in inner.into_problems() {
            self.problem(&format!("{name}.{field}"), &problem);
        }
    }

    /// The problems, with fields that nobody took among them. Names of unknown fields
    /// come from the client, so they are truncated before they go back.
    fn into_problems(self) -> FieldProblems {
        let mut problems = self.problems.into_exposed();
        for name in self.rest.expose().keys().take(MAX_UNKNOWN_NAMED) {
            let short: String = name.chars().take(64).collect();
            problems.insert(short, "unknown field".to_string());
        }
        problems
    }

    /// Notes a problem that only the route can detect.
    pub fn problem(&mut self, name: &str, problem: &str) {
        let problems = self.problems.expose_mut();
        problems.insert(name.to_string(), problem.to_string());
    }

    /// Returns `value` if no field is left and no problem was noted. A missing value
    /// without a noted problem is a bug of ours: 500.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, ApiError> {
        let problems = self.into_problems();
        if !problems.is_empty() {
            return Err(ApiError::ValidationFailed(problems));
        }
        let fault = "a body without a problem came to nothing";
        value.ok_or_else(|| ApiError::Internal(fault.to_string()))
    }
}

/// The maximum number of unknown fields that are named.
const MAX_UNKNOWN_NAMED: usize = 20;

fn invalid(field: &str, problem: &str) -> ApiError {
    let problems = [(field.to_string(), problem.to_string())];
    ApiError::ValidationFailed(problems.into())
}

/// Serialises a response body.
pub fn json_text(body: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(body)
        .map_err(|error| ApiError::Internal(format!("the answer cannot be written: {error}")))
}

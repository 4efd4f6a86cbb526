//! The contract with clients: `openapi.yaml` is what the code says, the answers are what
//! `openapi.yaml` says, and what a version promised is only ever added to.

mod document;
mod errors;
mod kept;
mod lines;
mod page;
mod tokens;

use openapi::{Document, documents};
use serde_json::Value;

/// A generated document, by its file.
fn generated(path: &str) -> Document {
    let all = documents().unwrap();
    all.into_iter()
        .find(|document| document.path == path)
        .unwrap()
}

/// What a reference within a document stands for.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(path) => {
            let target = document.pointer(path.trim_start_matches('#'));
            target.unwrap_or_else(|| panic!("{path} leads nowhere"))
        }
        None => value,
    }
}

/// The operation of a route key.
fn operation<'a>(document: &'a Value, key: &str) -> &'a Value {
    let (method, path) = key.split_once(' ').unwrap();
    let operation = &document["paths"][path][method.to_lowercase()];
    assert!(operation.is_object(), "{key} is not in the document");
    operation
}

/// The schema of an answer's body; none if it has none.
fn answer_schema<'a>(document: &'a Value, key: &str, status: u64) -> Option<&'a Value> {
    let response = &operation(document, key)["responses"][status.to_string()];
    assert!(response.is_object(), "{key} does not name {status}");
    resolved(document, response).pointer("/content/application~1json/schema")
}

/// Fails unless a body is what a schema of the document says.
#[track_caller]
fn check_body(document: &Value, schema: &Value, body: &Value, what: &str) {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let problems = validator.iter_errors(body);
    let problems = problems.map(|problem| format!("{} at {}", problem, problem.instance_path()));
    let problems: Vec<String> = problems.collect();
    assert!(problems.is_empty(), "{what}: {problems:#?}\n{body}");
}

/// Fails unless an answer of an operation is described: its status, and its body for that
/// status.
#[track_caller]
pub(crate) fn check_answer(key: &str, status: u64, body: &str) {
    let document = generated(openapi::API).value;
    let what = format!("{key} answers {status}");
    match answer_schema(&document, key, status) {
        Some(schema) => check_body(
            &document,
            schema,
            &serde_json::from_str(body).unwrap(),
            &what,
        ),
        None => assert_eq!(body, "", "{what}"),
    }
}

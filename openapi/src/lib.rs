//! `openapi.yaml`, the description of the API, and `local/openapi.yaml`, that of the
//! local world's own routes. Both are generated: routes, schemas and errors come from the
//! functions (their cargo feature `openapi`), examples from recorded events and answers.
//! Nothing is described here that a function could say itself.

mod api;
mod examples;
mod yaml;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use shared::http::openapi::Described;

/// A generated document.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its file, from the workspace's root.
    pub path: &'static str,
    /// The document.
    pub value: Value,
    /// The same as it stands in the file.
    pub text: String,
}

/// The description of the API.
pub const API: &str = "openapi.yaml";

/// The description of the local world's own routes.
pub const LOCAL: &str = "local/openapi.yaml";

/// How to write both.
pub const HOW_TO_WRITE: &str = "run `cargo run -p openapi -- write` and review the difference";

/// The folder of the workspace.
pub fn root() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).to_path_buf()
}

/// What each function says of its routes; a new function is added here.
pub fn described() -> Vec<Described> {
    let functions = [
        billing::described(),
        credits::described(),
        profile::described(),
        stripe_webhook::described(),
        token::described(),
    ];
    functions.into_iter().flatten().collect()
}

/// Both documents, as they should stand in their files.
pub fn documents() -> Result<Vec<Document>, String> {
    let api = api::document(described(), &examples::read(&root())?)?;
    let (paths, schemas) = local::described();
    let local = json!({
        "openapi": api::OPENAPI,
        "info": {
            "title": "The local world's own routes",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Served by `cargo run` on loopback only, beside the routes of \
                            `openapi.yaml`, and never on AWS.",
            "license": api::license(),
        },
        "servers": [{"url": "http://127.0.0.1:8787"}],
        "security": [],
        "paths": paths,
        "components": {"schemas": schemas},
    });
    Ok(vec![document(API, api), document(LOCAL, local)])
}

fn document(path: &'static str, value: Value) -> Document {
    let text = yaml::text(&value);
    Document { path, value, text }
}

/// Whether a document's file is what the code says; else where it differs and what to do.
pub fn check(document: &Document) -> Result<(), String> {
    let Document { path, text, .. } = document;
    let kept = std::fs::read_to_string(root().join(path)).unwrap_or_default();
    if &kept == text {
        return Ok(());
    }
    let differs = kept
        .lines()
        .zip(text.lines())
        .position(|(one, other)| one != other);
    let line = differs.unwrap_or_else(|| kept.lines().count().min(text.lines().count()));
    let said = text.lines().nth(line).unwrap_or_default().trim();
    Err(format!(
        "{path} is not what the code says, from line {} on (now: {said:?}): {HOW_TO_WRITE}",
        line.saturating_add(1)
    ))
}

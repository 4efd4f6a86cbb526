//! Templates that were parsed before. A process that makes many worlds, as tests and the
//! simulator do, would spend a third of its time on parsing the same few texts.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde_json::Value;

use super::error::DeploymentError;
use super::yaml;

/// More texts than the product has templates.
const MAX_TEXTS: usize = 64;

static PARSED: LazyLock<Mutex<HashMap<String, Arc<Value>>>> = LazyLock::new(Mutex::default);

/// The document in a text; `file` names it in errors.
pub(super) fn parsed(file: &str, text: &str) -> Result<Arc<Value>, DeploymentError> {
    let mut known = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(document) = known.get(text) {
        return Ok(document.clone());
    }
    let document = Arc::new(yaml::parse(file, text)?);
    if known.len() >= MAX_TEXTS {
        known.clear();
    }
    known.insert(text.to_string(), document.clone());
    Ok(document)
}

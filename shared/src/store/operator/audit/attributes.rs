//! Attributes that are derived from an item's contents: they must match the contents,
//! and no other attributes may exist.

use super::Finding;
use crate::store::schema::items::{Item, SCHEMA_VERSION};
use crate::store::schema::keys::Key;

/// Attributes that are compared by meaning, not by form; and `tells`, which entries of
/// before there was a sender do not have.
const COMPARED_ELSEWHERE: [&str; 8] = [
    "postings", "lot", "lots", "holds", "drips", "plans", "alerts", "tells",
];

/// The name prefix of the mark that a migration's `up` leaves on changed items.
pub(crate) const MARK_PREFIX: &str = "up_";

/// Compares an item with the item that its own contents would be written as.
pub(super) fn check_attributes(key: &Key, item: &Item, written: &Item) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut names: Vec<&String> = item.keys().chain(written.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let is_elsewhere = COMPARED_ELSEWHERE.contains(&name.as_str());
        if is_elsewhere || name.starts_with(MARK_PREFIX) {
            continue;
        }
        let problem = match (item.get(name), written.get(name)) {
            (Some(found), Some(expected)) if found == expected => continue,
            (Some(_), Some(_)) => format!("its {name} does not follow from what it says"),
            (None, _) => format!("its {name} is missing"),
            (Some(_), None) => format!("it carries {name}, which nothing writes there"),
        };
        findings.push(Finding::new(key, problem));
    }
    findings
}

/// An item of an older schema is readable but not yet migrated.
pub(super) fn check_schema(key: &Key, item: &Item) -> Option<Finding> {
    let version = item.get("schema_version");
    let version = version.and_then(|value| value.as_n().ok());
    let is_current = version.is_some_and(|version| *version == SCHEMA_VERSION.to_string());
    (!is_current).then(|| {
        let version = version.map_or("0", String::as_str);
        let problem = format!(
            "its schema version is {version}, not {SCHEMA_VERSION}: `creditsctl migrate up` is not done"
        );
        Finding::new(key, problem)
    })
}

/// Only items that may expire may carry an expiry time.
pub(super) fn check_expiry(key: &Key, item: &Item) -> Option<Finding> {
    item.contains_key("expires_at").then(|| {
        let problem = "it carries expires_at, at which DynamoDB would delete it";
        Finding::new(key, problem)
    })
}

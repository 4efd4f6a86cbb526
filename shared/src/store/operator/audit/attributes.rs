//! Attributes beside what an item says: those that follow from it must follow
//! from it, and there are no others.

use super::Finding;
use crate::store::schema::items::{Item, SCHEMA_VERSION};
use crate::store::schema::keys::Key;

/// What is compared by its meaning and not by its form.
const COMPARED_ELSEWHERE: [&str; 7] = [
    "postings", "lot", "lots", "holds", "drips", "plans", "alerts",
];

/// The name of the mark that migration `up` leaves on what it changed starts so.
pub(crate) const MARK_PREFIX: &str = "up_";

/// Holds an item against the item that its own contents would be written as.
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

/// An item of an older schema reads well and is still to be migrated.
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

/// Only what may go by itself may carry the time at which it goes.
pub(super) fn check_expiry(key: &Key, item: &Item) -> Option<Finding> {
    item.contains_key("expires_at").then(|| {
        let problem = "it carries expires_at, at which DynamoDB would delete it";
        Finding::new(key, problem)
    })
}

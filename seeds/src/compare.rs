//! Compares a record with the seeds.

use shared::store::{FieldChange, Record};

use crate::report::Finding;

/// Fields that depend on the time of seeding, so they differ between runs.
const SETTLED_BY_TIME: [&str; 5] = [
    "created_at",
    "last_login_at",
    "current_period_start",
    "current_period_end",
    "lapses_at",
];

/// The differing fields, except those that depend on time.
pub(crate) fn compare<T: Record>(seeded: &T, existing: &T) -> Finding {
    let changes = FieldChange::between(existing, seeded).into_iter();
    let changes = changes.filter(|change| !SETTLED_BY_TIME.contains(&change.field.as_str()));
    let shown = |value: Option<serde_json::Value>| match value {
        Some(value) => value.to_string(),
        None => "absent".to_string(),
    };
    let differences: Vec<String> = changes
        .map(|FieldChange { field, from, to }| {
            format!("{field} is {}, seeded {}", shown(from), shown(to))
        })
        .collect();
    if differences.is_empty() {
        Finding::Unchanged
    } else {
        Finding::Differs(differences.join("; "))
    }
}

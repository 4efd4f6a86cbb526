//! Compares a record with the seeds.

use std::collections::BTreeSet;

use serde_json::Value;
use shared::store::Record;

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
    let fields = |record: &T| match serde_json::to_value(record) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let (seeded, existing) = (fields(seeded), fields(existing));
    let names: BTreeSet<&String> = seeded.keys().chain(existing.keys()).collect();
    let differences: Vec<String> = names
        .into_iter()
        .filter(|name| !SETTLED_BY_TIME.contains(&name.as_str()))
        .filter(|name| seeded.get(*name) != existing.get(*name))
        .map(|name| {
            let shown = |fields: &serde_json::Map<String, Value>| match fields.get(name) {
                Some(value) => value.to_string(),
                None => "absent".to_string(),
            };
            format!("{name} is {}, seeded {}", shown(&existing), shown(&seeded))
        })
        .collect();
    if differences.is_empty() {
        Finding::Unchanged
    } else {
        Finding::Differs(differences.join("; "))
    }
}

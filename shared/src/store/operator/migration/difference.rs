//! The update that turns one item into another, on the condition that every attribute
//! it changes or removes is as it was read.
//!
//! Additions need no condition of their own: any other writer that adds them also
//! stamps the item with its schema version, and that is always compared. What an
//! addition follows from is compared too.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};

use crate::store::schema::item::Item;

/// Always compared, changed or not: the schema version, and the version that grows with
/// each write of items that are put as a whole.
const GUARDS: [&str; 2] = ["schema_version", "version"];

/// An update under construction.
pub(super) struct Difference {
    update: UpdateBuilder,
    set: Vec<String>,
    removed: Vec<String>,
    conditions: Vec<String>,
    names: usize,
    values: usize,
}

impl Difference {
    /// `source` is an attribute that must be as it was read, changed or not.
    pub(super) fn between(from: &Item, to: &Item, source: Option<&str>) -> Self {
        let mut difference = Difference {
            update: Update::builder(),
            set: Vec::new(),
            removed: Vec::new(),
            conditions: Vec::new(),
            names: 0,
            values: 0,
        };
        for guard in GUARDS {
            let was = from.get(guard);
            // An item without a version is never put as a whole.
            if was.is_some() || guard != "version" {
                difference.guard(guard, was);
            }
        }
        if let Some(source) = source {
            difference.guard(source, from.get(source));
        }
        for name in names(from, to) {
            match (from.get(name), to.get(name)) {
                // Within a map, so that its other members may change meanwhile.
                (Some(AttributeValue::M(was)), Some(AttributeValue::M(is))) if was != is => {
                    let outer = difference.name(name);
                    for inner in names(was, is) {
                        let (was, is) = (was.get(inner), is.get(inner));
                        if was != is {
                            let inner = difference.name(inner);
                            difference.change(format!("{outer}.{inner}"), was, is, false);
                        }
                    }
                }
                (was, is) if was != is => {
                    let path = difference.name(name);
                    let is_guard = GUARDS.contains(&name.as_str());
                    difference.change(path, was, is, is_guard);
                }
                _ => {}
            }
        }
        difference
    }

    /// The update, with its condition.
    pub(super) fn update(mut self) -> UpdateBuilder {
        // Without this, an update would recreate a deleted item.
        self.conditions.push("attribute_exists(pk)".to_string());
        let mut expression = String::new();
        for (clause, parts) in [("SET", &self.set), ("REMOVE", &self.removed)] {
            if !parts.is_empty() {
                expression.push_str(&format!("{clause} {} ", parts.join(", ")));
            }
        }
        self.update
            .update_expression(expression.trim_end())
            .condition_expression(self.conditions.join(" AND "))
    }

    fn guard(&mut self, name: &str, was: Option<&AttributeValue>) {
        let path = self.name(name);
        match was {
            Some(was) => self.must_be(&path, was),
            None => self
                .conditions
                .push(format!("attribute_not_exists({path})")),
        }
    }

    fn change(
        &mut self,
        path: String,
        was: Option<&AttributeValue>,
        is: Option<&AttributeValue>,
        is_guarded: bool,
    ) {
        if let Some(was) = was.filter(|_| !is_guarded) {
            self.must_be(&path, was);
        }
        match is {
            Some(is) => {
                let value = self.value(is);
                self.set.push(format!("{path} = {value}"));
            }
            None => self.removed.push(path),
        }
    }

    fn must_be(&mut self, path: &str, was: &AttributeValue) {
        let value = self.value(was);
        self.conditions.push(format!("{path} = {value}"));
    }

    fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#n{}", self.names);
        self.names += 1;
        let update = std::mem::take(&mut self.update);
        self.update = update.expression_attribute_names(&placeholder, name);
        placeholder
    }

    fn value(&mut self, value: &AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values);
        self.values += 1;
        let update = std::mem::take(&mut self.update);
        self.update = update.expression_attribute_values(&placeholder, value.clone());
        placeholder
    }
}

/// All names of both items, in order.
fn names<'a>(one: &'a Item, other: &'a Item) -> Vec<&'a String> {
    let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
    names.sort();
    names.dedup();
    names
}

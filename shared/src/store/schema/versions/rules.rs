//! What a migration does to one item and how it is undone, as pure functions of the
//! item.
//!
//! One kind of migration goes from one schema version to the next. Its `up` records its additions in the item itself, under the migration's mark. Otherwise
//! an added default could not be distinguished from an original value, and `down` must
//! restore exactly the original item.
//!
//! The other kind adds an attribute that follows from the rest of the item, such as the
//! key of an index. It needs no mark and no version: older releases ignore the attribute,
//! and `down` removes it.

#![cfg_attr(
    not(feature = "operator"),
    expect(
        dead_code,
        reason = "only an operator's migration writes, and goes down again"
    )
)]

use aws_sdk_dynamodb::types::AttributeValue;

use crate::store::schema::item::Item;
use crate::store::schema::keys::{Key, Table};

/// A change of stored items.
#[derive(Debug)]
pub struct Migration {
    /// Its name, which begins with a timestamp and defines the order.
    pub id: &'static str,
    /// What it is for.
    pub title: &'static str,
    /// The attribute it leaves on changed items: of a new version the paths of its
    /// additions, separated by spaces, or `true` on items it created; else what it adds.
    pub mark: &'static str,
    /// The tables whose items it changes.
    pub tables: &'static [Table],
    pub(crate) change: Change,
}

/// What a migration changes.
#[derive(Debug)]
pub(crate) enum Change {
    /// From schema version 0 to 1.
    Version {
        /// The additions an item needs, each by its path.
        additions: fn(&Key, &Item) -> Vec<Addition>,
        /// The claims an item needs from this version on.
        claims: fn(&Key, &Item) -> Vec<Key>,
        /// The default value for a name.
        default_of: fn(&str) -> Option<AttributeValue>,
    },
    /// The attribute `mark`, present exactly if the attribute `source` is.
    Derived {
        source: &'static str,
        /// Its value.
        value: fn(&Key, &Item) -> Option<AttributeValue>,
    },
}

/// A value and its path: names and indices separated by dots, as in `lots.0.kind`.
pub(crate) type Addition = (String, AttributeValue);

const SCHEMA_VERSION: &str = "schema_version";

/// Why an item cannot be migrated up or down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// The item is not of the schema this migration starts from.
    OtherSchema,
    /// An addition of `up` was changed since.
    ChangedSince(String),
    /// Its mark is not one that `up` writes.
    Mark,
    /// The attribute does not follow from this one, which it has.
    NothingFollows(&'static str),
}

/// The schema version of an item; an item without one is version 0.
fn version_of(item: &Item) -> Option<u32> {
    match item.get(SCHEMA_VERSION) {
        None => Some(0),
        Some(version) => version.as_n().ok()?.parse().ok(),
    }
}

impl Migration {
    /// The attribute whose presence decides about the one that this migration adds; none
    /// if it goes from one schema version to the next.
    pub fn derived_from(&self) -> Option<&'static str> {
        match self.change {
            Change::Version { .. } => None,
            Change::Derived { source, .. } => Some(source),
        }
    }

    /// The claims an item needs once it is migrated up.
    pub(crate) fn claims(&self, key: &Key, item: &Item) -> Vec<Key> {
        match self.change {
            Change::Version { claims, .. } => claims(key, item),
            Change::Derived { .. } => Vec::new(),
        }
    }

    /// The migrated item.
    pub(crate) fn up(&self, key: &Key, item: &Item) -> Result<Item, Unfit> {
        let additions = match self.change {
            Change::Version { additions, .. } => additions,
            Change::Derived { source, value } => {
                let mut after = item.clone();
                match value(key, item) {
                    Some(value) => after.insert(self.mark.into(), value),
                    None => after.remove(self.mark),
                };
                if after == *item {
                    return Err(Unfit::NothingFollows(source));
                }
                return Ok(after);
            }
        };
        if version_of(item) != Some(0) {
            return Err(Unfit::OtherSchema);
        }
        let mut after = item.clone();
        let mut added = Vec::new();
        for (path, value) in additions(key, item) {
            insert(&mut after, &path, value);
            added.push(path);
        }
        if !item.contains_key(SCHEMA_VERSION) {
            added.push(SCHEMA_VERSION.to_string());
        }
        after.insert(SCHEMA_VERSION.into(), AttributeValue::N("1".into()));
        after.insert(self.mark.into(), AttributeValue::S(added.join(" ")));
        Ok(after)
    }

    /// The restored item.
    pub(crate) fn down(&self, item: &Item) -> Result<Item, Unfit> {
        let mut before = item.clone();
        let Some(AttributeValue::S(added)) = before.remove(self.mark) else {
            return Err(Unfit::Mark);
        };
        let default_of = match self.change {
            Change::Version { default_of, .. } => default_of,
            Change::Derived { .. } => return Ok(before),
        };
        if version_of(item) != Some(1) {
            return Err(Unfit::OtherSchema);
        }
        before.insert(SCHEMA_VERSION.into(), AttributeValue::N("0".into()));
        for path in added.split_whitespace() {
            let found = remove(&mut before, path);
            let name = path.rsplit('.').next().unwrap_or(path);
            if path != SCHEMA_VERSION && found != default_of(name) {
                return Err(Unfit::ChangedSince(path.to_string()));
            }
        }
        Ok(before)
    }

    /// Whether this migration created the item, so that nothing in it is to be
    /// restored.
    pub(crate) fn has_made(&self, item: &Item) -> bool {
        item.get(self.mark) == Some(&AttributeValue::Bool(true))
    }
}

/// Inserts a value at a path whose parents exist.
fn insert(item: &mut Item, path: &str, value: AttributeValue) {
    match path.split_once('.') {
        None => {
            item.insert(path.to_string(), value);
        }
        Some((name, rest)) => match item.get_mut(name) {
            Some(AttributeValue::M(inner)) => insert(inner, rest, value),
            Some(AttributeValue::L(list)) => {
                if let Some((inner, rest)) = element(list, rest) {
                    insert(inner, rest, value);
                }
            }
            _ => {}
        },
    }
}

/// Removes the value at a path.
fn remove(item: &mut Item, path: &str) -> Option<AttributeValue> {
    match path.split_once('.') {
        None => item.remove(path),
        Some((name, rest)) => match item.get_mut(name)? {
            AttributeValue::M(inner) => remove(inner, rest),
            AttributeValue::L(list) => {
                let (inner, rest) = element(list, rest)?;
                remove(inner, rest)
            }
            _ => None,
        },
    }
}

/// The map at the index that a path begins with, and the rest of the path.
fn element<'a, 'b>(
    list: &'a mut [AttributeValue],
    path: &'b str,
) -> Option<(&'a mut Item, &'b str)> {
    let (place, rest) = path.split_once('.')?;
    let place: usize = place.parse().ok()?;
    match list.get_mut(place)? {
        AttributeValue::M(inner) => Some((inner, rest)),
        _ => None,
    }
}

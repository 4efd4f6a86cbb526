//! The objects of the local Stripe, each in every version, in the order in
//! which lists show them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::stripe::{ApiVersion, Effect, Shapes};

/// How many objects the local Stripe holds, events among them.
pub const MAX_OBJECTS: usize = 10_000;

/// There is no room for another object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the local Stripe holds {MAX_OBJECTS} objects and takes no more: start the world anew")]
pub struct Full;

/// All objects.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    objects: BTreeMap<String, Kept>,
    /// By type: the moment of creation, a running number, the id.
    listed: BTreeMap<String, BTreeSet<(i64, u64, String)>>,
    next: u64,
}

#[derive(Debug)]
struct Kept {
    shapes: Shapes,
    members: BTreeMap<&'static str, Shapes>,
    deleted: bool,
}

fn text(value: &Value, name: &str) -> String {
    let text = value.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_string()
}

impl Shelf {
    /// Whether so many further objects have room.
    pub(super) fn check_room(&self, objects: usize) -> Result<(), Full> {
        if self.objects.len().saturating_add(objects) > MAX_OBJECTS {
            return Err(Full);
        }
        Ok(())
    }

    /// Changes one object.
    pub(super) fn apply(&mut self, effect: Effect) -> Result<(), Full> {
        match effect {
            Effect::Put(shapes) => self.put(shapes),
            Effect::Keep(shapes) => {
                let id = shapes.newest().map(|object| text(object, "id"));
                match id {
                    Some(id) if self.objects.contains_key(&id) => Ok(()),
                    _ => self.put(shapes),
                }
            }
            Effect::Patch(id, fields) => {
                if let Some(kept) = self.objects.get_mut(&id) {
                    kept.shapes = kept.shapes.with(&fields);
                }
                Ok(())
            }
            Effect::Members(id, name, shapes) => {
                if let Some(kept) = self.objects.get_mut(&id) {
                    kept.members.insert(name, shapes);
                }
                Ok(())
            }
            Effect::Delete(shapes) => self.delete(shapes),
        }
    }

    fn put(&mut self, shapes: Shapes) -> Result<(), Full> {
        let Some(object) = shapes.newest() else {
            return Ok(());
        };
        let id = text(object, "id");
        if let Some(kept) = self.objects.get_mut(&id) {
            if !kept.deleted {
                kept.shapes = shapes;
            }
            return Ok(());
        }
        self.check_room(1)?;
        let created = object.get("created").and_then(Value::as_i64);
        let place = (created.unwrap_or_default(), self.next, id.clone());
        self.next = self.next.saturating_add(1);
        let kind = text(object, "object");
        self.listed.entry(kind).or_default().insert(place);
        let kept = Kept {
            shapes,
            members: BTreeMap::new(),
            deleted: false,
        };
        self.objects.insert(id, kept);
        Ok(())
    }

    /// Leaves of an object its id, its type, and that it is deleted.
    fn delete(&mut self, shapes: Shapes) -> Result<(), Full> {
        let Some(object) = shapes.newest() else {
            return Ok(());
        };
        let (id, kind) = (text(object, "id"), text(object, "object"));
        self.put(shapes)?;
        if let Some(listed) = self.listed.get_mut(&kind) {
            listed.retain(|(_, _, other)| *other != id);
        }
        if let Some(kept) = self.objects.get_mut(&id) {
            kept.deleted = true;
            kept.shapes = Shapes::same(&json!({"id": id, "object": kind, "deleted": true}));
        }
        Ok(())
    }

    /// An object of that type by its id.
    pub(super) fn get(&self, id: &str, kind: &str, version: ApiVersion) -> Option<&Value> {
        let object = self.any(id, version)?;
        (object.get("object")?.as_str()? == kind).then_some(object)
    }

    /// An object of whatever type by its id.
    pub(super) fn any(&self, id: &str, version: ApiVersion) -> Option<&Value> {
        self.objects.get(id)?.shapes.of(version)
    }

    /// An object in all versions.
    pub(super) fn shapes(&self, id: &str) -> Option<&Shapes> {
        self.objects.get(id).map(|kept| &kept.shapes)
    }

    /// Whether an object was deleted.
    pub(super) fn is_deleted(&self, id: &str) -> bool {
        self.objects.get(id).is_some_and(|kept| kept.deleted)
    }

    /// All objects of a type, the newest first.
    pub(super) fn list(&self, kind: &str, version: ApiVersion) -> impl Iterator<Item = &Value> {
        let listed = self.listed.get(kind).into_iter().flatten().rev();
        listed.filter_map(move |(_, _, id)| self.any(id, version))
    }

    /// The members of an object's list: those that were given apart, else those
    /// that it carries.
    pub(super) fn members(&self, id: &str, name: &str, version: ApiVersion) -> &[Value] {
        let Some(kept) = self.objects.get(id) else {
            return &[];
        };
        let apart = kept
            .members
            .get(name)
            .and_then(|members| members.of(version));
        let carried = kept
            .shapes
            .of(version)
            .and_then(|object| object.get(name)?.get("data"));
        let members = apart.or(carried).and_then(Value::as_array);
        members.map(Vec::as_slice).unwrap_or_default()
    }
}

//! Creating, changing and deleting customers.
//! Source: <https://docs.stripe.com/api/customers/create>.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::writer::{Writer, metadata};
use crate::stripe::{Effect, Shapes};

/// The texts of a customer that can be set.
const TEXTS: [&str; 4] = ["description", "email", "name", "phone"];

fn changes(call: &mut Call, before: &Value) -> Result<Map<String, Value>, Refusal> {
    let mut changes = Map::new();
    for name in TEXTS {
        if let Some(text) = call.parameters.text_or_empty(name) {
            let text = Some(text).filter(|text| !text.is_empty());
            changes.insert(name.to_string(), json!(text));
        }
    }
    let old = before.get("metadata").unwrap_or(&Value::Null);
    if let Some(new) = metadata(&mut call.parameters, old)? {
        changes.insert("metadata".to_string(), new);
    }
    call.parameters.done()?;
    Ok(changes)
}

/// A customer of whom nothing is known.
pub(super) fn blank(id: &str, created: i64) -> Value {
    json!({
        "id": id,
        "object": "customer",
        "balance": 0,
        "created": created,
        "currency": null,
        "delinquent": false,
        "description": null,
        "email": null,
        "livemode": false,
        "metadata": {},
        "name": null,
        "phone": null,
    })
}

pub(super) fn create(writer: &mut Writer<'_>, call: &mut Call) -> Result<Value, Refusal> {
    writer.shelf.check_room(2)?;
    let blank = blank(&writer.id("cus"), writer.now);
    let changes = changes(call, &blank)?;
    let shapes = Shapes::same(&blank).with(&Value::Object(changes));
    writer.put("customer.created", shapes.clone(), None)?;
    Ok(shapes.of(call.version).cloned().unwrap_or_default())
}

/// The customer of a path, unless it is gone.
fn present(writer: &Writer<'_>, id: &str) -> Result<Shapes, Refusal> {
    let missing = || Refusal::missing("customer", id, "id");
    let shapes = writer.shelf.shapes(id).ok_or_else(missing)?;
    let is_customer = |it: &Value| it.get("object").is_some_and(|it| it == "customer");
    if writer.shelf.is_deleted(id) || !shapes.newest().is_some_and(is_customer) {
        return Err(missing());
    }
    Ok(shapes.clone())
}

pub(super) fn update(writer: &mut Writer<'_>, call: &mut Call, id: &str) -> Result<Value, Refusal> {
    let shapes = present(writer, id)?;
    writer.shelf.check_room(1)?;
    let before = shapes.of(call.version).cloned().unwrap_or_default();
    let changes = changes(call, &before)?;
    let old = changes.iter().filter_map(|(name, new)| {
        let old = before.get(name)?;
        (old != new).then(|| (name.clone(), old.clone()))
    });
    let old: Map<String, Value> = old.collect();
    let shapes = shapes.with(&Value::Object(changes));
    if !old.is_empty() {
        writer.put("customer.updated", shapes.clone(), Some(Value::Object(old)))?;
    }
    Ok(shapes.of(call.version).cloned().unwrap_or_default())
}

pub(super) fn delete(writer: &mut Writer<'_>, call: &mut Call, id: &str) -> Result<Value, Refusal> {
    call.parameters.done()?;
    let shapes = present(writer, id)?;
    writer.shelf.check_room(1)?;
    let _ = writer.report("customer.deleted", &shapes, None)?;
    writer.shelf.apply(Effect::Delete(shapes))?;
    Ok(json!({"id": id, "object": "customer", "deleted": true}))
}

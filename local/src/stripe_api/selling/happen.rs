//! What happens at Stripe becomes objects, events and deliveries.

use serde_json::{Value, json};

use super::engine::Engine;
use super::state::Selling;
use crate::stripe::{ApiVersion, Effect, Shapes};
use crate::stripe_api::refusal::Refusal;
use crate::stripe_api::writer::Writer;

/// The most objects and events that one act makes.
const ROOM: usize = 40;

/// Refuses an act that might not fit.
pub(super) fn check_room(writer: &Writer<'_>) -> Result<(), Refusal> {
    Ok(writer.shelf.check_room(ROOM)?)
}

/// Stores an object, reports it and has the event delivered.
pub(super) fn announce(
    writer: &mut Writer<'_>,
    selling: &mut Selling,
    event_type: &str,
    shapes: Shapes,
) -> Result<(), Refusal> {
    let mut event = writer.report(event_type, &shapes, None)?;
    let waiting = json!({"pending_webhooks": 1});
    writer
        .shelf
        .apply(Effect::Patch(text(&event, "id"), waiting))?;
    if let Value::Object(event) = &mut event {
        event.insert("pending_webhooks".to_string(), json!(1));
    }
    selling.send(&event);
    Ok(writer.shelf.apply(Effect::Put(shapes))?)
}

/// Stores what the billing of a customer has left, and has its events delivered.
pub(super) fn publish(
    writer: &mut Writer<'_>,
    selling: &mut Selling,
    customer: &str,
) -> Result<(), Refusal> {
    let Some(engine) = selling.engines.get_mut(customer) else {
        return Ok(());
    };
    let news = engine.take_news();
    for effect in news.objects {
        writer.shelf.apply(effect)?;
    }
    for event in news.events {
        selling.send(&event);
        writer.shelf.apply(Effect::Put(Shapes::same(&event)))?;
    }
    Ok(())
}

/// The billing of a customer. Subscriptions of theirs that are there already are
/// taken over.
pub(super) fn engine_of<'a>(
    writer: &Writer<'_>,
    selling: &'a mut Selling,
    customer: &str,
) -> &'a mut Engine {
    let Selling {
        prices,
        version,
        engines,
        ..
    } = selling;
    engines.entry(customer.to_string()).or_insert_with(|| {
        let all = super::seeded::adopted_of(writer.shelf, customer);
        let tag = hex::encode(writer.entropy.bytes());
        let tag = tag.get(..12).unwrap_or_default().to_string();
        let when = (*version, writer.now);
        if all.is_empty() {
            Engine::new(customer, tag, prices, when)
        } else {
            Engine::adopting(customer, tag, prices, when, &all)
        }
    })
}

/// Renewals and ends that are due have happened, and sessions have expired.
pub(in crate::stripe_api) fn let_time_pass(
    writer: &mut Writer<'_>,
    selling: &mut Selling,
) -> Result<(), Refusal> {
    let customers: Vec<String> = selling.engines.keys().cloned().collect();
    for customer in customers {
        if let Some(engine) = selling.engines.get_mut(&customer) {
            engine.advance(writer.now);
        }
        publish(writer, selling, &customer)?;
    }
    let open: Vec<String> = selling.open.iter().cloned().collect();
    for id in open {
        let session = writer
            .shelf
            .get(&id, "checkout.session", ApiVersion::default());
        let ends = session.and_then(|it| it.get("expires_at")?.as_i64());
        if ends.is_some_and(|ends| ends <= writer.now) {
            expire(writer, selling, &id)?;
        }
    }
    Ok(())
}

/// Ends an open session without a purchase.
pub(super) fn expire(
    writer: &mut Writer<'_>,
    selling: &mut Selling,
    id: &str,
) -> Result<(), Refusal> {
    selling.open.remove(id);
    selling.to_confirm.remove(id);
    let shapes = writer.shelf.shapes(id).cloned().unwrap_or_default();
    let shapes = shapes.with(&json!({"status": "expired", "url": null}));
    announce(writer, selling, "checkout.session.expired", shapes)
}

/// A text of an object, empty if it has none.
pub(super) fn text(object: &Value, name: &str) -> String {
    let text = object.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_string()
}

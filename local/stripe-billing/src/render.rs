//! Objects and events as JSON, in the shape of an API version. Shapes differ in
//! where they put periods, subscriptions, prices and payments; see <https://docs.stripe.com/changelog/basil>.

mod invoice;
mod line;
mod money;
mod note;
mod shape;
mod subscription;

use serde_json::{Map, Value, json};

pub use shape::Shape;

use crate::objects::{Event, Object};

/// An event as Stripe posts it.
pub fn render(event: &Event, shape: Shape) -> Value {
    let mut data = Map::new();
    data.insert("object".to_string(), object(&event.object, shape));
    if let Some(previous) = previous(&event.object, shape) {
        data.insert("previous_attributes".to_string(), previous);
    }
    json!({
        "id": event.id,
        "object": "event",
        "api_version": shape.api_version(),
        "created": event.created,
        "data": data,
        "livemode": false,
        "pending_webhooks": 1,
        "request": {"id": null, "idempotency_key": null},
        "type": event.kind,
    })
}

/// An object alone, as an event or a look-up shows it.
pub(crate) fn object(object: &Object, shape: Shape) -> Value {
    match object {
        Object::Subscription {
            now,
            latest_invoice,
            ..
        } => subscription::subscription(now, latest_invoice.as_deref(), shape),
        Object::Invoice {
            invoice,
            lines,
            subscription,
            payment,
        } => invoice::invoice(invoice, lines, subscription, *payment, shape),
        Object::InvoicePayment(payment) => invoice::payment(payment),
        Object::Charge { payment, .. } => money::charge(payment, shape),
        Object::Refund(refund) => money::refund(refund),
        Object::Dispute(dispute) => money::dispute(dispute),
        Object::CreditNote(note) => note::credit_note(note, shape),
    }
}

/// `previous_attributes`: the fields that changed, as they were.
fn previous(object: &Object, shape: Shape) -> Option<Value> {
    match object {
        Object::Subscription { now, before, .. } => {
            // The latest invoice is not compared: it never changes alone.
            let before = subscription::subscription(before.as_ref()?, None, shape);
            changed(&before, &subscription::subscription(now, None, shape))
        }
        Object::Charge {
            payment,
            refunded_before,
        } => Some(json!({"amount_refunded": refunded_before, "refunded": false}))
            .filter(|_| payment.refunded != *refunded_before),
        Object::Invoice { .. }
        | Object::InvoicePayment(_)
        | Object::Refund(_)
        | Object::Dispute(_)
        | Object::CreditNote(_) => None,
    }
}

/// Whether an updated subscription has a visible difference.
pub(crate) fn shows_a_change(object: &Object) -> bool {
    previous(object, Shape::Basil).is_some()
}

/// The values of `before` that have changed; objects by field, lists as a whole.
fn changed(before: &Value, now: &Value) -> Option<Value> {
    let (Some(old), Some(new)) = (before.as_object(), now.as_object()) else {
        return (before != now).then(|| before.clone());
    };
    let differing = old.iter().filter_map(|(name, old)| {
        let new = new.get(name).unwrap_or(&Value::Null);
        Some((name.clone(), changed(old, new)?))
    });
    let differing: Map<String, Value> = differing.collect();
    (!differing.is_empty()).then_some(Value::Object(differing))
}

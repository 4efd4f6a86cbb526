//! Renders what happens as Stripe sends it: the event's envelope and its
//! object, in the shape of one API version.

mod catalogue;
mod invoices;
mod payments;
mod remains;
mod subscriptions;

use serde_json::{Map, Value, json};

use super::event::{Cast, StoryEvent};
use super::scenario::Scenario;
use super::script::{Object, TimedEvent};
use super::version::ApiVersion;

pub(crate) use catalogue::price_and_product;
pub(crate) use payments::PaymentFacts;
pub(crate) use remains::traces;

/// The only currency of the seeded catalogue.
const CURRENCY: &str = "usd";

pub(crate) fn events(scenario: Scenario, cast: &Cast, version: ApiVersion) -> Vec<StoryEvent> {
    let pen = Pen {
        cast,
        version,
        expands: true,
    };
    // An event that a version lacks keeps its number, so that every event has
    // the same id in all versions.
    let numbered = (1_u32..).zip(scenario.happenings(cast.start));
    numbered
        .filter(|(_, happening)| pen.knows(&happening.object))
        .map(|(number, happening)| pen.event(scenario, number, &happening))
        .collect()
}

/// Renders the objects of one cast for one API version.
#[derive(Clone, Copy)]
struct Pen<'a> {
    cast: &'a Cast,
    version: ApiVersion,
    /// Whether some references are whole objects where the version is dahlia.
    expands: bool,
}

impl Pen<'_> {
    fn knows(self, object: &Object) -> bool {
        !(self.is_acacia() && matches!(object, Object::InvoicePayment(_)))
    }

    /// Whether it has the shapes from before spring 2025.
    fn is_acacia(self) -> bool {
        self.version == ApiVersion::Acacia
    }

    /// Whether subscriptions use flexible billing, the default since clover.
    fn is_flexible(self) -> bool {
        self.version >= ApiVersion::Clover
    }

    fn id(self, prefix: &str) -> String {
        format!("{prefix}_{}", self.cast.suffix)
    }

    fn numbered(self, prefix: &str, number: u32) -> String {
        format!("{prefix}_{}_{number}", self.cast.suffix)
    }

    /// A reference to another object: its id or, in dahlia, the expanded
    /// object, so that both of Stripe's forms occur.
    fn reference(self, id: String, object: &str) -> Value {
        if self.expands && self.version == ApiVersion::Dahlia {
            json!({"id": id, "object": object})
        } else {
            json!(id)
        }
    }

    /// Metadata that names the user, if it does.
    fn user_metadata(self, names_user: bool) -> Value {
        if names_user {
            json!({"user_id": self.cast.user_id})
        } else {
            json!({})
        }
    }

    fn event_id(self, scenario: Scenario, number: u32) -> String {
        let scenario = scenario.name().replace('-', "_");
        format!("evt_{}_{scenario}_{number}", self.cast.suffix)
    }

    fn event(self, scenario: Scenario, number: u32, happening: &TimedEvent) -> StoryEvent {
        let id = self.event_id(scenario, number);
        let mut data = json!({"object": self.object(&happening.object)});
        if let Some(previous) = self.previous_attributes(&happening.object) {
            data = merged(data, json!({"previous_attributes": previous}));
        }
        let body = json!({
            "id": id,
            "object": "event",
            "api_version": self.version.api_version(),
            "created": happening.at.unix_seconds(),
            "data": data,
            "livemode": false,
            "pending_webhooks": 1,
            "request": {"id": null, "idempotency_key": null},
            "type": happening.event_type,
        });
        StoryEvent {
            id,
            event_type: happening.event_type.to_string(),
            body,
        }
    }

    fn object(self, object: &Object) -> Value {
        match object {
            Object::Session(session) => self.session(session),
            Object::Subscription { now, .. } => self.subscription(now),
            Object::Invoice(invoice) => self.invoice(invoice),
            Object::InvoicePayment(invoice) => self.invoice_payment(invoice),
            Object::Charge(charge) => self.charge(charge),
            Object::Refund(refund) => self.refund(refund),
            Object::Dispute(dispute) => self.dispute(dispute),
            Object::CreditNote(note) => self.credit_note(note),
            Object::Customer => self.customer(),
        }
    }

    /// The `previous_attributes` of an update, in the version's shape.
    fn previous_attributes(self, object: &Object) -> Option<Value> {
        match object {
            Object::Subscription {
                now,
                before: Some(before),
            } => Some(difference(
                &self.subscription(before),
                &self.subscription(now),
            )),
            Object::Refund(refund) => {
                let status = refund.previously?;
                Some(json!({"status": status}))
            }
            _ => None,
        }
    }
}

/// Merges the fields of two objects; the second wins.
fn merged(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

/// The old values of changed fields. Of a list Stripe sends only its data,
/// complete.
fn difference(before: &Value, now: &Value) -> Value {
    let mut changed = Map::new();
    for (name, old) in before.as_object().into_iter().flatten() {
        if now.get(name) != Some(old) {
            let old = match old.get("data") {
                Some(data) => json!({"data": data}),
                None => old.clone(),
            };
            changed.insert(name.clone(), old);
        }
    }
    Value::Object(changed)
}

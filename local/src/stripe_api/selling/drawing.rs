//! What the billing of a customer leaves, in the shape of every version: objects
//! that have changed, and events.

use serde_json::{Value, json};
use stripe_billing::{Event, Object, Shape, look_up, render};

use super::engine::Engine;
use crate::stripe::{ApiVersion, Effect, PaymentFacts, Shapes};

/// What has happened since it was last asked.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) objects: Vec<Effect>,
    /// Whole events, in order.
    pub(super) events: Vec<Value>,
}

impl Engine {
    /// What has changed since the last time.
    pub(super) fn take_news(&mut self) -> News {
        let mut news = News::default();
        for id in self.ids() {
            let Some(drawn) = self.drawn(&id, Shape::Basil) else {
                continue;
            };
            if self.shown.get(&id) == Some(&drawn) {
                continue;
            }
            news.objects.push(Effect::Put(self.shapes(&id)));
            self.shown.insert(id, drawn);
        }
        let new = self.model.events.iter().skip(self.reported);
        let shape = shape_of(self.version);
        let posted = new.filter(|event| shape.posts(event));
        news.events = posted.map(|event| self.event(event, shape)).collect();
        self.reported = self.model.events.len();
        news
    }

    fn event(&self, event: &Event, shape: Shape) -> Value {
        let mut event = self.names.renamed(render(event, shape));
        if let Value::Object(fields) = &mut event {
            let version = json!(self.version.api_version());
            fields.insert("api_version".to_string(), version);
        }
        event
    }

    /// The model's ids of everything, what others refer to first.
    fn ids(&self) -> Vec<String> {
        let subscriptions = self.model.subscriptions.iter().map(|it| it.id.clone());
        let invoices = self.model.invoices.iter().map(|it| it.id.clone());
        let payments = self.model.payments.iter().flat_map(|payment| {
            let number = payment.number;
            ["pi", "ch", "inpay"].map(|prefix| format!("{prefix}_{number}"))
        });
        subscriptions.chain(invoices).chain(payments).collect()
    }

    fn shapes(&self, id: &str) -> Shapes {
        Shapes::draw(|version| {
            let is_new = id.starts_with("inpay_");
            if is_new && version == ApiVersion::Acacia {
                return None;
            }
            if id.starts_with("pi_") {
                return self.intent(id, version);
            }
            self.drawn(id, shape_of(version))
        })
    }

    /// An object in the shape of a version.
    fn drawn(&self, id: &str, shape: Shape) -> Option<Value> {
        if id.starts_with("pi_") {
            return self.intent(id, ApiVersion::Basil);
        }
        let object = if id.starts_with("inpay_") {
            let event = Event {
                id: String::new(),
                created: 0,
                kind: "invoice_payment.paid",
                object: Object::InvoicePayment(self.payment(id)?.clone()),
            };
            render(&event, shape).pointer("/data/object")?.clone()
        } else {
            look_up(&self.model, id, shape)?
        };
        Some(self.names.renamed(object))
    }

    fn payment(&self, id: &str) -> Option<&stripe_billing::Payment> {
        let (_, number) = id.split_once('_')?;
        let number: usize = number.parse().ok()?;
        let mut all = self.model.payments.iter();
        all.find(|payment| payment.number == number)
    }

    /// The model has no payment intents; a payment that succeeded has one.
    fn intent(&self, id: &str, version: ApiVersion) -> Option<Value> {
        let payment = self.payment(id)?;
        let number = payment.number;
        let facts = PaymentFacts {
            intent: self.names.of(id),
            charge: Some(self.names.of(&format!("ch_{number}"))),
            amount: payment.amount,
            currency: payment.currency.clone(),
            customer: Some(payment.customer_id.clone()),
            created: payment.created,
            status: "succeeded",
            invoice: Some(self.names.of(&payment.invoice_id)),
            metadata: json!({}),
        };
        Some(facts.intent(version))
    }
}

fn shape_of(version: ApiVersion) -> Shape {
    match version {
        ApiVersion::Acacia => Shape::Acacia,
        ApiVersion::Basil | ApiVersion::Clover | ApiVersion::Dahlia => Shape::Basil,
    }
}

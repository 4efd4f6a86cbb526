//! What a story leaves at Stripe: the object of each event, and the objects
//! around it that no event carries, such as payment intents, line items and
//! the lines of a long invoice.

use serde_json::{Value, json};

use super::Pen;
use crate::stripe::script::TimedEvent;
use crate::stripe::script::{Charge, Dispute, Invoice, Object, Payment, Purchase, Session};
use crate::stripe::{ApiVersion, Cast, Effect, Scenario, Shapes, Trace};

pub(crate) fn traces(scenario: Scenario, cast: &Cast, version: ApiVersion) -> Vec<Trace> {
    let sender = Pen {
        cast,
        version,
        expands: true,
    };
    let archive = Archive { cast };
    let numbered = (1_u32..).zip(scenario.happenings(cast.start));
    let traces = numbered.map(|(number, happening)| Trace {
        id: sender.event_id(scenario, number),
        event: sender
            .knows(&happening.object)
            .then(|| sender.event(scenario, number, &happening)),
        effects: archive.effects(&happening),
    });
    traces.collect()
}

/// Draws the objects of a cast in all versions.
#[derive(Clone, Copy)]
struct Archive<'a> {
    cast: &'a Cast,
}

impl<'a> Archive<'a> {
    fn pen(self, version: ApiVersion) -> Pen<'a> {
        Pen {
            cast: self.cast,
            version,
            expands: false,
        }
    }

    fn shapes(self, draw: impl Fn(Pen<'a>) -> Value) -> Shapes {
        Shapes::draw(|version| Some(draw(self.pen(version))))
    }

    fn id(self, prefix: &str, number: u32) -> String {
        self.pen(ApiVersion::default()).numbered(prefix, number)
    }

    fn effects(self, happening: &TimedEvent) -> Vec<Effect> {
        let object = &happening.object;
        let itself = Shapes::draw(|version| {
            let pen = self.pen(version);
            pen.knows(object).then(|| pen.object(object))
        });
        if let Object::Customer = object {
            return vec![Effect::Delete(itself)];
        }
        let mut effects = vec![
            Effect::Keep(self.shapes(Pen::customer)),
            Effect::Put(itself),
        ];
        match object {
            Object::Session(session) => effects.extend(self.sold(session, happening)),
            Object::Invoice(invoice) => effects.extend(self.billed(invoice)),
            Object::Dispute(dispute) => effects.extend(self.disputed(dispute)),
            Object::Subscription { .. }
            | Object::InvoicePayment(_)
            | Object::Charge(_)
            | Object::Refund(_)
            | Object::CreditNote(_)
            | Object::Customer => {}
        }
        effects
    }

    fn sold(self, session: &Session, happening: &TimedEvent) -> Vec<Effect> {
        let items = self.shapes(|pen| json!(pen.line_items(session)));
        let id = self.id("cs_test", session.number);
        let mut effects = vec![Effect::Members(id, "line_items", items)];
        let (pack, quantity) = match session.purchase {
            Purchase::Subscription { .. } => return effects,
            Purchase::PackByLink(pack) => (pack, 1),
            Purchase::PackByPrice(pack, quantity) | Purchase::PackByLineItems(pack, quantity) => {
                (pack, quantity)
            }
        };
        let failed = happening.event_type == "checkout.session.async_payment_failed";
        effects.extend(self.paid(&Payment {
            number: session.number,
            created: session.created,
            amount: pack.amount.saturating_mul(quantity),
            status: match session.payment_status {
                "unpaid" if failed => "requires_payment_method",
                "unpaid" => "processing",
                _ => "succeeded",
            },
            of_invoice: false,
        }));
        effects
    }

    fn billed(self, invoice: &Invoice) -> Vec<Effect> {
        let lines = self.shapes(|pen| json!(pen.all_lines(invoice)));
        let id = self.id("in", invoice.number);
        let mut effects = vec![Effect::Members(id, "lines", lines)];
        if invoice.due() == 0 {
            return effects;
        }
        effects.push(Effect::Put(Shapes::draw(|version| {
            let pen = self.pen(version);
            (!pen.is_acacia()).then(|| pen.invoice_payment(invoice))
        })));
        effects.extend(self.paid(&Payment {
            number: invoice.number,
            created: invoice.created,
            amount: invoice.due(),
            status: if invoice.paid {
                "succeeded"
            } else {
                "requires_payment_method"
            },
            of_invoice: true,
        }));
        effects
    }

    /// A payment intent, and its charge once it has succeeded.
    fn paid(self, payment: &Payment) -> Vec<Effect> {
        let intent = self.shapes(|pen| pen.payment_intent(payment));
        let mut effects = vec![Effect::Put(intent)];
        if payment.status == "succeeded" {
            let charge = Charge {
                payment: payment.number,
                created: payment.created,
                amount: payment.amount,
                refunded: 0,
                of_invoice: payment.of_invoice,
            };
            effects.push(Effect::Keep(self.shapes(|pen| pen.charge(&charge))));
        }
        effects
    }

    fn disputed(self, dispute: &Dispute) -> Vec<Effect> {
        let charge = self.id("ch", dispute.payment);
        let mut effects = vec![Effect::Patch(charge, json!({"disputed": true}))];
        let moved = self.pen(ApiVersion::default()).moved(dispute);
        let moved = moved.iter().map(|moved| Effect::Put(Shapes::same(moved)));
        effects.extend(moved);
        effects
    }
}

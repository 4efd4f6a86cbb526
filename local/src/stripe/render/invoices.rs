//! Invoices with their lines and payments. Acacia names subscription and
//! payment on the invoice itself. Later versions use a parent for the
//! subscription and a separate object for the payment.

use serde_json::{Value, json};

use super::catalogue::product;
use super::{CURRENCY, Pen, merged};
use crate::stripe::ApiVersion;
use crate::stripe::script::{CreditNote, Invoice, Line, LineKind};

/// How many lines an invoice carries.
const MAX_LINES: usize = 10;

impl Pen<'_> {
    pub(super) fn invoice(self, invoice: &Invoice) -> Value {
        let remaining = invoice.due().saturating_sub(invoice.amount_paid());
        let created = invoice.created.unix_seconds();
        let discounts = self.discounts(invoice.discount());
        let object = json!({
            "id": self.numbered("in", invoice.number),
            "object": "invoice",
            "amount_due": invoice.due(),
            "amount_paid": invoice.amount_paid(),
            "amount_remaining": remaining,
            "attempt_count": invoice.attempts,
            "attempted": true,
            "auto_advance": !invoice.paid,
            "billing_reason": invoice.reason,
            "collection_method": "charge_automatically",
            "created": created,
            "currency": CURRENCY,
            "customer": self.reference(self.id("cus"), "customer"),
            "customer_email": null,
            "customer_name": null,
            "description": null,
            "due_date": null,
            "starting_balance": invoice.starting_balance,
            "ending_balance": invoice.paid.then(|| invoice.ending_balance()),
            "lines": self.lines(invoice),
            "livemode": false,
            "metadata": {},
            "period_start": invoice.span.start.unix_seconds(),
            "period_end": invoice.span.end.unix_seconds(),
            "status": if invoice.paid { "paid" } else { "open" },
            "subtotal": invoice.subtotal(),
            "total": invoice.total(),
            "total_discount_amounts": discounts,
        });
        merged(object, self.invoice_links(invoice))
    }

    /// Which subscription and which payment an invoice belongs to.
    fn invoice_links(self, invoice: &Invoice) -> Value {
        let metadata = self.user_metadata(invoice.names_user);
        if !self.is_acacia() {
            return json!({
                "amount_overpaid": 0,
                "parent": {
                    "type": "subscription_details",
                    "quote_details": null,
                    "subscription_details": {
                        "metadata": metadata,
                        "subscription": self.id("sub"),
                    },
                },
                "total_taxes": [],
            });
        }
        let costs = invoice.due() > 0;
        json!({
            "charge": costs.then(|| self.numbered("ch", invoice.number)),
            "discount": null,
            "paid": invoice.paid,
            "paid_out_of_band": false,
            "payment_intent": costs.then(|| self.numbered("pi", invoice.number)),
            "quote": null,
            "subscription": self.id("sub"),
            "subscription_details": {"metadata": metadata},
            "tax": null,
        })
    }

    fn discounts(self, amount: i64) -> Value {
        if amount == 0 {
            return json!([]);
        }
        json!([{"amount": amount, "discount": self.id("di")}])
    }

    /// The first lines; an invoice carries no more, wherever it is shown.
    fn lines(self, invoice: &Invoice) -> Value {
        let mut data = self.all_lines(invoice);
        let count = data.len();
        data.truncate(MAX_LINES);
        json!({
            "object": "list",
            "total_count": count,
            "has_more": data.len() < count,
            "data": data,
            "url": format!("/v1/invoices/{}/lines", self.numbered("in", invoice.number)),
        })
    }

    /// Every line, as Stripe's API shows them page by page.
    pub(super) fn all_lines(self, invoice: &Invoice) -> Vec<Value> {
        let number = invoice.number;
        let lines = (1_u32..).zip(&invoice.lines);
        let lines =
            lines.map(|(position, line)| self.line(&format!("{number}_{position}"), invoice, line));
        lines.collect()
    }

    fn line(self, place: &str, invoice: &Invoice, line: &Line) -> Value {
        let suffix = &self.cast.suffix;
        let object = json!({
            "id": format!("il_{suffix}_{place}"),
            "object": "line_item",
            "amount": line.amount,
            "currency": CURRENCY,
            "description": null,
            "discount_amounts": self.discounts(line.discount),
            "discountable": line.kind == LineKind::Period,
            "invoice": self.numbered("in", invoice.number),
            "livemode": false,
            "metadata": self.user_metadata(invoice.names_user),
            "period": {
                "start": line.span.start.unix_seconds(),
                "end": line.span.end.unix_seconds(),
            },
            "quantity": line.quantity,
        });
        let invoice_item = format!("ii_{suffix}_{place}");
        let links = if self.is_acacia() {
            self.line_links_of_acacia(invoice_item, line)
        } else {
            self.line_links(invoice_item, line)
        };
        merged(object, links)
    }

    fn line_links_of_acacia(self, invoice_item: String, line: &Line) -> Value {
        let proration = line.kind == LineKind::Proration;
        json!({
            "invoice_item": proration.then_some(invoice_item),
            "price": self.price(line.plan),
            "proration": proration,
            "proration_details": {"credited_items": null},
            "subscription": self.id("sub"),
            "subscription_item": self.id("si"),
            "type": if proration { "invoiceitem" } else { "subscription" },
        })
    }

    /// A proration is an invoice item up to clover and, in dahlia, a line of
    /// the subscription item itself, so that both are sent.
    fn line_links(self, invoice_item: String, line: &Line) -> Value {
        let proration = line.kind == LineKind::Proration;
        let details = json!({
            "proration": proration,
            "proration_details": null,
            "subscription": self.id("sub"),
            "subscription_item": self.id("si"),
        });
        let parent = if proration && self.version < ApiVersion::Dahlia {
            json!({
                "type": "invoice_item_details",
                "invoice_item_details":
                    merged(details, json!({"invoice_item": invoice_item})),
                "subscription_item_details": null,
            })
        } else {
            json!({
                "type": "subscription_item_details",
                "invoice_item_details": null,
                "subscription_item_details": merged(details, json!({"invoice_item": null})),
            })
        };
        json!({
            "parent": parent,
            "pricing": {
                "type": "price_details",
                "price_details": {"price": line.plan.price, "product": product(line.plan.price)},
                "unit_amount_decimal": line.plan.amount.to_string(),
            },
            "subtotal": line.amount,
            "taxes": [],
        })
    }

    pub(super) fn invoice_payment(self, invoice: &Invoice) -> Value {
        json!({
            "id": self.numbered("inpay", invoice.number),
            "object": "invoice_payment",
            "amount_paid": invoice.amount_paid(),
            "amount_requested": invoice.due(),
            "created": invoice.created.unix_seconds(),
            "currency": CURRENCY,
            "invoice": self.numbered("in", invoice.number),
            "is_default": true,
            "livemode": false,
            "payment": {
                "type": "payment_intent",
                "payment_intent": self.numbered("pi", invoice.number),
            },
            "status": if invoice.paid { "paid" } else { "open" },
        })
    }

    /// A credit note to the customer's balance. Acacia names one refund, later
    /// versions list them; here there is none.
    pub(super) fn credit_note(self, note: &CreditNote) -> Value {
        let id = self.numbered("cn", note.invoice);
        let refunds = if self.is_acacia() {
            json!({"refund": null})
        } else {
            json!({"refunds": []})
        };
        let line = json!({
            "id": self.numbered("cnli", note.invoice),
            "object": "credit_note_line_item",
            "amount": note.amount,
            "description": null,
            "discount_amount": 0,
            "discount_amounts": [],
            "livemode": false,
            "quantity": 1,
            "type": "custom_line_item",
        });
        let object = json!({
            "id": id,
            "object": "credit_note",
            "amount": note.amount,
            "created": note.created.unix_seconds(),
            "currency": CURRENCY,
            "customer": self.reference(self.id("cus"), "customer"),
            "customer_balance_transaction": self.numbered("cbtxn", note.invoice),
            "discount_amount": 0,
            "invoice": self.numbered("in", note.invoice),
            "lines": {
                "object": "list",
                "data": [line],
                "has_more": false,
                "total_count": 1,
                "url": format!("/v1/credit_notes/{id}/lines"),
            },
            "livemode": false,
            "memo": null,
            "metadata": {},
            "out_of_band_amount": null,
            "post_payment_amount": note.amount,
            "pre_payment_amount": 0,
            "reason": null,
            "status": "issued",
            "subtotal": note.amount,
            "total": note.amount,
            "type": "post_payment",
            "voided_at": null,
        });
        merged(object, refunds)
    }
}

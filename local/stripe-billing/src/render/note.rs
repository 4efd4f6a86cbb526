//! Credit notes.
//! Source: <https://docs.stripe.com/api/credit_notes/object>.

use serde_json::{Value, json};

use super::shape::{Shape, list, with};
use crate::objects::CreditNote;

pub(super) fn credit_note(note: &CreditNote, shape: Shape) -> Value {
    let discount = note.line.as_ref().map_or(0, |line| line.discount);
    let before_payment = note.pre_payment > 0;
    let transaction = (note.to_balance > 0).then(|| note.id.replace("cn_", "cbtxn_cn_"));
    let object = json!({
        "id": note.id,
        "object": "credit_note",
        "amount": note.amount,
        "amount_shipping": 0,
        "created": note.created,
        "currency": note.currency,
        "customer": note.customer_id,
        "customer_balance_transaction": transaction,
        "discount_amount": discount,
        "discount_amounts": [],
        "effective_at": note.created,
        "invoice": note.invoice_id,
        "lines": list(vec![line(note)], &format!("/v1/credit_notes/{}/lines", note.id)),
        "livemode": false,
        "memo": null,
        "metadata": {},
        "number": note.id.replace("cn_", "MODEL-CN-"),
        "out_of_band_amount": Some(note.out_of_band).filter(|amount| *amount > 0),
        "post_payment_amount": note.amount - note.pre_payment,
        "pre_payment_amount": note.pre_payment,
        "reason": null,
        "shipping_cost": null,
        "status": if note.voided_at.is_some() { "void" } else { "issued" },
        "subtotal": note.amount + discount,
        "total": note.amount,
        "type": if before_payment { "pre_payment" } else { "post_payment" },
        "voided_at": note.voided_at,
    });
    let refund = note.refund.as_ref();
    let more = match shape {
        Shape::Acacia => json!({"refund": refund.map(|(_, id, _)| id)}),
        Shape::Basil => {
            let refunds = refund.map(|(_, id, amount)| {
                json!({"amount_refunded": amount, "refund": id, "type": "refund"})
            });
            json!({"refunds": refunds.into_iter().collect::<Vec<_>>()})
        }
    };
    with(object, more)
}

fn line(note: &CreditNote) -> Value {
    let object = json!({
        "id": note.id.replace("cn_", "cnli_"),
        "object": "credit_note_line_item",
        "amount": note.amount,
        "description": "Credit",
        "discount_amount": 0,
        "discount_amounts": [],
        "livemode": false,
        "quantity": null,
        "type": "custom_line_item",
        "unit_amount": null,
        "unit_amount_decimal": null,
    });
    match &note.line {
        Some(line) => with(
            object,
            json!({
                "type": "invoice_line_item",
                "invoice_line_item": line.line_id,
                "amount": line.amount,
                "discount_amount": line.discount,
            }),
        ),
        None => object,
    }
}

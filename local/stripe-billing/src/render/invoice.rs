//! Invoices and their payments.
//! Source: <https://docs.stripe.com/api/invoices/object> and
//! <https://docs.stripe.com/api/invoice-payment/object>.

use serde_json::{Value, json};

use super::line::line;
use super::shape::{Shape, list, with};
use super::subscription::{collection, discount_id, discounts};
use crate::act::Collection;
use crate::objects::{Invoice, InvoiceStatus, Line, Payment, Subscription};

const DAY: i64 = 86_400;

pub(super) fn invoice(
    invoice: &Invoice,
    lines: &[Line],
    sub: &Subscription,
    payment: Option<usize>,
    shape: Shape,
) -> Value {
    let mut object = common(invoice, lines, sub, shape);
    let metadata = json!({"user_id": sub.user});
    match shape {
        Shape::Acacia => {
            object = with(
                object,
                json!({
                    "paid": invoice.status == InvoiceStatus::Paid,
                    "paid_out_of_band": false,
                    "payment_intent": payment.map(|number| format!("pi_{number}")),
                    "charge": payment.map(|number| format!("ch_{number}")),
                    "subscription": sub.id,
                    "subscription_details": {"metadata": metadata},
                    "tax": null,
                    "total_tax_amounts": [],
                }),
            );
        }
        Shape::Basil => {
            object = with(
                object,
                json!({
                    "amount_overpaid": 0,
                    "parent": {
                    "type": "subscription_details",
                    "quote_details": null,
                    "subscription_details": {"metadata": metadata, "subscription": sub.id},
                },
                    "total_taxes": [],
                }),
            );
        }
    }
    object
}

fn common(invoice: &Invoice, lines: &[Line], sub: &Subscription, shape: Shape) -> Value {
    let rendered = lines
        .iter()
        .map(|it| line(it, &invoice.id, &sub.user, shape));
    let discount: i64 = lines.iter().map(|line| line.discount).sum();
    let discount =
        (discount > 0).then(|| json!({"amount": discount, "discount": discount_id(&sub.id)}));
    let sent = sub.collection == Collection::Send;
    let due = invoice
        .finalized_at
        .filter(|_| sent)
        .map(|at| at + 30 * DAY);
    let open = invoice.status == InvoiceStatus::Open;
    json!({
        "id": invoice.id,
        "object": "invoice",
        "amount_due": invoice.amount_due,
        "amount_paid": invoice.amount_paid,
        "amount_remaining": invoice.remaining(),
        "amount_shipping": 0,
        "application": null,
        "attempt_count": invoice.attempts,
        "attempted": invoice.attempts > 0 || invoice.status == InvoiceStatus::Paid,
        "auto_advance": open && !sent,
        "automatic_tax": {"enabled": false, "liability": null, "status": null},
        "billing_reason": invoice.reason,
        "collection_method": collection(sub.collection),
        "created": invoice.created,
        "currency": invoice.currency,
        "customer": sub.customer_id,
        "customer_email": null,
        "description": null,
        "discounts": discounts(sub),
        "due_date": due,
        "effective_at": invoice.finalized_at,
        "ending_balance": invoice.ending_balance,
        "lines": list(rendered.collect(), &format!("/v1/invoices/{}/lines", invoice.id)),
        "livemode": false,
        "metadata": {},
        "number": invoice.finalized_at.map(|_| invoice.id.replace("in_", "MODEL-")),
        "period_end": invoice.created,
        "period_start": invoice.created,
        "post_payment_credit_notes_amount": invoice.post_payment_notes,
        "pre_payment_credit_notes_amount": invoice.pre_payment_notes,
        "starting_balance": invoice.starting_balance,
        "status": invoice.status.word(),
        "status_transitions": {
            "finalized_at": invoice.finalized_at,
            "marked_uncollectible_at": invoice.uncollectible_at,
            "paid_at": invoice.paid_at,
            "voided_at": invoice.voided_at,
        },
        "subtotal": invoice.subtotal,
        "total": invoice.total,
        "total_discount_amounts": discount.into_iter().collect::<Vec<_>>(),
        "total_excluding_tax": invoice.total,
    })
}

/// The payment of an invoice, an object of its own since basil.
pub(super) fn payment(payment: &Payment) -> Value {
    let number = payment.number;
    json!({
        "id": format!("inpay_{number}"),
        "object": "invoice_payment",
        "amount_paid": payment.amount,
        "amount_requested": payment.amount,
        "created": payment.created,
        "currency": payment.currency,
        "invoice": payment.invoice_id,
        "is_default": true,
        "livemode": false,
        "payment": {"type": "payment_intent", "payment_intent": format!("pi_{number}")},
        "status": "paid",
        "status_transitions": {"canceled_at": null, "paid_at": payment.created},
    })
}

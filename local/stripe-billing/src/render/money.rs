//! Charges, refunds and disputes.
//! Source: <https://docs.stripe.com/api/charges/object>,
//! <https://docs.stripe.com/api/refunds/object> and
//! <https://docs.stripe.com/api/disputes/object>.

use serde_json::{Value, json};

use super::shape::{Shape, with};
use crate::objects::{Dispute, Payment, Refund, Transaction};

pub(super) fn charge(payment: &Payment, shape: Shape) -> Value {
    let number = payment.number;
    let mut object = json!({
        "id": format!("ch_{number}"),
        "object": "charge",
        "amount": payment.amount,
        "amount_captured": payment.amount,
        "amount_refunded": payment.refunded,
        "billing_details": {"email": null, "name": null},
        "captured": true,
        "created": payment.created,
        "currency": payment.currency,
        "customer": payment.customer_id,
        "disputed": payment.disputed > 0,
        "livemode": false,
        "metadata": {},
        "paid": true,
        "payment_intent": format!("pi_{number}"),
        "refunded": payment.refunded == payment.amount,
        "status": "succeeded",
    });
    if shape == Shape::Acacia {
        object = with(
            object,
            json!({
                "invoice": payment.invoice_id,
            }),
        );
    }
    object
}

pub(super) fn refund(refund: &Refund) -> Value {
    let number = refund.payment_number;
    let mut object = json!({
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "balance_transaction": refund.id.replace("re_", "txn_re_"),
        "charge": format!("ch_{number}"),
        "created": refund.created,
        "currency": refund.currency,
        "metadata": {},
        "payment_intent": format!("pi_{number}"),
        "reason": null,
        "receipt_number": null,
        "source_transfer_reversal": null,
        "status": if refund.failed_at.is_some() { "failed" } else { "succeeded" },
        "transfer_reversal": null,
    });
    if refund.failed_at.is_some() {
        object = with(
            object,
            json!({
                "failure_reason": "expired_or_canceled_card",
                "failure_balance_transaction": refund.id.replace("re_", "txn_failed_re_"),
            }),
        );
    }
    object
}

pub(super) fn dispute(dispute: &Dispute) -> Value {
    let number = dispute.payment_number;
    let moved = dispute.transactions.iter();
    let moved = moved.map(|it| transaction(it, &dispute.id, dispute.created));
    json!({
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "balance_transactions": moved.collect::<Vec<_>>(),
        "charge": format!("ch_{number}"),
        "created": dispute.created,
        "currency": dispute.currency,
        "is_charge_refundable": false,
        "livemode": false,
        "metadata": {},
        "payment_intent": format!("pi_{number}"),
        "reason": "fraudulent",
        "status": dispute.status,
    })
}

fn transaction(moved: &Transaction, dispute: &str, created: i64) -> Value {
    let out = moved.amount < 0;
    json!({
        "id": moved.id,
        "object": "balance_transaction",
        "amount": moved.amount,
        "created": created,
        "currency": moved.currency,
        "exchange_rate": null,
        "fee": 0,
        "fee_details": [],
        "net": moved.amount,
        "reporting_category": if out { "dispute" } else { "dispute_reversal" },
        "source": dispute,
        "status": "available",
        "type": "adjustment",
    })
}

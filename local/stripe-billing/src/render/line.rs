//! Lines of invoices.
//! Source: <https://docs.stripe.com/api/invoice-line-item/object>.

use serde_json::{Value, json};

use super::shape::{Shape, with};
use super::subscription::{discount_id, price};
use crate::objects::{Line, LineKind};

pub(super) fn line(line: &Line, invoice: &str, user: &str, shape: Shape) -> Value {
    let discounted = line.discount > 0;
    let discount = discount_id(&line.subscription_id);
    let amounts = discounted.then(|| json!({"amount": line.discount, "discount": discount}));
    let metadata = if line.is_proration() {
        json!({})
    } else {
        json!({"user_id": user})
    };
    let mut object = json!({
        "id": line.id,
        "object": "line_item",
        "amount": line.amount,
        "currency": line.currency,
        "description": description(line),
        "discount_amounts": amounts.into_iter().collect::<Vec<_>>(),
        "discountable": !line.is_proration(),
        "discounts": [],
        "invoice": invoice,
        "livemode": false,
        "metadata": metadata,
        "period": {"start": line.start, "end": line.end},
        "pretax_credit_amounts": [],
        "quantity": line.quantity,
    });
    match shape {
        Shape::Acacia => {
            let kind = if line.is_proration() {
                "invoiceitem"
            } else {
                "subscription"
            };
            object = with(
                object,
                json!({
                    "type": kind,
                    "invoice_item": line.invoice_item,
                    "plan": null,
                    "price": price(&line.price, &line.currency),
                    "proration": line.is_proration(),
                    "proration_details": proration_details(line),
                    "subscription": line.subscription_id,
                    "subscription_item": line.item_id,
                    "tax_amounts": [],
                    "tax_rates": [],
                }),
            );
        }
        Shape::Basil => {
            object = with(
                object,
                json!({
                    "parent": parent(line),
                    "pricing": {
                    "type": "price_details",
                    "price_details": {
                        "price": line.price.id,
                        "product": format!("prod_{}", line.price.plan),
                    },
                    "unit_amount_decimal": line.price.amount(&line.currency).to_string(),
                },
                    "taxes": [],
                }),
            );
        }
    }
    object
}

fn parent(line: &Line) -> Value {
    let mut details = json!({
        "invoice_item": line.invoice_item,
        "proration": line.is_proration(),
        "proration_details": proration_details(line),
        "subscription": line.subscription_id,
    });
    if line.is_proration() {
        json!({
            "type": "invoice_item_details",
            "invoice_item_details": details,
            "subscription_item_details": null,
        })
    } else {
        details = with(
            details,
            json!({
                "subscription_item": line.item_id,
            }),
        );
        json!({
            "type": "subscription_item_details",
            "invoice_item_details": null,
            "subscription_item_details": details,
        })
    }
}

fn proration_details(line: &Line) -> Value {
    let named = line.credited.as_ref();
    let named =
        named.map(|named| json!({"invoice": named.invoice, "invoice_line_items": named.lines}));
    json!({"credited_items": named})
}

fn description(line: &Line) -> String {
    let (count, plan) = (line.quantity, &line.price.plan);
    match line.kind {
        LineKind::Regular if line.trial => format!("Trial period for {plan}"),
        LineKind::Regular => format!("{count} × {plan}"),
        LineKind::Debit => format!("Remaining time on {count} × {plan}"),
        LineKind::Credit => format!("Unused time on {count} × {plan}"),
    }
}

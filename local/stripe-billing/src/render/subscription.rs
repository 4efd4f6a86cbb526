//! Subscriptions and prices.
//! Source: <https://docs.stripe.com/api/subscriptions/object>.

use serde_json::{Value, json};

use super::shape::{Shape, list, with};
use crate::act::Collection;
use crate::catalogue::Price;
use crate::objects::{Item, Subscription};

pub(super) fn subscription(
    sub: &Subscription,
    latest_invoice: Option<&str>,
    shape: Shape,
) -> Value {
    let items = sub.items.iter().map(|item| self::item(sub, item, shape));
    let url = format!("/v1/subscription_items?subscription={}", sub.id);
    let sent = sub.collection == Collection::Send;
    let mut object = json!({
        "id": sub.id,
        "object": "subscription",
        "application": null,
        "application_fee_percent": null,
        "automatic_tax": {"enabled": false, "liability": null},
        "billing_cycle_anchor": sub.anchor,
        "billing_cycle_anchor_config": null,
        "cancel_at": sub.cancel_at,
        "cancel_at_period_end": sub.cancel_at_period_end,
        "canceled_at": sub.canceled_at,
        "cancellation_details": {"comment": null, "feedback": null, "reason": null},
        "collection_method": collection(sub.collection),
        "created": sub.created,
        "currency": sub.currency,
        "customer": sub.customer_id,
        "days_until_due": if sent { Some(30) } else { None },
        "default_payment_method": null,
        "description": null,
        "discounts": discounts(sub),
        "ended_at": sub.ended_at,
        "items": list(items.collect(), &url),
        "latest_invoice": latest_invoice,
        "livemode": false,
        "metadata": {"user_id": sub.user},
        "next_pending_invoice_item_invoice": null,
        "pause_collection": null,
        "pending_update": null,
        "schedule": null,
        "start_date": sub.created,
        "status": sub.status.word(),
        "test_clock": null,
        "trial_end": sub.trial.map(|(_, end)| end),
        "trial_start": sub.trial.map(|(start, _)| start),
    });
    match shape {
        Shape::Acacia => {
            object = with(
                object,
                json!({
                    "current_period_start": sub.period_start,
                    "current_period_end": sub.period_end,
                }),
            );
        }
        Shape::Basil => {
            let mode = if sub.flexible { "flexible" } else { "classic" };
            object = with(
                object,
                json!({
                    "billing_mode": {"type": mode},
                }),
            );
        }
    }
    object
}

fn item(sub: &Subscription, item: &Item, shape: Shape) -> Value {
    let mut object = json!({
        "id": item.id,
        "object": "subscription_item",
        "created": sub.created,
        "discounts": [],
        "metadata": {},
        "price": price(&item.price, &sub.currency),
        "quantity": item.quantity,
        "subscription": sub.id,
        "tax_rates": [],
    });
    if shape == Shape::Basil {
        object = with(
            object,
            json!({
                "current_period_start": sub.period_start,
                "current_period_end": sub.period_end,
            }),
        );
    }
    object
}

pub(super) fn price(price: &Price, currency: &str) -> Value {
    let amount = price.amount(currency);
    json!({
        "id": price.id,
        "object": "price",
        "active": true,
        "billing_scheme": "per_unit",
        "currency": currency,
        "livemode": false,
        "lookup_key": null,
        "metadata": {},
        "nickname": null,
        "product": format!("prod_{}", price.plan),
        "recurring": {
            "interval": price.interval.word(),
            "interval_count": price.interval.count,
            "meter": null,
            "usage_type": "licensed",
        },
        "tax_behavior": "unspecified",
        "type": "recurring",
        "unit_amount": amount,
        "unit_amount_decimal": amount.to_string(),
    })
}

pub(super) fn collection(collection: Collection) -> &'static str {
    match collection {
        Collection::Charge => "charge_automatically",
        Collection::Send => "send_invoice",
    }
}

/// The id of a subscription's discount, if it has one.
pub(super) fn discounts(sub: &Subscription) -> Vec<String> {
    let discount = (sub.coupon > 0).then(|| discount_id(&sub.id));
    discount.into_iter().collect()
}

pub(super) fn discount_id(subscription: &str) -> String {
    subscription.replace("sub_", "di_")
}

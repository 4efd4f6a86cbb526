//! Subscriptions with their items and prices. The period lies on the
//! subscription in acacia and on its items after that.

use serde_json::{Value, json};

use super::{CURRENCY, Pen, merged};
use crate::stripe::script::{Ending, Span, Subscription};

impl Pen<'_> {
    pub(super) fn subscription(self, subscription: &Subscription) -> Value {
        let period = period_fields(subscription.period);
        let trial = subscription.trial;
        let anchor = trial.map_or(subscription.created, |trial| trial.end);
        let object = json!({
            "id": self.id("sub"),
            "object": "subscription",
            "automatic_tax": {"enabled": false, "liability": null},
            "billing_cycle_anchor": anchor.unix_seconds(),
            "canceled_at": subscription.canceled_at.map(|at| at.unix_seconds()),
            "collection_method": "charge_automatically",
            "created": subscription.created.unix_seconds(),
            "currency": CURRENCY,
            "customer": self.id("cus"),
            "default_payment_method": null,
            "description": null,
            "discounts": [],
            "ended_at": subscription.ended_at.map(|at| at.unix_seconds()),
            "items": self.items(subscription),
            "latest_invoice": self.numbered("in", subscription.latest_invoice),
            "livemode": false,
            "metadata": self.user_metadata(subscription.names_user),
            "quantity": subscription.quantity,
            "start_date": subscription.created.unix_seconds(),
            "status": subscription.status,
            "trial_start": trial.map(|trial| trial.start.unix_seconds()),
            "trial_end": trial.map(|trial| trial.end.unix_seconds()),
        });
        let object = merged(object, self.ending(subscription));
        if self.is_acacia() {
            merged(object, period)
        } else if self.is_flexible() {
            merged(object, json!({"billing_mode": {"type": "flexible"}}))
        } else {
            merged(object, json!({"billing_mode": {"type": "classic"}}))
        }
    }

    /// The cancel flag and the cancel time. With flexible billing the customer
    /// portal sets only the time.
    fn ending(self, subscription: &Subscription) -> Value {
        let ends = subscription.ending != Ending::Never;
        let flagged = ends && !(subscription.ending == Ending::Portal && self.is_flexible());
        let end = subscription.period.end.unix_seconds();
        json!({
            "cancel_at": ends.then_some(end),
            "cancel_at_period_end": flagged,
            "cancellation_details": {
                "comment": null,
                "feedback": null,
                "reason": ends.then_some("cancellation_requested"),
            },
        })
    }

    fn items(self, subscription: &Subscription) -> Value {
        let item = json!({
            "id": self.id("si"),
            "object": "subscription_item",
            "created": subscription.created.unix_seconds(),
            "discounts": [],
            "metadata": {},
            "price": self.price(subscription.plan),
            "quantity": subscription.quantity,
            "subscription": self.id("sub"),
            "tax_rates": [],
        });
        let item = if self.is_acacia() {
            item
        } else {
            merged(item, period_fields(subscription.period))
        };
        json!({
            "object": "list",
            "data": [item],
            "has_more": false,
            "total_count": 1,
            "url": format!("/v1/subscription_items?subscription={}", self.id("sub")),
        })
    }
}

fn period_fields(period: Span) -> Value {
    json!({
        "current_period_start": period.start.unix_seconds(),
        "current_period_end": period.end.unix_seconds(),
    })
}

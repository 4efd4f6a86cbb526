//! Prices and products, alike wherever they are shown: on items, on lines, and
//! alone.

use serde_json::{Value, json};
use shared::domain::billing::IntervalUnit;
use shared::domain::{Price, PriceKind, Timestamp};

use super::{CURRENCY, Pen, merged};
use crate::stripe::Shapes;
use crate::stripe::script::{Pack, Plan};

impl Pen<'_> {
    /// A whole price, as on items and, in acacia, on invoice lines.
    pub(super) fn price(self, plan: Plan) -> Value {
        let recurring = recurring(plan.interval(), 1);
        price(plan.price, CURRENCY, plan.amount, recurring)
    }

    /// The price of a pack, as on the line items of a checkout.
    pub(super) fn pack_price(self, pack: Pack) -> Value {
        price(pack.price, CURRENCY, pack.amount, Value::Null)
    }
}

/// The product a price belongs to.
pub(super) fn product(price: &str) -> String {
    price.replacen("price_", "prod_", 1)
}

fn recurring(interval: &str, count: u32) -> Value {
    json!({
        "interval": interval,
        "interval_count": count,
        "meter": null,
        "usage_type": "licensed",
    })
}

fn price(id: &str, currency: &str, amount: i64, recurring: Value) -> Value {
    json!({
        "id": id,
        "object": "price",
        "active": true,
        "billing_scheme": "per_unit",
        "currency": currency,
        "livemode": false,
        "lookup_key": null,
        "metadata": {},
        "nickname": null,
        "product": product(id),
        "type": if recurring.is_null() { "one_time" } else { "recurring" },
        "recurring": recurring,
        "tax_behavior": "unspecified",
        "unit_amount": amount,
        "unit_amount_decimal": amount.to_string(),
    })
}

/// The objects of a price of the catalogue and of its product.
pub(crate) fn price_and_product(row: &Price, created: Timestamp) -> [Shapes; 2] {
    let interval = match row.interval {
        IntervalUnit::Day => "day",
        IntervalUnit::Week => "week",
        IntervalUnit::Month => "month",
        IntervalUnit::Year => "year",
    };
    let recurring = match row.kind {
        PriceKind::Subscription | PriceKind::None => recurring(interval, row.interval_count),
        PriceKind::Pack => Value::Null,
    };
    let amount = i64::try_from(row.amount_minor).unwrap_or(i64::MAX);
    let created = json!({"created": created.unix_seconds()});
    let price = price(&row.price_id, &row.currency, amount, recurring);
    let product = json!({
        "id": product(&row.price_id),
        "object": "product",
        "active": true,
        "default_price": row.price_id,
        "description": null,
        "livemode": false,
        "metadata": {},
        "name": row.plan,
        "type": "service",
    });
    [price, product].map(|object| Shapes::same(&merged(object, created.clone())))
}

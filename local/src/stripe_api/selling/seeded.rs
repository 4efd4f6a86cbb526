//! Subscriptions that were there before anything was sold: the seeded ones, and
//! those of the stories.

use serde_json::{Value, json};
use shared::domain::Price;
use stripe_billing::SubscriptionStatus;

use super::engine::{Adopted, Engine};
use crate::stripe::{ApiVersion, Effect, Shapes};
use crate::stripe_api::customers;
use crate::stripe_api::shelf::{Full, Shelf};

/// A subscription of a seeded user, as the tables have it.
#[derive(Clone, Debug)]
pub(crate) struct SeededSubscription {
    /// The user's id.
    pub(crate) user_id: String,
    /// The user's address and name.
    pub(crate) email: String,
    pub(crate) name: String,
    /// Stripe's ids.
    pub(crate) customer: String,
    pub(crate) subscription: String,
    pub(crate) price: String,
    /// The start and the end of its period, in Unix seconds.
    pub(crate) period: (i64, i64),
    pub(crate) cancel_at_period_end: bool,
}

/// Puts a seeded customer and the subscription where they belong, without events:
/// they were there before this Stripe kept any. An unknown price leaves the customer.
pub(in crate::stripe_api) fn put_seeded(
    shelf: &mut Shelf,
    seeded: &SeededSubscription,
    prices: &[Price],
    version: ApiVersion,
) -> Result<(), Full> {
    let (start, end) = seeded.period;
    let metadata = json!({"user_id": seeded.user_id});
    let customer = Shapes::same(&customers::blank(&seeded.customer, start));
    let customer = customer.with(&json!({
        "email": seeded.email,
        "metadata": metadata,
        "name": seeded.name,
    }));
    shelf.apply(Effect::Put(customer))?;
    let price = prices.iter().find(|price| price.price_id == seeded.price);
    let Some(price) = price else {
        return Ok(());
    };
    let adopted = Adopted {
        id: seeded.subscription.clone(),
        item: seeded.subscription.replacen("sub_", "si_", 1),
        price: seeded.price.clone(),
        quantity: 1,
        currency: price.currency.clone(),
        created: start,
        anchor: start,
        period: seeded.period,
        status: SubscriptionStatus::Active,
        cancel_at_period_end: seeded.cancel_at_period_end,
        cancel_at: seeded.cancel_at_period_end.then_some(end),
        canceled_at: seeded.cancel_at_period_end.then_some(start),
        metadata,
    };
    let when = (version, start);
    let (customer, tag) = (&seeded.customer, String::new());
    let mut engine = Engine::adopting(customer, tag, prices, when, &[adopted]);
    let objects = engine.take_news().objects;
    objects.into_iter().try_for_each(|it| shelf.apply(it))
}

fn text(object: &Value, place: &str) -> String {
    let text = object.pointer(place).and_then(Value::as_str);
    text.unwrap_or_default().to_string()
}

fn number(object: &Value, place: &str) -> Option<i64> {
    object.pointer(place).and_then(Value::as_i64)
}

/// The subscriptions of a customer that have not ended, the oldest first.
pub(super) fn adopted_of(shelf: &Shelf, customer: &str) -> Vec<Adopted> {
    let all = shelf.list("subscription", ApiVersion::default());
    let theirs = all.filter(|it| text(it, "/customer") == customer);
    let mut adopted: Vec<Adopted> = theirs.filter_map(adopted).collect();
    adopted.reverse();
    adopted
}

/// A subscription with its first item; none if it has ended.
fn adopted(object: &Value) -> Option<Adopted> {
    let status = match text(object, "/status").as_str() {
        "trialing" => SubscriptionStatus::Trialing,
        "active" => SubscriptionStatus::Active,
        "past_due" => SubscriptionStatus::PastDue,
        _ => return None,
    };
    let start = number(object, "/items/data/0/current_period_start")?;
    let end = number(object, "/items/data/0/current_period_end")?;
    let quantity = number(object, "/items/data/0/quantity").unwrap_or(1);
    Some(Adopted {
        id: text(object, "/id"),
        item: text(object, "/items/data/0/id"),
        price: text(object, "/items/data/0/price/id"),
        quantity: u8::try_from(quantity).unwrap_or(u8::MAX),
        currency: text(object, "/currency"),
        created: number(object, "/created").unwrap_or(start),
        anchor: number(object, "/billing_cycle_anchor").unwrap_or(start),
        period: (start, end),
        status,
        cancel_at_period_end: object.get("cancel_at_period_end") == Some(&Value::Bool(true)),
        cancel_at: number(object, "/cancel_at"),
        canceled_at: number(object, "/canceled_at"),
        metadata: object.get("metadata").cloned().unwrap_or_default(),
    })
}

//! Changing and cancelling subscriptions by API.
//! Source: <https://docs.stripe.com/api/subscriptions/update>.

use serde_json::Value;
use shared::domain::PriceKind;
use stripe_billing::Proration;

use super::happen::{check_room, engine_of, publish, text};
use super::state::Selling;
use crate::stripe::ApiVersion;
use crate::stripe_api::call::Call;
use crate::stripe_api::refusal::Refusal;
use crate::stripe_api::writer::Writer;

/// What a request changes.
#[derive(Debug, Default)]
struct Changes {
    price: Option<String>,
    quantity: Option<u8>,
    ends: Option<bool>,
}

/// A subscription that can still be changed.
fn live(writer: &Writer<'_>, id: &str) -> Result<Value, Refusal> {
    let version = ApiVersion::default();
    let subscription = writer.shelf.get(id, "subscription", version);
    let subscription = subscription.ok_or_else(|| Refusal::missing("subscription", id, "id"))?;
    match text(subscription, "status").as_str() {
        "active" | "trialing" | "past_due" => Ok(subscription.clone()),
        _ => Err(Refusal::missing("subscription", id, "id")),
    }
}

fn shown(writer: &Writer<'_>, call: &Call, id: &str) -> Value {
    let object = writer.shelf.get(id, "subscription", call.version);
    object.cloned().unwrap_or_default()
}

fn impossible(param: &str) -> Refusal {
    Refusal::invalid("The local Stripe cannot make this change of a subscription.").param(param)
}

pub(in crate::stripe_api) fn update(
    writer: &mut Writer<'_>,
    selling: &mut Selling,
    (call, id): (&mut Call, &str),
) -> Result<Value, Refusal> {
    let subscription = live(writer, id)?;
    check_room(writer)?;
    let changes = changes(selling, call, &subscription)?;
    let proration = match call.parameters.text("proration_behavior")?.as_deref() {
        None | Some("create_prorations") => Proration::Pending,
        Some("always_invoice") => Proration::InvoiceNow,
        Some("none") => Proration::None,
        Some(other) => {
            let text = format!(
                "Invalid proration_behavior: {other}; use always_invoice, create_prorations or none"
            );
            return Err(Refusal::invalid(text).param("proration_behavior"));
        }
    };
    call.parameters.done()?;
    let customer = text(&subscription, "customer");
    let engine = engine_of(writer, selling, &customer);
    engine.advance(writer.now);
    if !engine.has(id) {
        return Err(impossible("id"));
    }
    let mut done = true;
    if let Some(price) = &changes.price {
        done &= engine.change_price(id, price, proration);
    }
    if let Some(quantity) = changes.quantity {
        done &= engine.change_quantity(id, quantity, proration);
    }
    match changes.ends {
        Some(true) => done &= engine.cancel_at_period_end(id, false),
        Some(false) => _ = engine.resume(id),
        None => {}
    }
    publish(writer, selling, &customer)?;
    if done {
        Ok(shown(writer, call, id))
    } else {
        Err(impossible("items"))
    }
}

/// What differs from what is there.
fn changes(selling: &Selling, call: &mut Call, before: &Value) -> Result<Changes, Refusal> {
    let mut changes = Changes {
        ends: call.parameters.flag("cancel_at_period_end")?,
        ..Changes::default()
    };
    let positions = call.parameters.positions("items");
    let Some(position) = positions.first() else {
        return Ok(changes);
    };
    if positions.len() > 1 {
        let text = "The subscriptions of the local Stripe have one item.";
        return Err(Refusal::invalid(text).param("items"));
    }
    let at = |name: &str| format!("items[{position}][{name}]");
    let item = call.parameters.required(&at("id"))?;
    let now = |place: &str| before.pointer(place).cloned().unwrap_or_default();
    if now("/items/data/0/id") != item.as_str() {
        return Err(Refusal::missing("subscription item", &item, &at("id")));
    }
    if let Some(price) = call.parameters.text(&at("price"))? {
        let known = selling.price(&price);
        let known = known.ok_or_else(|| Refusal::missing("price", &price, &at("price")))?;
        if known.kind == PriceKind::Pack {
            let text = "A subscription takes recurring prices only.";
            return Err(Refusal::invalid(text).param(at("price")));
        }
        let is_new = now("/items/data/0/price/id") != price.as_str();
        changes.price = is_new.then_some(price);
    }
    if let Some(quantity) = call.parameters.integer(&at("quantity"))? {
        let refused = || {
            let refusal = Refusal::invalid("The quantity must be from 1 to 255.");
            refusal
                .code("parameter_invalid_integer")
                .param(at("quantity"))
        };
        let asked = u8::try_from(quantity).ok().filter(|it| *it > 0);
        let asked = asked.ok_or_else(refused)?;
        let is_new = now("/items/data/0/quantity") != quantity;
        changes.quantity = is_new.then_some(asked);
    }
    Ok(changes)
}

/// `DELETE`: the subscription ends at once.
pub(in crate::stripe_api) fn cancel(
    writer: &mut Writer<'_>,
    selling: &mut Selling,
    (call, id): (&mut Call, &str),
) -> Result<Value, Refusal> {
    let subscription = live(writer, id)?;
    check_room(writer)?;
    let prorate = call.parameters.flag("prorate")?.unwrap_or(false);
    let invoice = call.parameters.flag("invoice_now")?.unwrap_or(false);
    call.parameters.done()?;
    if prorate != invoice {
        let text = "The local Stripe takes prorate and invoice_now together, or neither.";
        return Err(Refusal::invalid(text).param("prorate"));
    }
    let customer = text(&subscription, "customer");
    let engine = engine_of(writer, selling, &customer);
    engine.advance(writer.now);
    if !engine.cancel(id, prorate) {
        return Err(impossible("id"));
    }
    publish(writer, selling, &customer)?;
    Ok(shown(writer, call, id))
}

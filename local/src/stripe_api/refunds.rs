//! Creating refunds, whole or in part, and changing their metadata.
//! Source: <https://docs.stripe.com/api/refunds/create>.

use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::writer::{Writer, metadata};
use crate::stripe::{ApiVersion, Shapes};

const REASONS: [&str; 3] = ["duplicate", "fraudulent", "requested_by_customer"];

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn number(object: &Value, name: &str) -> i64 {
    object.get(name).and_then(Value::as_i64).unwrap_or_default()
}

/// The charge that a request names, or that its payment intent made.
fn charge(writer: &Writer<'_>, call: &mut Call) -> Result<Value, Refusal> {
    let version = ApiVersion::default();
    let charge = call.parameters.text("charge")?;
    let intent = call.parameters.text("payment_intent")?;
    match (charge, intent) {
        (Some(id), None) => {
            let charge = writer.shelf.get(&id, "charge", version).cloned();
            charge.ok_or_else(|| Refusal::missing("charge", &id, "charge"))
        }
        (None, Some(id)) => {
            if writer.shelf.get(&id, "payment_intent", version).is_none() {
                return Err(Refusal::missing("payment_intent", &id, "payment_intent"));
            }
            let mut charges = writer.shelf.list("charge", version);
            let charge = charges.find(|charge| text(charge, "payment_intent") == id);
            charge.cloned().ok_or_else(|| {
                let text = format!("The payment intent {id} has no successful charge to refund.");
                Refusal::invalid(text).param("payment_intent")
            })
        }
        (None, None) => {
            let text = "Missing required param: charge or payment_intent.";
            let refusal = Refusal::invalid(text).code("parameter_missing");
            Err(refusal.param("charge"))
        }
        (Some(_), Some(_)) => {
            let text = "Name either a charge or a payment_intent, not both.";
            Err(Refusal::invalid(text).param("payment_intent"))
        }
    }
}

/// How much is refunded: what is asked for, or all that is left.
fn amount(call: &mut Call, charge: &Value) -> Result<i64, Refusal> {
    let asked = call.parameters.integer("amount")?;
    let left = number(charge, "amount").saturating_sub(number(charge, "amount_refunded"));
    if left <= 0 {
        let text = format!("Charge {} has already been refunded.", text(charge, "id"));
        return Err(Refusal::invalid(text).code("charge_already_refunded"));
    }
    match asked {
        None => Ok(left),
        Some(amount) if (1..=left).contains(&amount) => Ok(amount),
        Some(amount) if amount < 1 => {
            let refusal = Refusal::invalid("Invalid positive integer");
            Err(refusal.code("parameter_invalid_integer").param("amount"))
        }
        Some(amount) => {
            let text = format!(
                "Refund amount ({amount}) is greater than what is left of the charge ({left})."
            );
            Err(Refusal::invalid(text).param("amount"))
        }
    }
}

pub(super) fn create(writer: &mut Writer<'_>, call: &mut Call) -> Result<Value, Refusal> {
    writer.shelf.check_room(3)?;
    let charge = charge(writer, call)?;
    let amount = amount(call, &charge)?;
    let reason = call.parameters.text("reason")?;
    if let Some(other) = &reason
        && !REASONS.contains(&other.as_str())
    {
        let text = format!("Invalid reason: must be one of {}", REASONS.join(", "));
        return Err(Refusal::invalid(text).param("reason"));
    }
    let metadata = metadata(&mut call.parameters, &json!({}))?;
    call.parameters.done()?;

    let refund = Shapes::same(&json!({
        "id": writer.id("re"),
        "object": "refund",
        "amount": amount,
        "charge": text(&charge, "id"),
        "created": writer.now,
        "currency": text(&charge, "currency"),
        "metadata": metadata.unwrap_or_else(|| json!({})),
        "payment_intent": charge.get("payment_intent"),
        "reason": reason,
        "receipt_number": null,
        "status": "succeeded",
    }));
    let before = number(&charge, "amount_refunded");
    let refunded = before.saturating_add(amount);
    let whole = refunded == number(&charge, "amount");
    let all = writer.shelf.shapes(text(&charge, "id")).cloned();
    let all = all.unwrap_or_else(|| Shapes::same(&charge));
    let all = all.with(&json!({"amount_refunded": refunded, "refunded": whole}));
    writer.put("refund.created", refund.clone(), None)?;
    let previous = if whole {
        json!({"amount_refunded": before, "refunded": false})
    } else {
        json!({"amount_refunded": before})
    };
    writer.put("charge.refunded", all, Some(previous))?;
    Ok(refund.of(call.version).cloned().unwrap_or_default())
}

pub(super) fn update(writer: &mut Writer<'_>, call: &mut Call, id: &str) -> Result<Value, Refusal> {
    let version = call.version;
    let Some(before) = writer.shelf.get(id, "refund", version).cloned() else {
        return Err(Refusal::missing("refund", id, "id"));
    };
    writer.shelf.check_room(1)?;
    let old = before.get("metadata").cloned().unwrap_or_default();
    let new = metadata(&mut call.parameters, &old)?;
    call.parameters.done()?;
    let Some(new) = new.filter(|new| *new != old) else {
        return Ok(before);
    };
    let shapes = writer.shelf.shapes(id).cloned().unwrap_or_default();
    let shapes = shapes.with(&json!({"metadata": new}));
    let previous = json!({"metadata": old});
    writer.put("refund.updated", shapes.clone(), Some(previous))?;
    Ok(shapes.of(version).cloned().unwrap_or_default())
}

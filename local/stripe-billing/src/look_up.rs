//! Retrieves an object, as Stripe's API does.

use serde_json::Value;

use crate::engine::World;
use crate::objects::Object;
use crate::render::{Shape, object};

/// An object as Stripe's API would show it now, by its id: subscriptions,
/// invoices, charges, refunds, disputes and credit notes.
pub fn look_up(world: &World, id: &str, shape: Shape) -> Option<Value> {
    let (kind, number) = id.split_once('_')?;
    let index = number.parse::<usize>().ok()?.checked_sub(1)?;
    let found = match kind {
        "sub" => world.subscription_object(index)?,
        "in" => world.invoice_object(index)?,
        "ch" => {
            let payment = world.payments.get(index)?.clone();
            let refunded_before = payment.refunded;
            Object::Charge {
                payment,
                refunded_before,
            }
        }
        "re" => Object::Refund(world.refunds.get(index)?.clone()),
        "dp" => Object::Dispute(world.disputes.get(index)?.clone()),
        "cn" => Object::CreditNote(world.notes.get(index)?.clone()),
        _ => return None,
    };
    Some(object(&found, shape))
}

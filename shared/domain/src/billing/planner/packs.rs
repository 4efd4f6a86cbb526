//! A pack that was bought at a checkout and paid: one lot, once per payment.
//!
//! It grants nothing while the quantity does not match the subtotal.

use super::lines::times;
use super::owner::owner;
use super::returns::pack_returned;
use super::settlement::{Changes, PackTarget};
use super::view::{Stop, View, parked};
use crate::billing::{
    FactKey, FactValue, Invoice, PackBought, PackLot, PackName, ParkReason, Plan,
};
use crate::{Credits, LotId, Price, PriceKind, StripeId};

pub(super) fn plan(view: &View<'_>, bought: &PackBought) -> Result<Plan, Stop> {
    let owner = owner(view, &bought.parties, false)?;
    let user_id = owner.user_id.clone();
    let payment_id = bought.payment.as_ref().unwrap_or(&bought.session);
    let known = view.payment(payment_id);
    let mut plan = owner.plan();
    if known.pack.is_some() {
        // Another event has granted it already.
        return Ok(plan);
    }
    let created = view.request.event.created;
    if view.request.catalogue.is_granted_elsewhere(created) {
        plan.reason = Some("it was paid before the cutover".to_string());
        return Ok(plan);
    }
    let invoice_id = bought.invoice.as_ref().or(known.invoice.as_ref());
    let invoice = match invoice_id {
        Some(id) => {
            view.want(vec![FactKey::Invoice(id.clone())])?;
            Some((id.clone(), view.invoice(id)))
        }
        None => None,
    };
    if let Some((_, invoice)) = &invoice
        && (invoice.bought.is_some() || super::invoices::packs_of(invoice).next().is_some())
    {
        // The invoice that the checkout created has granted it.
        return Ok(plan);
    }
    let granted = match granted(view, bought) {
        Ok(Some(granted)) => granted,
        Ok(None) => return Err(Stop::from(view.operator("the amounts are too large"))),
        Err(reason) => return Err(Stop::from(waits(&plan, reason))),
    };
    // An invoice that the checkout created may grant it as well, and does not know the session.
    let name = bought.invoice.as_ref().unwrap_or(payment_id);
    let Ok(lot) = format!("buy:{name}").parse::<LotId>() else {
        return Err(Stop::from(
            view.operator("its payment makes no name for a lot"),
        ));
    };
    let pack = PackLot {
        user_id: user_id.clone(),
        lot,
        starts_at: view.request.event.created,
        granted,
        paid_minor: bought.paid_minor,
    };
    let mut payment = known;
    payment.pack = Some(pack.clone());
    let mut of_invoice = Invoice::default();
    if let Some((id, mut invoice)) = invoice {
        payment.invoice.get_or_insert_with(|| id.clone());
        invoice.bought = Some(pack.clone());
        invoice
            .payments
            .insert(payment_id.clone(), payment.returned());
        of_invoice.clone_from(&invoice);
        plan.puts
            .insert(FactKey::Invoice(id), FactValue::Invoice(invoice));
    }
    let returned = pack_returned(bought.paid_minor, (&payment, &of_invoice));
    plan.puts.insert(
        FactKey::Payment(payment_id.clone()),
        FactValue::Payment(payment),
    );
    let cause = pack.lot.to_string();
    let mut changes = Changes::default();
    if granted.is_positive() {
        changes.pack(&PackTarget::new(pack, returned, None));
    }
    changes.decide(view, &user_id, &cause, plan)
}

fn waits(plan: &Plan, reason: ParkReason) -> Plan {
    Plan {
        user_id: plan.user_id.clone(),
        ..parked(reason)
    }
}

/// The credits that were bought, by the catalogue; none if no lot can hold them.
fn granted(view: &View<'_>, bought: &PackBought) -> Result<Option<Credits>, ParkReason> {
    let catalogue = view.request.catalogue;
    if bought.items.is_empty() {
        let price = named(view, bought)?;
        let quantity = quantity(price, bought)?;
        return Ok(times(price.credits, quantity));
    }
    let mut sum = Some(Credits::ZERO);
    for item in &bought.items {
        let price = catalogue.price(&item.price);
        let price = price.ok_or_else(|| ParkReason::Price(item.price.clone()))?;
        match price.kind {
            PriceKind::Pack => {
                let part = times(price.credits, item.quantity);
                sum = sum.zip(part).and_then(|(sum, part)| sum.plus(part).ok());
            }
            PriceKind::None => {}
            PriceKind::Subscription => return Err(ParkReason::Mismatch(item.price.clone())),
        }
    }
    Ok(sum.filter(|sum| sum.is_amount()))
}

/// The price that a checkout names, if it is a pack.
fn named<'a>(view: &View<'a>, bought: &PackBought) -> Result<&'a Price, ParkReason> {
    let catalogue = view.request.catalogue;
    if let Some(price) = catalogue.pack(&bought.pack) {
        return Ok(price);
    }
    Err(match &bought.pack {
        // Known, but not a pack, or unreadable.
        PackName::Price(id) if catalogue.price(id).is_some() || catalogue.is_unreadable(id) => {
            ParkReason::Mismatch(id.clone())
        }
        PackName::Price(id) => ParkReason::Price(id.clone()),
        PackName::PaymentLink(link) => ParkReason::PaymentLink(link.clone()),
        PackName::Unnamed => ParkReason::Review(bought.session.clone()),
    })
}

/// The quantity, which must match the subtotal.
fn quantity(price: &Price, bought: &PackBought) -> Result<u64, ParkReason> {
    let mismatch = || match price.price_id.parse::<StripeId>() {
        Ok(id) => ParkReason::Mismatch(id),
        Err(_) => ParkReason::Review(bought.session.clone()),
    };
    let amount = price.amount_in(&bought.currency).ok_or_else(mismatch)?;
    let quantity = match bought.quantity {
        Some(quantity) => quantity,
        None if price.adjustable_quantity && amount > 0 => {
            bought.subtotal_minor.checked_div(amount).unwrap_or(0)
        }
        None if price.adjustable_quantity => {
            return Err(ParkReason::Review(bought.session.clone()));
        }
        None => 1,
    };
    if quantity > 0 && amount.checked_mul(quantity) == Some(bought.subtotal_minor) {
        Ok(quantity)
    } else {
        Err(mismatch())
    }
}

//! Returned money: refunds and disputes of payments, and the payments of invoices,
//! which link a payment to its owner.

use super::settlement::{ChangedBook, Changes, PackTarget, put_books};
use super::view::{Stop, View};
use crate::StripeId;
use crate::billing::{
    EventOutcome, Fact, FactKey, FactValue, Invoice, InvoicePayment, Payment, Plan, ReturnedAmount,
};

/// An invoice was paid, by a payment intent or by other means.
pub(super) fn link(view: &View<'_>, paid: &InvoicePayment) -> Result<Plan, Stop> {
    if let Some(payment) = &paid.payment {
        return plan(view, payment);
    }
    let mut invoice = view.invoice(&paid.invoice);
    let mut plan = Plan::of(EventOutcome::Applied);
    plan.user_id = invoice
        .settled
        .as_ref()
        .map(|settled| settled.user_id.clone());
    if !invoice.paid_otherwise {
        invoice.paid_otherwise = true;
        let key = FactKey::Invoice(paid.invoice.clone());
        plan.puts.insert(key, FactValue::Invoice(invoice));
    }
    Ok(plan)
}

/// An event about a payment.
pub(super) fn plan(view: &View<'_>, id: &StripeId) -> Result<Plan, Stop> {
    let known = view.payment(id);
    let mut payment = known.clone();
    note(view, &mut payment);
    let mut plan = Plan::of(EventOutcome::Applied);
    plan.user_id = payment.user_id().cloned();
    if let Fact::Dispute(dispute) = &view.request.event.fact
        && dispute.moved
        && payment
            .disputes
            .get(&dispute.id)
            .is_none_or(|known| known.transactions.is_empty())
    {
        return Err(Stop::from(view.operator(
            "it says that money moved, and carries no balance transaction that says how much",
        )));
    }
    if payment == known {
        return Ok(plan);
    }
    let mut changes = Changes::default();
    let mut user_id = payment.user_id().cloned();
    if let Some(invoice_id) = payment.invoice.clone() {
        let books = payment
            .subscriptions
            .iter()
            .map(|id| FactKey::Book(id.clone()));
        let invoice_key = FactKey::Invoice(invoice_id.clone());
        view.want(books.chain([invoice_key]).collect())?;
        let before = view.invoice(&invoice_id);
        let mut invoice = before.clone();
        invoice.payments.insert(id.clone(), payment.returned());
        if invoice.bought.is_none() {
            invoice.bought.clone_from(&payment.pack);
        }
        if let Some(settled) = &invoice.settled {
            payment.subscriptions.clone_from(&settled.subscriptions);
            user_id.get_or_insert_with(|| settled.user_id.clone());
        }
        set_returned(
            view,
            &invoice_id,
            (&before, &invoice),
            &mut plan,
            &mut changes,
        )?;
        plan.puts.insert(
            FactKey::Invoice(invoice_id),
            FactValue::Invoice(invoice.clone()),
        );
        bought_pack(&mut changes, (&known, &before), (&payment, &invoice));
    } else {
        let none = Invoice::default();
        bought_pack(&mut changes, (&known, &none), (&payment, &none));
    }
    plan.puts
        .insert(FactKey::Payment(id.clone()), FactValue::Payment(payment));
    plan.user_id.clone_from(&user_id);
    match user_id {
        Some(user_id) => changes.decide(view, &user_id, &cause(view), plan),
        None => Ok(plan),
    }
}

/// Records in the payment what the event reports.
fn note(view: &View<'_>, payment: &mut Payment) {
    let event = view.request.event;
    let mut link = None;
    match &event.fact {
        Fact::InvoicePayment(paid) => link = Some(&paid.invoice),
        Fact::Refund(refund) => payment.note_refund(refund, event.created),
        Fact::Dispute(dispute) => payment.note_dispute(dispute),
        Fact::ChargeRefunded(charge) => {
            payment.note_charge(charge, &event.id, event.created);
            link = charge.invoice.as_ref();
        }
        Fact::SubscriptionBought(_)
        | Fact::PackBought(_)
        | Fact::Subscription(_)
        | Fact::InvoicePaid(_)
        | Fact::CreditNote(_)
        | Fact::CustomerDeleted(_)
        | Fact::Noted
        | Fact::Ignored => {}
    }
    if let (Some(invoice), None) = (link, &payment.invoice) {
        payment.invoice = Some(invoice.clone());
    }
}

/// Sets what was returned of an invoice, in the books and packs of its lines.
pub(super) fn set_returned(
    view: &View<'_>,
    id: &StripeId,
    (before, after): (&Invoice, &Invoice),
    plan: &mut Plan,
    changes: &mut Changes,
) -> Result<(), Stop> {
    let Some(settled) = &after.settled else {
        return Ok(());
    };
    let (was, is) = (before.returned(), after.returned());
    let keys = settled
        .subscriptions
        .iter()
        .map(|id| FactKey::Book(id.clone()));
    view.want(keys.collect())?;
    let mut books = Vec::new();
    for subscription in &settled.subscriptions {
        let mut book = ChangedBook::of(view, subscription, &settled.user_id);
        book.after.set_returned(id, is.clone());
        books.push(book);
    }
    put_books(view, books, plan, changes)?;
    for (line, pack) in &settled.packs {
        let before = Some(was.share_of(line));
        changes.pack(&PackTarget::new(pack.clone(), is.share_of(line), before));
    }
    Ok(())
}

/// The pack that a checkout granted: the return of its payment or of the invoice
/// that the checkout created, whichever is greater.
pub(super) fn bought_pack(
    changes: &mut Changes,
    before: (&Payment, &Invoice),
    after: (&Payment, &Invoice),
) {
    let Some(pack) = &after.0.pack else {
        return;
    };
    let was = pack_returned(pack.paid_minor, before);
    let is = pack_returned(pack.paid_minor, after);
    changes.pack(&PackTarget::new(pack.clone(), is, Some(was)));
}

pub(super) fn pack_returned(
    paid_minor: u64,
    (payment, invoice): (&Payment, &Invoice),
) -> ReturnedAmount {
    let of_payment = payment.returned().of(paid_minor);
    // An invoice counts from the moment its payment names it, so that naming it is a change.
    let of_invoice = match &payment.invoice {
        Some(_) => invoice.returned_in_all(),
        None => ReturnedAmount::default(),
    };
    std::cmp::max_by_key(of_payment, of_invoice, |returned| returned.parts())
}

/// The cause of the entry.
fn cause(view: &View<'_>) -> String {
    let event = view.request.event;
    match &event.fact {
        Fact::Refund(refund) => format!("refund:{}:{}", refund.id, refund.status.as_str()),
        Fact::Dispute(dispute) => {
            let newest = dispute.transactions.keys().next_back();
            let newest = newest.map_or("none", StripeId::as_str);
            format!("dispute:{}:{newest}", dispute.id)
        }
        Fact::InvoicePayment(paid) => {
            let payment = paid.payment.as_ref().map_or("none", StripeId::as_str);
            format!("payment:{payment}:{}", paid.invoice)
        }
        Fact::SubscriptionBought(_)
        | Fact::PackBought(_)
        | Fact::Subscription(_)
        | Fact::InvoicePaid(_)
        | Fact::ChargeRefunded(_)
        | Fact::CreditNote(_)
        | Fact::CustomerDeleted(_)
        | Fact::Noted
        | Fact::Ignored => format!("charge:{}", event.id),
    }
}

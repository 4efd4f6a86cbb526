//! A credit note: it counts as a return of its invoice, or of the lines it names;
//! its refunds are the same as those reported by themselves.

use super::returns::{bought_pack, set_returned};
use super::settlement::Changes;
use super::view::{Stop, View, parked};
use crate::billing::{CreditNoteSnapshot, EventOutcome, FactKey, FactValue, ParkReason, Plan};

pub(super) fn plan(view: &View<'_>, note: &CreditNoteSnapshot) -> Result<Plan, Stop> {
    if !note.complete {
        return Ok(parked(ParkReason::Review(note.id.clone())));
    }
    let before = view.invoice(&note.invoice);
    let mut invoice = before.clone();
    invoice.note_credit_note(note);
    let mut plan = Plan::of(EventOutcome::Applied);
    let user_id = invoice
        .settled
        .as_ref()
        .map(|settled| settled.user_id.clone());
    plan.user_id.clone_from(&user_id);
    if invoice == before {
        return Ok(plan);
    }
    let mut changes = Changes::default();
    set_returned(
        view,
        &note.invoice,
        (&before, &invoice),
        &mut plan,
        &mut changes,
    )?;
    if invoice.bought.is_some() {
        let keys = invoice
            .payments
            .keys()
            .map(|id| FactKey::Payment(id.clone()));
        view.want(keys.collect())?;
        for id in invoice.payments.keys() {
            let payment = view.payment(id);
            bought_pack(&mut changes, (&payment, &before), (&payment, &invoice));
        }
    }
    plan.puts.insert(
        FactKey::Invoice(note.invoice.clone()),
        FactValue::Invoice(invoice),
    );
    let status = if note.voided { "void" } else { "issued" };
    match user_id {
        Some(user_id) => {
            let cause = format!("credit_note:{}:{status}", note.id);
            changes.decide(view, &user_id, &cause, plan)
        }
        None => Ok(plan),
    }
}

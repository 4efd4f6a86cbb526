//! Credit notes: the credited part of an invoice, by line, and the refunds that belong
//! to it. Sources: <https://docs.stripe.com/api/credit_notes/object> and
//! <https://docs.stripe.com/api/credit_notes/line_item>.

use std::collections::BTreeMap;

use domain::StripeId;
use domain::billing::{CreditNoteLine, CreditNoteSnapshot, Fact};

use crate::error::Problem;
use crate::node::{Node, first};
use crate::parties::{in_metadata, parties};

/// `credit_note.created` and `credit_note.updated`; an update may arrive after the note
/// was voided, and its status then says so.
pub(crate) fn issued(note: &Node<'_>) -> Result<Fact, Problem> {
    let voided = note.look("status").text() == Ok("void");
    snapshot(note, voided)
}

/// `credit_note.voided`.
pub(crate) fn voided(note: &Node<'_>) -> Result<Fact, Problem> {
    snapshot(note, true)
}

fn snapshot(note: &Node<'_>, voided: bool) -> Result<Fact, Problem> {
    let total_minor = first(note.field("total")?, note.field("amount")?).amount()?;
    let lines = note.look("lines");
    let members = lines.field("data").and_then(|data| data.members());
    let is_list = members.is_ok();
    Ok(Fact::CreditNote(CreditNoteSnapshot {
        id: note.field("id")?.id()?,
        invoice: note.field("invoice")?.id()?,
        parties: parties(note, None, &[in_metadata(note)?])?,
        voided,
        total_minor,
        lines: members
            .unwrap_or_default()
            .iter()
            .map(line)
            .collect::<Result<_, _>>()?,
        complete: is_list && lines.has_all(),
        refunds: refunds(note, total_minor)?,
    }))
}

fn line(line: &Node<'_>) -> Result<CreditNoteLine, Problem> {
    let named = line.field("invoice_line_item")?;
    let kind = line.field("type")?.text();
    Ok(CreditNoteLine {
        // Custom lines name no invoice line.
        line: match kind {
            Ok("invoice_line_item") | Err(_) => named.id().ok(),
            Ok(_) => None,
        },
        amount_minor: line.field("amount")?.amount()?,
    })
}

/// Since basil, a list with each refund's share of the note. Until acacia, at most one
/// refund, whose share is what was not given back otherwise.
fn refunds(note: &Node<'_>, total_minor: u64) -> Result<BTreeMap<StripeId, u64>, Problem> {
    let mut refunds = BTreeMap::new();
    for entry in note.look("refunds").members().unwrap_or_default() {
        // A refund outside of Stripe has no refund id.
        if let Some(refund) = entry.field("refund")?.optional_id()? {
            refunds.insert(refund, entry.field("amount_refunded")?.amount()?);
        }
    }
    if let (true, Some(refund)) = (refunds.is_empty(), note.field("refund")?.optional_id()?) {
        refunds.insert(refund, total_minor.saturating_sub(given_otherwise(note)));
    }
    Ok(refunds)
}

/// The part of a note that was never paid, was refunded outside of Stripe, or went to
/// the customer's balance. A balance transaction given by id alone does not state its
/// amount; the remainder is then an upper bound of the refund.
fn given_otherwise(note: &Node<'_>) -> u64 {
    let amount = |place: &str| note.look(place).signed_amount().unwrap_or(0).unsigned_abs();
    [
        "pre_payment_amount",
        "out_of_band_amount",
        // Negative: the customer's credit grows by that amount.
        "customer_balance_transaction.amount",
    ]
    .map(amount)
    .into_iter()
    .fold(0, u64::saturating_add)
}

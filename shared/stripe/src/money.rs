//! Money that is returned: refunds and disputes. Sources:
//! <https://docs.stripe.com/api/refunds/object>,
//! <https://docs.stripe.com/api/charges/object> and
//! <https://docs.stripe.com/api/disputes/object>.

use domain::StripeId;
use domain::billing::{ChargeRefunded, DisputeSnapshot, Fact, RefundSnapshot, RefundStatus};

use crate::error::Problem;
use crate::node::Node;

/// Any event about a refund; the status says whether it failed.
pub(crate) fn refund(refund: &Node<'_>) -> Result<Fact, Problem> {
    let Some(payment) = refund.field("payment_intent")?.reported()?.optional_id()? else {
        return Ok(Fact::Noted);
    };
    let word = refund.field("status")?.reported()?.optional();
    let word = word.map(|place| place.text()).transpose()?;
    Ok(Fact::Refund(RefundSnapshot {
        id: refund.field("id")?.id()?,
        payment,
        amount_minor: refund.field("amount")?.amount()?,
        status: match word {
            Some("succeeded") => RefundStatus::Succeeded,
            Some("failed" | "canceled") => RefundStatus::Failed,
            _ => RefundStatus::Pending,
        },
    }))
}

/// `charge.refunded`, with the total refunded so far.
pub(crate) fn charge_refunded(charge: &Node<'_>) -> Result<Fact, Problem> {
    let Some(payment) = charge.field("payment_intent")?.reported()?.optional_id()? else {
        return Ok(Fact::Noted);
    };
    Ok(Fact::ChargeRefunded(ChargeRefunded {
        charge: charge.field("id")?.id()?,
        payment,
        invoice: charge.field("invoice")?.optional_id()?,
        refunded_minor: charge.field("amount_refunded")?.amount()?,
    }))
}

/// Any event about a dispute; `moved` if its type says that money moved.
pub(crate) fn dispute(dispute: &Node<'_>, moved: bool) -> Result<Fact, Problem> {
    let Some(payment) = dispute.field("payment_intent")?.reported()?.optional_id()? else {
        return Ok(Fact::Noted);
    };
    // An inquiry is not a dispute yet and moves no money.
    if dispute.field("status")?.text()?.starts_with("warning_") {
        return Ok(Fact::Noted);
    }
    let transactions = dispute.look("balance_transactions").members();
    let transactions = transactions.unwrap_or_default();
    Ok(Fact::Dispute(DisputeSnapshot {
        id: dispute.field("id")?.id()?,
        payment,
        amount_minor: dispute.field("amount")?.amount()?,
        transactions: transactions.iter().filter_map(transaction).collect(),
        moved,
    }))
}

/// A balance transaction given by id alone does not state its amount.
fn transaction(transaction: &Node<'_>) -> Option<(StripeId, i64)> {
    let id = transaction.look("id").id().ok()?;
    let amount = transaction.look("amount").signed_amount().ok()?;
    Some((id, amount))
}

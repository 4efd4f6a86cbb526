//! Money that goes back: refunds and disputes.
//! Source: <https://docs.stripe.com/api/refunds/object>,
//! <https://docs.stripe.com/api/charges/object> and
//! <https://docs.stripe.com/api/disputes/object>.

use shared::domain::billing::{
    ChargeRefunded, DisputeFunds, DisputePhase, Fact, RefundSnapshot, RefundStatus,
};

use super::Problem;
use super::node::Node;

/// Any event about a refund; `refund.failed` says so in its status.
pub(super) fn refund(refund: &Node<'_>) -> Result<Fact, Problem> {
    let Some(payment) = refund.field("payment_intent")?.told()?.optional_id()? else {
        return Ok(Fact::Noted);
    };
    let word = refund.field("status")?.told()?.optional();
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

/// `charge.refunded`, with all that was refunded of it so far.
pub(super) fn charge_refunded(charge: &Node<'_>) -> Result<Fact, Problem> {
    let Some(payment) = charge.field("payment_intent")?.told()?.optional_id()? else {
        return Ok(Fact::Noted);
    };
    Ok(Fact::ChargeRefunded(ChargeRefunded {
        charge: charge.field("id")?.id()?,
        payment,
        invoice: charge.field("invoice")?.optional_id()?,
        refunded_minor: charge.field("amount_refunded")?.amount()?,
    }))
}

/// `charge.dispute.funds_withdrawn`.
pub(super) fn withdrawn(dispute: &Node<'_>) -> Result<Fact, Problem> {
    funds(dispute, DisputePhase::Withdrawn)
}

/// `charge.dispute.funds_reinstated`.
pub(super) fn reinstated(dispute: &Node<'_>) -> Result<Fact, Problem> {
    funds(dispute, DisputePhase::Reinstated)
}

fn funds(dispute: &Node<'_>, phase: DisputePhase) -> Result<Fact, Problem> {
    let Some(payment) = dispute.field("payment_intent")?.told()?.optional_id()? else {
        return Ok(Fact::Noted);
    };
    // An inquiry is no dispute yet and moves no money.
    if dispute.field("status")?.text()?.starts_with("warning_") {
        return Ok(Fact::Noted);
    }
    Ok(Fact::Dispute(DisputeFunds {
        id: dispute.field("id")?.id()?,
        payment,
        amount_minor: dispute.field("amount")?.amount()?,
        phase,
    }))
}

//! A payment and what came back of it.
//!
//! Refunds and disputes are kept per id, so it does not matter in which order
//! or how often they are heard of, nor whether it is known yet what was paid:
//! a refund that comes before its purchase waits here and is taken into account
//! when the purchase comes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ChargeRefunded, DisputeFunds, DisputePhase, RefundSnapshot, RefundStatus};
use crate::{Credits, LotId, StripeId, Timestamp, UserId};

/// One payment intent (or a checkout session that needed no payment).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// What was bought with it, as far as is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_for: Option<PaidFor>,
    /// Refunds by `re_…`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refunds: BTreeMap<StripeId, RefundState>,
    /// The newest cumulative figure of its charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<ChargeState>,
    /// Disputes by `dp_…`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub disputes: BTreeMap<StripeId, DisputeState>,
}

/// What a payment was for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaidFor {
    /// An invoice, `in_…`.
    Invoice(StripeId),
    /// A pack.
    Pack(PackLot),
}

/// The lot a pack made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackLot {
    /// Whose it is.
    pub user_id: UserId,
    /// `buy:<payment intent or session>`.
    pub lot: LotId,
    /// When it was bought.
    pub starts_at: Timestamp,
    /// What it gave.
    #[serde(rename = "granted_milli")]
    pub granted: Credits,
    /// What was paid for it, in the smallest unit.
    pub paid_minor: u64,
}

/// What is known of one refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RefundState {
    /// The furthest it was seen.
    pub status: RefundStatus,
    /// How much, in the smallest unit.
    pub amount_minor: u64,
}

/// What a charge said was refunded of it so far; the later statement is the
/// greater value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChargeState {
    /// When it said so.
    pub created: Timestamp,
    /// How much in all, in the smallest unit.
    pub refunded_minor: u64,
    /// In which event.
    pub event: StripeId,
}

/// What is known of one dispute, in the smallest unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeState {
    /// What it took.
    #[serde(default)]
    pub withdrawn_minor: u64,
    /// What it gave back.
    #[serde(default)]
    pub reinstated_minor: u64,
}

impl Payment {
    /// Takes note of a refund: of two sights of it the further one counts.
    pub fn note_refund(&mut self, refund: &RefundSnapshot) {
        let seen = RefundState {
            status: refund.status,
            amount_minor: refund.amount_minor,
        };
        let known = self.refunds.entry(refund.id.clone()).or_insert(seen);
        *known = seen.max(*known);
    }

    /// Takes note of a charge's cumulative figure: the newest counts.
    pub fn note_charge(&mut self, refunded: &ChargeRefunded, event: &StripeId, created: Timestamp) {
        let seen = ChargeState {
            created,
            refunded_minor: refunded.refunded_minor,
            event: event.clone(),
        };
        if self.charge.as_ref().is_none_or(|known| *known < seen) {
            self.charge = Some(seen);
        }
    }

    /// Takes note of money that a dispute moved.
    pub fn note_dispute(&mut self, funds: &DisputeFunds) {
        let known = self.disputes.entry(funds.id.clone()).or_default();
        let side = match funds.phase {
            DisputePhase::Withdrawn => &mut known.withdrawn_minor,
            DisputePhase::Reinstated => &mut known.reinstated_minor,
        };
        *side = funds.amount_minor.max(*side);
    }

    /// Whose it is, if it bought a pack.
    pub fn user_id(&self) -> Option<&UserId> {
        match &self.paid_for {
            Some(PaidFor::Pack(pack)) => Some(&pack.user_id),
            Some(PaidFor::Invoice(_)) | None => None,
        }
    }

    /// What of it is not ours any more, in the smallest unit: refunds that did
    /// not fail, and what disputes took and did not give back. While no refund
    /// is known by its id, what the charge says of itself counts.
    pub fn returned_minor(&self) -> u64 {
        let refunds = self.refunds.values();
        let refunded = if self.refunds.is_empty() {
            let charge = self.charge.as_ref();
            charge.map_or(0, |charge| charge.refunded_minor)
        } else {
            refunds
                .filter(|refund| refund.status != RefundStatus::Failed)
                .fold(0, |sum: u64, refund| {
                    sum.saturating_add(refund.amount_minor)
                })
        };
        self.disputes.values().fold(refunded, |sum, dispute| {
            let taken = dispute.withdrawn_minor;
            sum.saturating_add(taken.saturating_sub(dispute.reinstated_minor))
        })
    }
}

/// What is to be taken back of `granted` if `returned_minor` of `paid_minor`
/// was returned: its share, rounded down; nothing where nothing was paid.
pub fn taken_back(granted: Credits, returned_minor: u64, paid_minor: u64) -> Credits {
    share(granted, returned_minor.min(paid_minor), paid_minor)
}

/// `amount` x `part` / `whole`, rounded down; `part` is at most `whole`.
fn share(amount: Credits, part: u64, whole: u64) -> Credits {
    let product = i128::from(amount.milli()).saturating_mul(i128::from(part));
    let quotient = product.checked_div(i128::from(whole)).unwrap_or(0);
    // A part of an amount fits where the amount did.
    i64::try_from(quotient).map_or(Credits::ZERO, Credits::from_milli)
}

#[cfg(test)]
mod tests;

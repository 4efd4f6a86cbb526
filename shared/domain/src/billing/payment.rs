//! A payment and what was returned of it.
//!
//! Refunds and disputes are kept per id, so they may arrive in any order, any
//! number of times, and before the purchase is known: a refund that arrives before
//! its purchase waits here and counts when the purchase arrives.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::returned::ReturnedAmount;
use super::{ChargeRefunded, DisputeSnapshot, RefundSnapshot, RefundStatus};
use crate::{Credits, LotId, LotKind, LotTerms, ResetDay, StripeId, Timestamp, UserId};

/// One payment intent (or a checkout session that needed no payment).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The invoice that it paid, `in_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<StripeId>,
    /// The subscriptions of that invoice, once it is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<StripeId>,
    /// The pack that a checkout bought with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<PackLot>,
    /// Refunds by `re_…`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refunds: BTreeMap<StripeId, RefundState>,
    /// The newest cumulative refund figure of its charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<ChargeState>,
    /// Disputes by `dp_…`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub disputes: BTreeMap<StripeId, DisputeState>,
}

/// The lot of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackLot {
    /// The user it belongs to.
    pub user_id: UserId,
    /// `buy:<invoice>` if its checkout names an invoice or it is all that an
    /// invoice sells; otherwise `buy:<payment intent or session>` or
    /// `buy:<invoice>:<line>`.
    pub lot: LotId,
    /// When it was bought.
    pub starts_at: Timestamp,
    /// The credits granted.
    #[serde(rename = "granted_milli")]
    pub granted: Credits,
    /// The amount paid, in the smallest unit.
    pub paid_minor: u64,
}

impl PackLot {
    /// The terms of its lot, which has no end.
    pub fn terms(&self) -> LotTerms {
        LotTerms {
            id: self.lot.clone(),
            kind: LotKind::Purchase,
            starts_at: self.starts_at,
            expires_at: None,
            monthly_allocation: Credits::ZERO,
            reset_day_of_month: ResetDay::FIRST,
            rollover: None,
        }
    }
}

/// A refund, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RefundState {
    /// The furthest status seen.
    pub status: RefundStatus,
    /// Its amount, in the smallest unit.
    pub amount_minor: u64,
    /// When it was first reported as failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
}

/// The total that a charge reported as refunded so far; ordered so that the later
/// report is greater.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChargeState {
    /// When it was reported.
    pub created: Timestamp,
    /// The total, in the smallest unit.
    pub refunded_minor: u64,
    /// The event that reported it.
    pub event: StripeId,
}

/// A dispute, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeState {
    /// The disputed amount, in the smallest unit of the payment's currency.
    pub amount_minor: u64,
    /// Its balance transactions by `txn_…`, in the currency of the balance:
    /// negative was withdrawn, positive was reinstated.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub transactions: BTreeMap<StripeId, i64>,
}

/// What was returned of a payment, as its invoice needs to know it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReturned {
    /// Refunds that did not fail, by `re_…`, in the smallest unit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refunds: BTreeMap<StripeId, u64>,
    /// Refunds that failed, by `re_…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<StripeId>,
    /// The total that the charge reports as refunded, less refunds that failed since.
    #[serde(default)]
    pub charge_minor: u64,
    /// The amount that disputes withdrew and did not reinstate.
    #[serde(default)]
    pub disputed_minor: u64,
}

impl DisputeState {
    /// The share of the disputed amount that was withdrawn and not reinstated,
    /// rounded up.
    fn taken_minor(&self) -> u64 {
        let amounts = || self.transactions.values().map(|amount| i128::from(*amount));
        let withdrawn = amounts()
            .filter(|amount| *amount < 0)
            .fold(0_i128, i128::saturating_sub);
        let reinstated = amounts()
            .filter(|amount| *amount > 0)
            .fold(0_i128, i128::saturating_add);
        let gone = withdrawn.saturating_sub(reinstated).max(0);
        let (gone, withdrawn) = (gone.unsigned_abs(), withdrawn.unsigned_abs());
        if withdrawn == 0 {
            return 0;
        }
        let taken = u128::from(self.amount_minor)
            .saturating_mul(gone)
            .div_ceil(withdrawn);
        u64::try_from(taken).unwrap_or(u64::MAX)
    }
}

impl Payment {
    /// Records a refund; of two reports, the further status counts.
    pub fn note_refund(&mut self, refund: &RefundSnapshot, created: Timestamp) {
        let failed = refund.status == RefundStatus::Failed;
        let seen = RefundState {
            status: refund.status,
            amount_minor: refund.amount_minor,
            failed_at: failed.then_some(created),
        };
        let known = self.refunds.entry(refund.id.clone()).or_insert(seen);
        let first = [known.failed_at, seen.failed_at]
            .into_iter()
            .flatten()
            .min();
        *known = RefundState {
            status: known.status.max(seen.status),
            amount_minor: known.amount_minor.max(seen.amount_minor),
            failed_at: first,
        };
    }

    /// Records a charge's cumulative figure; the newest counts.
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

    /// Records a dispute; its balance transactions are merged by id.
    pub fn note_dispute(&mut self, dispute: &DisputeSnapshot) {
        let known = self.disputes.entry(dispute.id.clone()).or_default();
        known.amount_minor = known.amount_minor.max(dispute.amount_minor);
        known.transactions.extend(dispute.transactions.clone());
    }

    /// The owner of the pack it bought, if any.
    pub fn user_id(&self) -> Option<&UserId> {
        self.pack.as_ref().map(|pack| &pack.user_id)
    }

    /// What was returned of it.
    pub fn returned(&self) -> PaymentReturned {
        let failed = |refund: &RefundState| refund.status == RefundStatus::Failed;
        let charge = self.charge.as_ref();
        let failed_since = self.refunds.values().filter(|refund| {
            let since = charge.map_or(Timestamp::MAX, |charge| charge.created);
            refund.failed_at.is_some_and(|at| at >= since)
        });
        let failed_minor = failed_since.fold(0_u64, |sum, it| sum.saturating_add(it.amount_minor));
        let charge_minor = charge.map_or(0, |charge| charge.refunded_minor);
        let disputes = self.disputes.values();
        let refunds = self.refunds.iter();
        PaymentReturned {
            refunds: refunds
                .clone()
                .filter(|(_, refund)| !failed(refund))
                .map(|(id, refund)| (id.clone(), refund.amount_minor))
                .collect(),
            failed: refunds
                .filter(|(_, refund)| failed(refund))
                .map(|(id, _)| id.clone())
                .collect(),
            charge_minor: charge_minor.saturating_sub(failed_minor),
            disputed_minor: disputes.fold(0, |sum, it| sum.saturating_add(it.taken_minor())),
        }
    }
}

impl PaymentReturned {
    /// The total refunded: the refunds known by id, or the charge's figure if that is greater.
    pub fn refunded_minor(&self) -> u64 {
        self.known_minor().max(self.charge_minor)
    }

    /// The total of the refunds known by id.
    pub(super) fn known_minor(&self) -> u64 {
        self.refunds
            .values()
            .fold(0, |sum, amount| sum.saturating_add(*amount))
    }

    /// What was returned of a payment with this total.
    pub fn of(&self, total_minor: u64) -> ReturnedAmount {
        ReturnedAmount {
            returned_minor: self.refunded_minor().saturating_add(self.disputed_minor),
            total_minor,
        }
    }
}

#[cfg(test)]
mod tests;

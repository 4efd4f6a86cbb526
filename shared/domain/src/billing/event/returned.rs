//! Returned money, as Stripe's events show it: refunds, disputes and credit notes.
//!
//! Plain data: how much is clawed back for it is decided elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::parties::Parties;
use crate::StripeId;

/// A refund as an event shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundSnapshot {
    /// `re_…`.
    pub id: StripeId,
    /// The payment it refunds, `pi_…`.
    pub payment: StripeId,
    /// Its amount, in the smallest unit.
    pub amount_minor: u64,
    /// Its status.
    pub status: RefundStatus,
}

/// The status of a refund, in the order in which one supersedes another: pending,
/// succeeded, then failed or canceled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// Pending (also `requires_action`, and statuses that Stripe may add).
    Pending,
    /// The money was returned.
    Succeeded,
    /// It failed or was `canceled`; the money stays paid.
    Failed,
}

/// `charge.refunded`: a cumulative figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeRefunded {
    /// `ch_…`.
    pub charge: StripeId,
    /// The payment it belongs to, `pi_…`.
    pub payment: StripeId,
    /// The invoice it paid, where the event names it (API versions before basil).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<StripeId>,
    /// The total refunded so far, in the smallest unit.
    pub refunded_minor: u64,
}

/// A dispute as an event shows it. Its `amount` may be in another currency than its
/// balance transactions, so only their ratio shows the share that moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeSnapshot {
    /// `dp_…` or `du_…`.
    pub id: StripeId,
    /// The disputed payment, `pi_…`.
    pub payment: StripeId,
    /// The disputed amount, in the smallest unit.
    pub amount_minor: u64,
    /// Its balance transactions by `txn_…`: negative was withdrawn, positive was reinstated.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub transactions: BTreeMap<StripeId, i64>,
    /// Whether the event type itself says that money moved.
    pub moved: bool,
}

/// A credit note as an event shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNoteSnapshot {
    /// `cn_…`.
    pub id: StripeId,
    /// The invoice it credits, `in_…`.
    pub invoice: StripeId,
    /// Whom it belongs to.
    pub parties: Parties,
    /// Whether it was voided and counts for nothing.
    pub voided: bool,
    /// The total it gives back, taxes included, in the smallest unit.
    pub total_minor: u64,
    /// The invoice lines it names, with the amount it gives back of each before
    /// taxes, in the smallest unit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<CreditNoteLine>,
    /// Whether `lines` has all of its lines.
    pub complete: bool,
    /// Its refunds by `re_…`, each with the amount that belongs to it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refunds: BTreeMap<StripeId, u64>,
}

/// A line of a credit note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNoteLine {
    /// The invoice line, `il_…`; none if it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<StripeId>,
    /// The amount it gives back, before taxes, in the smallest unit.
    pub amount_minor: u64,
}

impl RefundStatus {
    /// The name of the status in causes.
    pub fn as_str(self) -> &'static str {
        match self {
            RefundStatus::Pending => "pending",
            RefundStatus::Succeeded => "succeeded",
            RefundStatus::Failed => "failed",
        }
    }
}

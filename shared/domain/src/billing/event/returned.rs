//! Money that comes back, as Stripe's events show it: refunds, disputes and
//! credit notes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::parties::Parties;
use crate::StripeId;

/// A refund as an event shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundSnapshot {
    /// `re_…`.
    pub id: StripeId,
    /// Of which payment, `pi_…`.
    pub payment: StripeId,
    /// How much, in the smallest unit.
    pub amount_minor: u64,
    /// Where it stands.
    pub status: RefundStatus,
}

/// Where a refund stands, in the order in which one settles the next:
/// pending, succeeded, then failed or canceled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// On its way (also `requires_action`, and what Stripe may add).
    Pending,
    /// The money is back.
    Succeeded,
    /// It did not work; the money stays paid. Also `canceled`.
    Failed,
}

/// `charge.refunded`: a cumulative figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeRefunded {
    /// `ch_…`.
    pub charge: StripeId,
    /// Of which payment, `pi_…`.
    pub payment: StripeId,
    /// The invoice it paid, where the event names it (API versions before basil).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<StripeId>,
    /// All that was refunded of it so far, in the smallest unit.
    pub refunded_minor: u64,
}

/// A dispute as an event shows it. Its `amount` may be in another currency
/// than its balance transactions, so only their ratio says what moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeSnapshot {
    /// `dp_…` or `du_…`.
    pub id: StripeId,
    /// Of which payment, `pi_…`.
    pub payment: StripeId,
    /// The disputed amount, in the smallest unit.
    pub amount_minor: u64,
    /// What moved, by `txn_…`: negative was withdrawn, positive came back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub transactions: BTreeMap<StripeId, i64>,
    /// Whether the event itself says that money moved.
    pub moved: bool,
}

/// A credit note as an event shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNoteSnapshot {
    /// `cn_…`.
    pub id: StripeId,
    /// Of which invoice, `in_…`.
    pub invoice: StripeId,
    /// Whose it is.
    pub parties: Parties,
    /// Whether it was voided, so that it counts for nothing.
    pub voided: bool,
    /// All that it gives back, taxes included, in the smallest unit.
    pub total_minor: u64,
    /// The lines of the invoice that it names, with what it gives back of each
    /// before taxes, in the smallest unit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<CreditNoteLine>,
    /// Whether these are all of its lines.
    pub complete: bool,
    /// Its refunds by `re_…`, each with the part that belongs to it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refunds: BTreeMap<StripeId, u64>,
}

/// A line of a credit note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNoteLine {
    /// The line of the invoice, `il_…`; none if it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<StripeId>,
    /// What it gives back, before taxes, in the smallest unit.
    pub amount_minor: u64,
}

impl RefundStatus {
    /// The status's name in causes.
    pub fn as_str(self) -> &'static str {
        match self {
            RefundStatus::Pending => "pending",
            RefundStatus::Succeeded => "succeeded",
            RefundStatus::Failed => "failed",
        }
    }
}

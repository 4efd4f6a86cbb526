//! An invoice, as far as it is known: what it granted once paid, what paid it, and
//! what was returned.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::returned::{Returned, ReturnedAmount};
use super::{CreditNoteSnapshot, PackLot, PaymentReturned};
use crate::{StripeId, UserId};

/// An invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// What it led to once it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<SettledInvoice>,
    /// What was returned of each of its payments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub payments: BTreeMap<StripeId, PaymentReturned>,
    /// Whether something other than a payment intent paid it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub paid_otherwise: bool,
    /// Its credit notes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub credit_notes: BTreeMap<StripeId, CreditNoteState>,
    /// The pack that the checkout which created this invoice granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bought: Option<PackLot>,
    /// The number of parked events that wait until it is paid or its payment is known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waiting: u32,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What a paid invoice led to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledInvoice {
    /// The user it belongs to.
    pub user_id: UserId,
    /// Its total after discounts, before the customer's balance.
    pub total_minor: i64,
    /// The subscriptions whose books have its lines, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<StripeId>,
    /// The packs that its lines granted, by line.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub packs: BTreeMap<StripeId, PackLot>,
    /// The amounts of its lines, before discounts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub line_amounts_minor: BTreeMap<StripeId, i64>,
}

/// A credit note, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNoteState {
    /// Whether it was voided and counts for nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub voided: bool,
    /// The total it gives back.
    pub total_minor: u64,
    /// What it gives back of the lines it names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lines: BTreeMap<StripeId, u64>,
    /// What it gives back without naming a line, before taxes.
    #[serde(default)]
    pub unnamed_minor: u64,
    /// Its refunds, which may also arrive as events of their own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refunds: BTreeMap<StripeId, u64>,
}

impl Invoice {
    /// Records a credit note: once void it stays void, and refunds once seen stay
    /// part of it.
    pub fn note_credit_note(&mut self, note: &CreditNoteSnapshot) {
        let known = self.credit_notes.entry(note.id.clone()).or_default();
        known.voided |= note.voided;
        known.total_minor = known.total_minor.max(note.total_minor);
        known.refunds.extend(note.refunds.clone());
        let named = note
            .lines
            .iter()
            .filter_map(|it| Some((it.line.clone()?, it.amount_minor)));
        let mut lines = BTreeMap::new();
        for (line, amount) in named {
            let sum: &mut u64 = lines.entry(line).or_default();
            *sum = sum.saturating_add(amount);
        }
        let unnamed = note.lines.iter().filter(|it| it.line.is_none());
        known.unnamed_minor = unnamed.fold(0, |sum, it| sum.saturating_add(it.amount_minor));
        known.lines = lines;
    }

    /// What was returned of it by refunds, disputes and credit notes, each amount
    /// counted once.
    pub fn returned(&self) -> Returned {
        let Some(settled) = &self.settled else {
            return Returned::default();
        };
        let total_minor = u64::try_from(settled.total_minor).unwrap_or(0);
        let notes = || self.credit_notes.values().filter(|note| !note.voided);
        let of_note = |id: &StripeId| notes().any(|note| note.refunds.contains_key(id));
        // Refunds that belong to a credit note count there.
        let (mut general, mut unexplained) = (0_u64, 0_u64);
        for payment in self.payments.values() {
            let own = payment.refunds.iter().filter(|(id, _)| !of_note(id));
            general = own.fold(general, |sum, (_, amount)| sum.saturating_add(*amount));
            general = general.saturating_add(payment.disputed_minor);
            let excess = payment.charge_minor.saturating_sub(payment.known_minor());
            unexplained = unexplained.saturating_add(excess);
        }
        // What a charge reports beyond its known refunds may be those of a credit note.
        let unheard = notes().flat_map(|note| &note.refunds);
        let unheard = unheard.filter(|(id, _)| !self.knows_refund(id));
        let unheard = unheard.fold(0_u64, |sum, (_, amount)| sum.saturating_add(*amount));
        general = general.saturating_add(unexplained.saturating_sub(unheard));
        let mut lines: BTreeMap<StripeId, ReturnedAmount> = BTreeMap::new();
        for note in notes() {
            let stands = note.total_minor.saturating_sub(self.failed_of(note));
            general = general.saturating_add(note.general_minor(stands));
            for (line, amount) in &note.lines {
                let of_line = settled.line_amounts_minor.get(line).copied().unwrap_or(0);
                let known = lines.entry(line.clone()).or_default();
                known.total_minor = of_line.unsigned_abs();
                let amount = share_up(*amount, stands, note.total_minor);
                known.returned_minor = known.returned_minor.saturating_add(amount);
            }
        }
        let invoice = ReturnedAmount {
            returned_minor: general,
            total_minor,
        };
        Returned { invoice, lines }
    }

    /// What was returned of its total, whether of its lines or of all of it: the share of a
    /// pack that it bought as a whole.
    pub fn returned_in_all(&self) -> ReturnedAmount {
        if self.settled.is_none() {
            return ReturnedAmount::default();
        }
        let notes = self.credit_notes.values().filter(|note| !note.voided);
        let of_lines = notes.map(|note| {
            let stands = note.total_minor.saturating_sub(self.failed_of(note));
            stands.saturating_sub(note.general_minor(stands))
        });
        let ReturnedAmount {
            returned_minor,
            total_minor,
        } = self.returned().invoice;
        ReturnedAmount {
            returned_minor: of_lines.fold(returned_minor, u64::saturating_add),
            total_minor,
        }
    }

    fn knows_refund(&self, id: &StripeId) -> bool {
        let mut payments = self.payments.values();
        payments.any(|it| it.refunds.contains_key(id) || it.failed.contains(id))
    }

    /// The amount of a credit note's refunds that failed.
    fn failed_of(&self, note: &CreditNoteState) -> u64 {
        let failed = |id: &StripeId| self.payments.values().any(|it| it.failed.contains(id));
        let refunds = note.refunds.iter().filter(|(id, _)| failed(id));
        refunds.fold(0, |sum, (_, amount)| sum.saturating_add(*amount))
    }
}

impl CreditNoteState {
    /// The part of a standing amount that is not for named lines.
    fn general_minor(&self, stands: u64) -> u64 {
        if self.lines.is_empty() {
            return stands;
        }
        let named = self
            .lines
            .values()
            .fold(0_u64, |sum, it| sum.saturating_add(*it));
        let all = named.saturating_add(self.unnamed_minor);
        share_up(stands, self.unnamed_minor, all)
    }
}

/// `amount` x `part` / `whole`, rounded up; 0 of 0.
fn share_up(amount: u64, part: u64, whole: u64) -> u64 {
    if whole == 0 {
        return 0;
    }
    let share = u128::from(amount).saturating_mul(u128::from(part));
    u64::try_from(share.div_ceil(u128::from(whole))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;

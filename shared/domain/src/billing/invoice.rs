//! What a paid invoice gives, and what is taken back of it.
//!
//! Its lines decide, not the invoice: a line of a subscription's period gives
//! the plan's credits whoever or whatever paid for it, a line of nothing is a
//! trial, and all lines of a change in mid-period together give one lot.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Catalogue, InvoiceLine, LineKind, PaidInvoice, taken_back};
use crate::{
    Credits, CreditsOverflow, Every, LotId, ParseIdentifierError, Price, StripeId, Timestamp,
    UserId,
};

/// An invoice as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// What it gave, once it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<SettledInvoice>,
    /// What was returned of each of its payments, in the smallest unit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub returned_minor: BTreeMap<StripeId, u64>,
}

/// What a paid invoice gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledInvoice {
    /// To whom.
    pub user_id: UserId,
    /// What was paid in money, in the smallest unit.
    pub paid_minor: u64,
    /// The lots, in the order of their ids.
    pub lots: Vec<InvoiceLot>,
}

/// A lot that an invoice gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLot {
    /// `sub:<invoice>:<line>`, `sub:<invoice>:proration` or `trial:<plan>`.
    pub lot: LotId,
    /// What it gave in all.
    #[serde(rename = "granted_milli")]
    pub granted: Credits,
    /// The start of the period it is for.
    pub starts_at: Timestamp,
    /// The end of that period.
    pub ends_at: Timestamp,
    /// For how long it can be spent after that.
    #[serde(default)]
    pub grace_days: u32,
    /// Whether it comes in monthly parts.
    #[serde(default, skip_serializing_if = "is_false")]
    pub monthly: bool,
    /// What may be kept after its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollover: Option<crate::Rollover>,
    /// The plan whose one trial this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_of: Option<String>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// Why an invoice or a subscription cannot be turned into credits now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unpriced {
    /// The catalogue does not know the price.
    #[error("the catalogue has no price {0}")]
    Unknown(StripeId),
    /// The event does not carry all lines.
    #[error("the invoice has more lines than the event carries")]
    Incomplete,
    /// A line that should give credits names no price.
    #[error("the line {0} names no price")]
    Unnamed(StripeId),
    /// The amounts do not fit.
    #[error("the amounts are too large")]
    TooLarge,
    /// The ids are too long for the name of a lot.
    #[error("the line {0} makes no name for a lot")]
    Unnameable(StripeId),
}

impl From<CreditsOverflow> for Unpriced {
    fn from(_: CreditsOverflow) -> Self {
        Unpriced::TooLarge
    }
}

impl Invoice {
    /// What was returned of all its payments, in the smallest unit.
    pub fn all_returned_minor(&self) -> u64 {
        let payments = self.returned_minor.values();
        payments.fold(0, |sum: u64, returned| sum.saturating_add(*returned))
    }
}

impl SettledInvoice {
    /// How much of each lot is to be taken back if so much was returned: the
    /// share of the whole, rounded down once and spread so that nothing is lost.
    pub fn targets(
        &self,
        returned_minor: u64,
    ) -> Result<Vec<(&InvoiceLot, Credits)>, CreditsOverflow> {
        let (mut granted_so_far, mut taken_so_far) = (Credits::ZERO, Credits::ZERO);
        let mut targets = Vec::new();
        for lot in &self.lots {
            granted_so_far = granted_so_far.plus(lot.granted)?;
            let taken = taken_back(granted_so_far, returned_minor, self.paid_minor);
            targets.push((lot, taken.minus(taken_so_far)?));
            taken_so_far = taken;
        }
        Ok(targets)
    }
}

/// The lots that a paid invoice gives, in the order of their ids.
pub fn invoice_lots(
    invoice: &PaidInvoice,
    catalogue: &Catalogue,
) -> Result<Vec<InvoiceLot>, Unpriced> {
    if !invoice.complete {
        return Err(Unpriced::Incomplete);
    }
    let mut lots = Vec::new();
    for line in of_kind(invoice, LineKind::Subscription) {
        lots.push(period_lot(invoice, line, price_of(line, catalogue)?)?);
    }
    if of_kind(invoice, LineKind::Proration).next().is_some() {
        lots.push(proration_lot(invoice, catalogue)?);
    }
    lots.retain(|lot| lot.granted.is_positive());
    lots.sort_by(|one, other| one.lot.cmp(&other.lot));
    lots.dedup_by(|one, other| one.lot == other.lot);
    Ok(lots)
}

fn of_kind(invoice: &PaidInvoice, kind: LineKind) -> impl Iterator<Item = &InvoiceLine> {
    invoice.lines.iter().filter(move |line| line.kind == kind)
}

fn price_of<'a>(line: &InvoiceLine, catalogue: &'a Catalogue) -> Result<&'a Price, Unpriced> {
    let id = line.price.as_ref();
    let id = id.ok_or_else(|| Unpriced::Unnamed(line.id.clone()))?;
    catalogue
        .price(id)
        .ok_or_else(|| Unpriced::Unknown(id.clone()))
}

/// A whole period gives what the plan gives; one that costs nothing although
/// the price does is a trial.
fn period_lot(
    invoice: &PaidInvoice,
    line: &InvoiceLine,
    price: &Price,
) -> Result<InvoiceLot, Unpriced> {
    let is_trial = line.amount_minor == 0 && price.amount_minor != 0 && line.quantity > 0;
    let unnameable = |_: ParseIdentifierError| Unpriced::Unnameable(line.id.clone());
    let (lot, granted) = if is_trial {
        (format!("trial:{}", price.plan), price.trial_credits)
    } else {
        let units = i64::from(line.quantity);
        let granted = price.credits.milli().checked_mul(units);
        let granted = granted.map(Credits::from_milli).ok_or(CreditsOverflow)?;
        (format!("sub:{}:{}", invoice.id, line.id), granted)
    };
    let keeps = !is_trial && price.rollover.months > 0;
    Ok(InvoiceLot {
        lot: lot.parse().map_err(unnameable)?,
        granted,
        starts_at: line.period_start,
        ends_at: line.period_end,
        grace_days: price.grace_days,
        monthly: !is_trial && price.every == Every::Month,
        rollover: keeps.then_some(price.rollover),
        trial_of: is_trial.then(|| price.plan.clone()),
    })
}

/// All lines of changes in mid-period: what was paid more for the rest of the
/// period gives its share of the credits, what was paid less takes nothing. It
/// ends with the current period, which is the latest that the invoice names.
fn proration_lot(invoice: &PaidInvoice, catalogue: &Catalogue) -> Result<InvoiceLot, Unpriced> {
    let mut sum = Fraction::ZERO;
    for line in of_kind(invoice, LineKind::Proration) {
        let price = price_of(line, catalogue)?;
        if price.amount_minor == 0 {
            continue;
        }
        let milli = i128::from(price.credits.milli());
        let part = i128::from(line.amount_minor).checked_mul(milli);
        let part = part.ok_or(CreditsOverflow)?;
        sum = sum
            .plus(part, i128::from(price.amount_minor))
            .ok_or(CreditsOverflow)?;
    }
    let milli = i64::try_from(sum.whole.max(0)).map_err(|_| CreditsOverflow)?;
    let prorations = || of_kind(invoice, LineKind::Proration);
    let counted = invoice
        .lines
        .iter()
        .filter(|line| line.kind != LineKind::Other);
    let starts_at = prorations().map(|line| line.period_start).min();
    let ends_at = counted.map(|line| line.period_end).max();
    let name = format!("sub:{}:proration", invoice.id);
    Ok(InvoiceLot {
        lot: name
            .parse()
            .map_err(|_| Unpriced::Unnameable(invoice.id.clone()))?,
        granted: Credits::from_milli(milli),
        starts_at: starts_at.unwrap_or(Timestamp::MIN),
        ends_at: ends_at.unwrap_or(Timestamp::MIN),
        grace_days: 0,
        monthly: false,
        rollover: None,
        trial_of: None,
    })
}

/// An exact sum of quotients, so that rounding happens once: whole + numerator /
/// denominator, where the numerator is from 0 to below the denominator. With
/// the whole apart, only as much as the prices have as a common multiple must fit.
#[derive(Clone, Copy)]
struct Fraction {
    whole: i128,
    numerator: i128,
    denominator: i128,
}

impl Fraction {
    const ZERO: Fraction = Fraction {
        whole: 0,
        numerator: 0,
        denominator: 1,
    };

    /// This and numerator / denominator, which is positive.
    fn plus(self, numerator: i128, denominator: i128) -> Option<Fraction> {
        let shared = greatest_common_divisor(self.denominator, denominator);
        let (own, other) = (
            denominator.checked_div(shared)?,
            self.denominator.checked_div(shared)?,
        );
        let rest = numerator.checked_rem_euclid(denominator)?;
        let sum = self.numerator.checked_mul(own)?;
        let sum = sum.checked_add(rest.checked_mul(other)?)?;
        let whole = numerator.checked_div_euclid(denominator)?;
        let denominator = self.denominator.checked_mul(own)?;
        let carried = sum.checked_div_euclid(denominator)?;
        Some(Fraction {
            whole: self.whole.checked_add(whole)?.checked_add(carried)?,
            numerator: sum.checked_rem_euclid(denominator)?,
            denominator,
        })
    }
}

fn greatest_common_divisor(mut one: i128, mut other: i128) -> i128 {
    while other != 0 {
        (one, other) = (other, one.checked_rem(other).unwrap_or(0));
    }
    one
}

#[cfg(test)]
mod tests;

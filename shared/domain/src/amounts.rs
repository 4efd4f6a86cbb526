//! Totals of an account's lots: what each lot can spend once debt is netted, and
//! the exact balance an entry records.
//!
//! Debt is derived here and never stored: what pro lots owe, less what other pro
//! lots have left, in burn order. Free credits never cover debt.

use super::{CreditAccount, CreditType, Credits, CreditsOverflow, Lot, Timestamp};

/// A lot and the amount of it that can be spent.
#[derive(Clone, Debug)]
pub struct Spendable<'a> {
    /// The lot.
    pub lot: &'a Lot,
    /// Its surplus less the debt it covers; never negative.
    pub available: Credits,
}

/// The exact totals of an account at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Spendable free credits.
    pub free_available: Credits,
    /// Spendable pro credits, after debt.
    pub pro_available: Credits,
    /// Held by open holds, free and pro together.
    pub held: Credits,
    /// What pro lots owe beyond what other pro lots have left.
    pub debt: Credits,
}

impl Balance {
    /// What the next call may spend.
    pub fn total_available(&self) -> Result<Credits, CreditsOverflow> {
        self.free_available.plus(self.pro_available)
    }

    /// The totals of an account that was rolled forward to `now`.
    pub fn of(account: &CreditAccount, now: Timestamp) -> Result<Balance, CreditsOverflow> {
        let (spendable, debt) = spendable_lots(account, now)?;
        let available = |wanted: CreditType| {
            Credits::sum(
                spendable
                    .iter()
                    .filter(|entry| entry.lot.credit_type() == wanted)
                    .map(|entry| entry.available),
            )
        };
        Ok(Balance {
            free_available: available(CreditType::Free)?,
            pro_available: available(CreditType::Pro)?,
            held: Credits::sum(account.lots.iter().map(|lot| lot.held))?,
            debt,
        })
    }
}

/// The lots not closed at `now`, in burn order, each with the amount it can spend;
/// and the debt that remains once they have covered what they can.
pub(crate) fn spendable_lots(
    account: &CreditAccount,
    now: Timestamp,
) -> Result<(Vec<Spendable<'_>>, Credits), CreditsOverflow> {
    let mut debt = Credits::ZERO;
    for lot in &account.lots {
        let surplus = lot.surplus()?;
        if lot.credit_type() == CreditType::Pro && surplus.is_negative() {
            debt = debt.minus(surplus)?;
        }
    }
    let mut open: Vec<&Lot> = account
        .lots
        .iter()
        .filter(|lot| !lot.is_closed(now))
        .collect();
    open.sort_by_cached_key(|lot| lot.burn_order());
    let mut spendable = Vec::with_capacity(open.len());
    for lot in open {
        let surplus = lot.surplus()?.max(Credits::ZERO);
        let covered = match lot.credit_type() {
            CreditType::Free => Credits::ZERO,
            CreditType::Pro => surplus.min(debt),
        };
        debt = debt.minus(covered)?;
        spendable.push(Spendable {
            lot,
            available: surplus.minus(covered)?,
        });
    }
    Ok((spendable, debt))
}

#[cfg(test)]
mod tests;

//! Spending: which lots an amount is taken from, in burn order, and what happens if
//! they do not cover it.

use super::amounts::spendable_lots;
use super::draft::Draft;
use super::{
    Allocation, ApplyError, CreditAccount, Credits, LotAmount, LotId, LotKind, LotTerms,
    PostingCause, ResetDay, Timestamp,
};

/// Takes up to `amount` from the credits that can be spent at `now`. The second
/// value is the amount that is not covered.
pub(crate) fn allocate(
    account: &CreditAccount,
    amount: Credits,
    now: Timestamp,
) -> Result<(Vec<Allocation>, Credits), ApplyError> {
    let (spendable, _debt) = spendable_lots(account, now)?;
    let mut missing = amount;
    let mut allocations = Vec::new();
    for entry in spendable {
        let part = entry.available.min(missing);
        if part.is_positive() {
            missing = missing.minus(part)?;
            allocations.push(Allocation {
                lot: entry.lot.terms.id.clone(),
                amount: part,
            });
        }
    }
    Ok((allocations, missing))
}

/// Uses allocations of the available credits.
pub(crate) fn use_surplus(
    draft: &mut Draft,
    allocations: &[Allocation],
    cause: PostingCause,
) -> Result<(), ApplyError> {
    for part in allocations {
        draft.move_amount(&part.lot, LotAmount::Used, part.amount, cause)?;
    }
    Ok(())
}

/// Uses `amount` from the available credits and charges the rest to the overdraft:
/// for use that has already happened and can no longer be refused. An overdraft that was
/// covered for good has left; then another one opens.
pub(crate) fn use_or_overdraw(
    draft: &mut Draft,
    amount: Credits,
    cause: PostingCause,
    now: Timestamp,
) -> Result<(), ApplyError> {
    let (allocations, missing) = allocate(&draft.account, amount, now)?;
    use_surplus(draft, &allocations, cause)?;
    if !missing.is_positive() {
        return Ok(());
    }
    let terms = LotTerms {
        id: LotId::overdraft(),
        kind: LotKind::Overdraft,
        starts_at: now,
        expires_at: None,
        monthly_allocation: Credits::ZERO,
        reset_day_of_month: ResetDay::FIRST,
        rollover: None,
    };
    let id = terms.id.clone();
    if draft.account.lot(&id).is_none() {
        draft.open_lot(terms, Credits::ZERO, cause)?;
    }
    draft.move_amount(&id, LotAmount::Used, missing, cause)
}

#[cfg(test)]
mod tests;

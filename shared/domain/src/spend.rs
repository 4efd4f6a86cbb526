//! Spending: which lots an amount is taken from, in burn order, and what
//! happens when there is not enough.

use super::amounts::spendable_lots;
use super::draft::Draft;
use super::{
    Allocation, ApplyError, CreditAccount, Credits, LotAmount, LotId, LotKind, LotTerms,
    PostingCause, ResetDay, Timestamp,
};

/// Takes up to `amount` from what can be spent at `now`; the second value is
/// what could not be found.
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

/// Uses up allocations of the free surplus.
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

/// Uses `amount` from whatever is there, and charges the overdraft with the
/// rest: for what was consumed already and cannot be refused any more.
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

//! The command `charge`, and an operator's `take`: credits in burn order, all or nothing.
//!
//! Both refuse an amount that is not available, and never create debt.

use super::draft::Draft;
use super::spend::{allocate, use_surplus};
use super::{Credits, PostingCause, Refusal, Timestamp};

pub(crate) fn charge(draft: &mut Draft, amount: Credits, now: Timestamp) -> Result<(), Refusal> {
    use_available(draft, amount, PostingCause::Charge, now)
}

/// An operator takes credits. Nobody is asked whether the user may spend.
pub(crate) fn take(draft: &mut Draft, amount: Credits, now: Timestamp) -> Result<(), Refusal> {
    use_available(draft, amount, PostingCause::Adjustment, now)
}

fn use_available(
    draft: &mut Draft,
    amount: Credits,
    cause: PostingCause,
    now: Timestamp,
) -> Result<(), Refusal> {
    let (allocations, missing) = allocate(&draft.account, amount, now)?;
    if missing.is_positive() {
        return Err(Refusal::insufficient(&draft.account, amount, now)?);
    }
    use_surplus(draft, &allocations, cause)?;
    Ok(())
}

#[cfg(test)]
mod tests;

//! The command `charge`: takes credits in burn order, all or nothing.
//!
//! It refuses an amount that is not available, and never creates debt.

use super::draft::Draft;
use super::spend::{allocate, use_surplus};
use super::{Credits, PostingCause, Refusal, Timestamp};

pub(crate) fn charge(draft: &mut Draft, amount: Credits, now: Timestamp) -> Result<(), Refusal> {
    let (allocations, missing) = allocate(&draft.account, amount, now)?;
    if missing.is_positive() {
        return Err(Refusal::insufficient(&draft.account, amount, now)?);
    }
    use_surplus(draft, &allocations, PostingCause::Charge)?;
    Ok(())
}

#[cfg(test)]
mod tests;

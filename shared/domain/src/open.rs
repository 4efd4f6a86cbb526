//! The command `open`: an account starts with a balance from another system.
//!
//! It refuses an account whose ledger has more than records of its past, and
//! figures that contradict each other; it never guesses.

use super::draft::Draft;
use super::roll_forward::roll_draft_forward;
use super::{
    ApplyError, CreditAccount, CreditType, Credits, LotAmount, LotId, LotKind, LotTerms,
    OpeningBalance, OpeningFree, OpeningLot, Posting, PostingCause, Refusal, ResetDay, Timestamp,
};

/// More lots than any real account has, few enough for one item.
const MAX_OPENING_LOTS: usize = 50;

pub(crate) fn open(
    draft: &mut Draft,
    opening: &OpeningBalance,
    now: Timestamp,
) -> Result<(), Refusal> {
    if draft.account.version == 0 {
        // A roll forward that happened in memory only is not recorded, so it is discarded.
        draft.account = CreditAccount::unopened(draft.account.user_id.clone());
    }
    if !draft.account.has_only_a_past() {
        return Err(Refusal::AlreadyOpen);
    }
    check(opening, now)?;
    if opening.as_of < draft.account.as_of {
        let problem = format!("{} is before the account's past", opening.as_of);
        return Err(Refusal::ImpossibleOpening(problem));
    }
    open_free_lot(draft, &opening.free, opening.as_of)?;
    for lot in &opening.lots {
        open_pro_lot(draft, lot)?;
    }
    Ok(())
}

fn check(opening: &OpeningBalance, now: Timestamp) -> Result<(), Refusal> {
    let refuse = |problem: String| Err(Refusal::ImpossibleOpening(problem));
    if opening.as_of > now {
        return refuse(format!("{} is in the future", opening.as_of));
    }
    if opening.lots.len() > MAX_OPENING_LOTS {
        return refuse(format!("more than {MAX_OPENING_LOTS} lots"));
    }
    let free = &opening.free;
    let granted = free.granted.unwrap_or(free.monthly_allocation);
    check_amounts("free", free.monthly_allocation, Credits::ZERO)?;
    check_amounts("free", granted, free.used)?;
    for lot in &opening.lots {
        if lot.kind.credit_type() != CreditType::Pro || lot.kind == LotKind::Overdraft {
            return refuse(format!("lot {} is of kind {}", lot.id, lot.kind));
        }
        if lot.id.is_free() {
            return refuse(format!("lot {} is named like a month's free lot", lot.id));
        }
        if lot.id == LotId::overdraft() {
            return refuse(format!("lot {} is named like the overdraft", lot.id));
        }
        if lot.starts_at > opening.as_of {
            return refuse(format!("lot {} starts in the future", lot.id));
        }
        if lot.expires_at.is_some_and(|end| end <= lot.starts_at) {
            return refuse(format!("lot {} ends before it starts", lot.id));
        }
        check_amounts(lot.id.as_str(), lot.granted, lot.used)?;
    }
    Ok(())
}

fn check_amounts(lot: &str, granted: Credits, used: Credits) -> Result<(), Refusal> {
    let problem = if !granted.is_amount() {
        format!("lot {lot} was given {granted}")
    } else if used.is_negative() || used > granted {
        format!("lot {lot} used {used} of {granted}")
    } else {
        return Ok(());
    };
    Err(Refusal::ImpossibleOpening(problem))
}

/// Opens the free lot by the same rule as every later month, at the moment the
/// figures were true.
fn open_free_lot(draft: &mut Draft, free: &OpeningFree, as_of: Timestamp) -> Result<(), Refusal> {
    let terms = |monthly_allocation| Posting::FreeTerms {
        monthly_allocation,
        reset_day_of_month: free.reset_day_of_month,
    };
    let granted = free.granted.unwrap_or(free.monthly_allocation);
    draft.post(terms(granted)).map_err(impossible)?;
    roll_draft_forward(draft, as_of).map_err(impossible)?;
    if granted != free.monthly_allocation {
        let later = terms(free.monthly_allocation);
        draft.post(later).map_err(impossible)?;
    }
    let ids: Vec<_> = draft
        .account
        .lots
        .iter()
        .map(|lot| lot.terms.id.clone())
        .collect();
    for id in ids {
        draft
            .move_amount(&id, LotAmount::Used, free.used, PostingCause::Opening)
            .map_err(impossible)?;
    }
    Ok(())
}

fn open_pro_lot(draft: &mut Draft, lot: &OpeningLot) -> Result<(), Refusal> {
    let terms = LotTerms {
        id: lot.id.clone(),
        kind: lot.kind,
        starts_at: lot.starts_at,
        expires_at: lot.expires_at,
        monthly_allocation: Credits::ZERO,
        reset_day_of_month: ResetDay::FIRST,
        rollover: None,
    };
    draft
        .open_lot(terms, lot.granted, PostingCause::Opening)
        .and_then(|()| draft.move_amount(&lot.id, LotAmount::Used, lot.used, PostingCause::Opening))
        .map_err(impossible)
}

/// The draft refused a posting: the figures contradict each other.
fn impossible(error: ApplyError) -> Refusal {
    let refusal = Refusal::from(error);
    if let Refusal::Impossible(error) = refusal {
        Refusal::ImpossibleOpening(error.to_string())
    } else {
        refusal
    }
}

#[cfg(test)]
mod tests;

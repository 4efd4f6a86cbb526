//! What was used and what was over elsewhere, before the account was opened
//! here: kept on record as it was reported, one entry each, and never replayed.
//!
//! Old data contradicts itself (what was used is not the sum of the uses, two
//! months overlap), so it cannot be brought into being by the rules. A past use
//! moves nothing; past credits come, are used, lapse and leave in one entry. So
//! the account is still the fold of its ledger and the past changes no balance.

use super::draft::Draft;
use super::{
    Credits, LotAmount, LotId, LotKind, LotTerms, Outcome, PastLot, Posting, PostingCause, Refusal,
    Timestamp, Usage,
};

/// Something that was used elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastUse {
    /// When; an account's past is reported in the order of time.
    pub at: Timestamp,
    /// How much.
    pub amount: Credits,
    /// What for.
    pub usage: Usage,
}

/// Credits that were over elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastCredits {
    /// When they came; an account's past is reported in the order of time.
    pub at: Timestamp,
    /// What was settled about them. The names of months and of the overdraft
    /// are not theirs to have.
    pub terms: LotTerms,
    /// What they were.
    pub granted: Credits,
    /// What was used of them; the rest lapsed.
    pub used: Credits,
}

pub(crate) fn past_use(
    draft: &mut Draft,
    past: &PastUse,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    begin(draft, past.at, now)?;
    if !past.amount.is_amount() {
        return Err(Refusal::ImpossibleAmount(past.amount));
    }
    Ok(Outcome {
        amount: past.amount,
        usage: past.usage.clone(),
        ..Outcome::default()
    })
}

pub(crate) fn past_credits(
    draft: &mut Draft,
    past: &PastCredits,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    begin(draft, past.at, now)?;
    check(past)?;
    let PastCredits {
        terms,
        granted,
        used,
        ..
    } = past;
    let id = terms.id.clone();
    let ended_at = terms.expires_at.unwrap_or(draft.account.as_of);
    draft.open_lot(terms.clone(), *granted, PostingCause::Opening)?;
    draft.move_amount(&id, LotAmount::Used, *used, PostingCause::Opening)?;
    let rest = granted.minus(*used)?;
    draft.move_amount(&id, LotAmount::Lapsed, rest, PostingCause::Expiry)?;
    if let Some(lot) = draft.account.lot(&id).cloned() {
        draft.post(Posting::Archived { lot: id })?;
        draft.archived.push(PastLot { lot, ended_at });
    }
    Ok(Outcome {
        amount: *granted,
        ..Outcome::default()
    })
}

/// The past comes before everything else, and not after now. One that was reported
/// too late stands where the telling has got to.
fn begin(draft: &mut Draft, at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    if !draft.account.has_only_a_past() {
        return Err(Refusal::AlreadyOpen);
    }
    if at > now {
        return Err(Refusal::ImpossiblePast(format!("{at} lies in the future")));
    }
    draft.account.advance_to(at);
    Ok(())
}

fn check(past: &PastCredits) -> Result<(), Refusal> {
    let LotTerms {
        id,
        kind,
        starts_at,
        expires_at,
        monthly_allocation,
        rollover,
        ..
    } = &past.terms;
    let refuse = |problem: String| Err(Refusal::ImpossiblePast(problem));
    if id.is_free() || *id == LotId::overdraft() {
        return refuse(format!("lot {id} has a name that only time may give"));
    }
    if *kind == LotKind::Overdraft || rollover.is_some() {
        return refuse(format!("lot {id} is no lot that ended by itself"));
    }
    if expires_at.is_some_and(|end| end <= *starts_at) {
        return refuse(format!("lot {id} ends before it starts"));
    }
    let amounts = [*monthly_allocation, past.granted, past.used];
    if !amounts.iter().all(|amount| amount.is_amount()) || past.used > past.granted {
        let (granted, used) = (past.granted, past.used);
        return refuse(format!("lot {id} used {used} of {granted}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;

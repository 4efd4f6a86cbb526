//! Use and credits of another system, from before the account was opened here:
//! recorded as reported, one entry each, and never replayed.
//!
//! Old data is inconsistent (the amount used is not the sum of the uses, two months
//! overlap), so the rules cannot reproduce it. A past use moves nothing; past
//! credits are granted, used, lapsed and archived in one entry. So the account is
//! still the fold of its ledger, and its past changes no balance.

use super::draft::Draft;
use super::{
    Credits, LotAmount, LotId, LotKind, LotTerms, Outcome, PastLot, Posting, PostingCause, Refusal,
    Timestamp, Usage,
};

/// Use in another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastUse {
    /// When it happened; an account's past must be reported in order of time.
    pub at: Timestamp,
    /// The amount.
    pub amount: Credits,
    /// What the credits were used for.
    pub usage: Usage,
}

/// Credits that ended in another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastCredits {
    /// When they were granted; an account's past must be reported in order of time.
    pub at: Timestamp,
    /// Their terms. They must not have the name of a free month or of the
    /// overdraft.
    pub terms: LotTerms,
    /// The amount granted.
    pub granted: Credits,
    /// The amount used; the rest lapsed.
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

/// The past comes before all other entries, and not after now. A record that
/// arrives too late gets the time of the latest record before it.
fn begin(draft: &mut Draft, at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    if !draft.account.has_only_a_past() {
        return Err(Refusal::AlreadyOpen);
    }
    if at > now {
        return Err(Refusal::ImpossiblePast(format!("{at} is in the future")));
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
        return refuse(format!("lot {id} has a reserved name"));
    }
    if *kind == LotKind::Overdraft || rollover.is_some() {
        return refuse(format!("lot {id} is of a kind that no past has"));
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

//! Granting lots and taking them back.
//!
//! Both are absolute: a lot that is there is not granted again, and what is
//! taken back is a target, not a step, so it may be said again in any order.

use super::draft::Draft;
use super::{
    CreditType, Credits, LotAmount, LotId, LotKind, LotTerms, PastLot, Posting, PostingCause,
    Refusal,
};

/// A lot to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What is settled about it; a pro lot.
    pub terms: LotTerms,
    /// What it gets.
    pub amount: Credits,
}

/// How much of a lot is to be taken back in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClawBack {
    /// The lot.
    pub lot: LotId,
    /// Of what it was given, so much is to be gone; 0 gives everything back.
    pub target: Credits,
    /// The lot as it lies among the past credits, if it has left the account.
    pub past: Option<PastLot>,
}

/// At most this many lots made by operators are open at a time.
const MAX_OPEN_PROMOS: usize = 50;

/// Gives lots; one that is there already stays as it is. The sum that was given.
pub(crate) fn grant(draft: &mut Draft, grants: &[Grant]) -> Result<Credits, Refusal> {
    let mut total = Credits::ZERO;
    for grant in grants {
        let terms = &grant.terms;
        if !can_be_given(terms.kind, &terms.id) || !grant.amount.is_amount() {
            return Err(Refusal::ImpossibleGrant(terms.id.clone()));
        }
        if draft.account.lot(&terms.id).is_some() {
            continue;
        }
        let lots = draft.account.lots.iter();
        let now = draft.account.as_of;
        let promos = lots
            .filter(|lot| lot.terms.kind == LotKind::Promo && !lot.is_closed(now))
            .count();
        if terms.kind == LotKind::Promo && promos >= MAX_OPEN_PROMOS {
            return Err(Refusal::TooManyLots {
                limit: MAX_OPEN_PROMOS,
            });
        }
        draft.open_lot(terms.clone(), grant.amount, PostingCause::Grant)?;
        total = total.plus(grant.amount)?;
    }
    Ok(total)
}

/// Whether a lot of this kind and name is given by a command, and not by time
/// or by an over-commit.
pub(crate) fn can_be_given(kind: LotKind, id: &LotId) -> bool {
    let ours = id.is_free() || *id == LotId::overdraft() || kind == LotKind::Overdraft;
    kind.credit_type() == CreditType::Pro && !ours
}

/// Sets what is taken back of each lot to max(0, target - lapsed): what lapsed
/// is gone already. The sum by which that changed.
pub(crate) fn claw_back(draft: &mut Draft, claw_backs: &[ClawBack]) -> Result<Credits, Refusal> {
    let mut total = Credits::ZERO;
    for ClawBack {
        lot: id,
        target,
        past,
    } in claw_backs
    {
        if let (None, Some(past)) = (draft.account.lot(id), past) {
            draft.post(Posting::Recalled(past.clone()))?;
        }
        let lot = draft.account.lot(id);
        let lot = lot.filter(|lot| can_be_given(lot.terms.kind, id));
        let Some(lot) = lot else {
            return Err(Refusal::NoSuchLot(id.clone()));
        };
        // Nobody can take back more than was given.
        let target = (*target).min(lot.granted);
        let wanted = target.minus(lot.lapsed)?.max(Credits::ZERO);
        let change = wanted.minus(lot.clawed)?;
        draft.move_amount(id, LotAmount::Clawed, change, PostingCause::ClawBack)?;
        total = total.plus(change)?;
    }
    Ok(total)
}

#[cfg(test)]
mod tests;

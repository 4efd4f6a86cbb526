//! Granting lots and taking them back.
//!
//! Both are absolute: a lot that is there is not granted again, and what is
//! taken back is a target, not a step, so it may be said again in any order.

use super::draft::Draft;
use super::{
    ApplyError, CreditType, Credits, DripMonth, DripTerms, LotAmount, LotId, LotKind, LotTerms,
    MAX_DRIP_MONTHS, PastLot, Posting, PostingCause, Refusal, SchedulePosting, Timestamp,
};

/// A lot to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What is settled about it; a pro lot.
    pub terms: LotTerms,
    /// What it gets.
    pub amount: Credits,
    /// What is known to be taken back of it already, in all: a refund may be
    /// heard of before the purchase. Above the amount it counts as the amount.
    pub taken_back: Credits,
}

/// A drip to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DripGrant {
    /// What is settled about it.
    pub terms: DripTerms,
    /// What is known to be taken back of each month already, by its number from
    /// 0 on; what is not said is nothing. Above the month's part it counts as
    /// the part.
    pub targets: Vec<Credits>,
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

/// How much of each month of a drip is to be taken back in all, for the months
/// that have not begun. Those that have are lots of the account and are told
/// by a [`ClawBack`] of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DripTakenBack {
    /// The drip; one whose last month has begun is known no more and ignored.
    pub drip: LotId,
    /// Of each month so much is to be gone, by its number from 0 on; what is
    /// not said is nothing, 0 gives everything back, above the month's part it
    /// counts as the part.
    pub targets: Vec<Credits>,
}

/// At most this many lots made by operators are open at a time.
const MAX_OPEN_PROMOS: usize = 50;

/// Gives lots and drips; what is there already stays as it is. The sum that was
/// given, with the totals of the drips.
pub(crate) fn grant(
    draft: &mut Draft,
    lots: &[Grant],
    drips: &[DripGrant],
) -> Result<Credits, Refusal> {
    let given = grant_lots(draft, lots)?;
    Ok(given.plus(grant_drips(draft, drips)?)?)
}

fn grant_lots(draft: &mut Draft, grants: &[Grant]) -> Result<Credits, Refusal> {
    let mut total = Credits::ZERO;
    for grant in grants {
        let terms = &grant.terms;
        let cap = terms
            .rollover
            .map_or(Credits::ZERO, |rollover| rollover.cap);
        let amounts = [grant.amount, grant.taken_back, cap];
        if !can_be_given(terms.kind, &terms.id) || !amounts.iter().all(|it| it.is_amount()) {
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
        give(draft, terms.clone(), grant.amount, grant.taken_back, now)?;
        total = total.plus(grant.amount)?;
    }
    Ok(total)
}

/// Schedules drips; one that is there already stays as it is. Their months
/// open as the account is rolled forward. The sum of the totals.
fn grant_drips(draft: &mut Draft, grants: &[DripGrant]) -> Result<Credits, Refusal> {
    let mut total = Credits::ZERO;
    for DripGrant { terms, targets } in grants {
        check_drip(terms, targets)?;
        let id = &terms.id;
        if draft.account.drip(id).is_some() {
            continue;
        }
        draft.post(Posting::Schedule(SchedulePosting::Opened(terms.clone())))?;
        set_targets(draft, id, targets)?;
        total = total.plus(terms.total)?;
    }
    Ok(total)
}

fn check_drip(terms: &DripTerms, targets: &[Credits]) -> Result<(), Refusal> {
    let Some(months) = terms.month_count() else {
        return Err(Refusal::ImpossibleSchedule {
            drip: terms.id.clone(),
            limit: MAX_DRIP_MONTHS,
        });
    };
    let late = terms.paid_late;
    let mut amounts = [terms.total, terms.rollover.cap]
        .into_iter()
        .chain(targets.iter().copied());
    let is_possible = can_be_given(LotKind::Subscription, &terms.id)
        && terms.id.month(months).is_proper()
        && terms.expires_at >= terms.ends_at
        && late.is_none_or(|late| late.spend_until >= late.paid_at)
        && amounts.all(|it| it.is_amount());
    if is_possible {
        Ok(())
    } else {
        Err(Refusal::ImpossibleGrant(terms.id.clone()))
    }
}

/// Opens the next month of a drip, unless its lot is there, and ends the drip
/// with the last. `since` is the time from which the account is rolled forward.
pub(crate) fn open_next_month(
    draft: &mut Draft,
    drip: &LotId,
    since: Timestamp,
) -> Result<(), ApplyError> {
    let Some(known) = draft.account.drip(drip) else {
        return Ok(());
    };
    let next = known.next.saturating_add(1);
    let Some(coming) = known.next_month() else {
        return Ok(());
    };
    let DripMonth { terms, granted } = coming.month;
    if draft.account.lot(&terms.id).is_none() {
        give(draft, terms, granted, coming.target, since)?;
    }
    let drip = drip.clone();
    draft.post(if coming.is_last {
        Posting::Schedule(SchedulePosting::Ended { drip })
    } else {
        Posting::Schedule(SchedulePosting::Advanced { drip, next })
    })
}

/// Opens a lot of which `taken_back` is gone already. What was over at `since`,
/// before the lot came, lapses first: the lot then stands as if it had been
/// taken back after it was given.
pub(crate) fn give(
    draft: &mut Draft,
    terms: LotTerms,
    amount: Credits,
    taken_back: Credits,
    since: Timestamp,
) -> Result<(), ApplyError> {
    let id = terms.id.clone();
    draft.open_lot(terms, amount, PostingCause::Grant)?;
    draft.lapse(&id, since)?;
    let change = match draft.account.lot(&id) {
        Some(lot) => lot.change_to_take_back(taken_back)?,
        None => Credits::ZERO,
    };
    draft.move_amount(&id, LotAmount::Clawed, change, PostingCause::ClawBack)
}

/// Whether a lot of this kind and name is given by a command, and not by time
/// or by an over-commit.
pub(crate) fn can_be_given(kind: LotKind, id: &LotId) -> bool {
    let ours = id.is_free() || *id == LotId::overdraft() || kind == LotKind::Overdraft;
    kind.credit_type() == CreditType::Pro && !ours
}

/// Sets what is taken back of lots and drips. The sum by which that changed,
/// with what it will be of the months to come.
pub(crate) fn claw_back(
    draft: &mut Draft,
    lots: &[ClawBack],
    drips: &[DripTakenBack],
) -> Result<Credits, Refusal> {
    let taken_back = claw_back_of_lots(draft, lots)?;
    Ok(taken_back.plus(claw_back_of_drips(draft, drips)?)?)
}

/// Sets what is taken back of drips that have months to come. The sum by which
/// that of those months changed.
fn claw_back_of_drips(draft: &mut Draft, wanted: &[DripTakenBack]) -> Result<Credits, Refusal> {
    let mut total = Credits::ZERO;
    for DripTakenBack { drip: id, targets } in wanted {
        let Some(drip) = draft.account.drip(id) else {
            continue;
        };
        total = total.minus(drip.still_taken_back()?)?;
        set_targets(draft, id, targets)?;
        if let Some(drip) = draft.account.drip(id) {
            total = total.plus(drip.still_taken_back()?)?;
        }
    }
    Ok(total)
}

/// Notes how much is taken back of each month to come of a drip; no change
/// leaves no posting.
fn set_targets(draft: &mut Draft, id: &LotId, wanted: &[Credits]) -> Result<(), ApplyError> {
    let Some(drip) = draft.account.drip(id) else {
        return Ok(());
    };
    let targets = drip.terms.targets_from(drip.next, wanted);
    if targets == drip.targets {
        return Ok(());
    }
    draft.post(Posting::Schedule(SchedulePosting::ClawedBack {
        drip: id.clone(),
        targets,
    }))
}

/// Sets what is taken back of each lot; a month of a drip that has not begun
/// is told by the drip. The sum by which that changed.
fn claw_back_of_lots(draft: &mut Draft, claw_backs: &[ClawBack]) -> Result<Credits, Refusal> {
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
            if draft.account.drips.iter().any(|drip| drip.will_open(id)) {
                continue;
            }
            return Err(Refusal::NoSuchLot(id.clone()));
        };
        let change = lot.change_to_take_back(*target)?;
        draft.move_amount(id, LotAmount::Clawed, change, PostingCause::ClawBack)?;
        total = total.plus(change)?;
    }
    Ok(total)
}

#[cfg(test)]
mod tests;

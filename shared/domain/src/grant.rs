//! Granting lots and taking them back.
//!
//! Both are absolute: a lot that is there is not granted again, and what is
//! clawed back is a target, not a step, so it may be said again in any order.

use super::draft::Draft;
use super::{
    ApplyError, CreditType, Credits, LotAmount, LotId, LotKind, LotTerms, MAX_SCHEDULE_MONTHS,
    PastLot, Posting, PostingCause, Refusal, ScheduleMonth, SchedulePosting, ScheduleTerms,
    Timestamp,
};

/// A lot to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What is settled about it; a pro lot.
    pub terms: LotTerms,
    /// What it gets.
    pub amount: Credits,
    /// What is known to be clawed back of it already, in all: a refund may be
    /// heard of before the purchase. Above the amount it counts as the amount.
    pub clawed_back: Credits,
}

/// A schedule to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleGrant {
    /// What is settled about it.
    pub terms: ScheduleTerms,
    /// What is known to be clawed back of each month already, by its number from
    /// 0 on; what is not said is nothing. Above the month's part it counts as
    /// the part.
    pub targets: Vec<Credits>,
}

/// How much of a lot is to be clawed back in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clawback {
    /// The lot.
    pub lot: LotId,
    /// Of what it was given, so much is to be gone; 0 gives everything back.
    pub target: Credits,
    /// The lot as it lies among the past credits, if it has left the account.
    pub past: Option<PastLot>,
}

/// How much of each month of a schedule is to be clawed back in all, for the months
/// that have not begun. Those that have are lots of the account and are reported
/// by a [`Clawback`] of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleClawback {
    /// The schedule; one whose last month has begun is known no more and ignored.
    pub schedule: LotId,
    /// Of each month so much is to be gone, by its number from 0 on; what is
    /// not said is nothing, 0 gives everything back, above the month's part it
    /// counts as the part.
    pub targets: Vec<Credits>,
}

/// At most this many lots made by operators are open at a time.
const MAX_OPEN_PROMOS: usize = 50;

/// Gives lots and schedules; what is there already stays as it is. The sum that was
/// given, with the totals of the schedules.
pub(crate) fn grant(
    draft: &mut Draft,
    lots: &[Grant],
    schedules: &[ScheduleGrant],
) -> Result<Credits, Refusal> {
    let given = grant_lots(draft, lots)?;
    Ok(given.plus(grant_schedules(draft, schedules)?)?)
}

fn grant_lots(draft: &mut Draft, grants: &[Grant]) -> Result<Credits, Refusal> {
    let mut total = Credits::ZERO;
    for grant in grants {
        let terms = &grant.terms;
        let cap = terms
            .rollover
            .map_or(Credits::ZERO, |rollover| rollover.cap);
        let amounts = [grant.amount, grant.clawed_back, cap];
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
        give(draft, terms.clone(), grant.amount, grant.clawed_back, now)?;
        total = total.plus(grant.amount)?;
    }
    Ok(total)
}

/// Schedules schedules; one that is there already stays as it is. Their months
/// open as the account is rolled forward. The sum of the totals.
fn grant_schedules(draft: &mut Draft, grants: &[ScheduleGrant]) -> Result<Credits, Refusal> {
    let mut total = Credits::ZERO;
    for ScheduleGrant { terms, targets } in grants {
        check_schedule(terms, targets)?;
        let id = &terms.id;
        if draft.account.schedule(id).is_some() {
            continue;
        }
        draft.post(Posting::Schedule(SchedulePosting::Opened(terms.clone())))?;
        set_targets(draft, id, targets)?;
        total = total.plus(terms.total)?;
    }
    Ok(total)
}

fn check_schedule(terms: &ScheduleTerms, targets: &[Credits]) -> Result<(), Refusal> {
    let Some(months) = terms.month_count() else {
        return Err(Refusal::ImpossibleSchedule {
            schedule: terms.id.clone(),
            limit: MAX_SCHEDULE_MONTHS,
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

/// Opens the next month of a schedule, unless its lot is there, and ends the schedule
/// with the last. `since` is the time from which the account is rolled forward.
pub(crate) fn open_next_month(
    draft: &mut Draft,
    schedule: &LotId,
    since: Timestamp,
) -> Result<(), ApplyError> {
    let Some(known) = draft.account.schedule(schedule) else {
        return Ok(());
    };
    let next = known.next.saturating_add(1);
    let Some(coming) = known.next_month() else {
        return Ok(());
    };
    let ScheduleMonth { terms, granted } = coming.month;
    if draft.account.lot(&terms.id).is_none() {
        give(draft, terms, granted, coming.target, since)?;
    }
    let schedule = schedule.clone();
    draft.post(if coming.is_last {
        Posting::Schedule(SchedulePosting::Ended { schedule })
    } else {
        Posting::Schedule(SchedulePosting::Advanced { schedule, next })
    })
}

/// Opens a lot of which `clawed_back` is gone already. What was over at `since`,
/// before the lot came, lapses first: the lot then stands as if it had been
/// clawed back after it was given.
pub(crate) fn give(
    draft: &mut Draft,
    terms: LotTerms,
    amount: Credits,
    clawed_back: Credits,
    since: Timestamp,
) -> Result<(), ApplyError> {
    let id = terms.id.clone();
    draft.open_lot(terms, amount, PostingCause::Grant)?;
    draft.lapse(&id, since)?;
    let change = match draft.account.lot(&id) {
        Some(lot) => lot.change_to_take_back(clawed_back)?,
        None => Credits::ZERO,
    };
    draft.move_amount(&id, LotAmount::ClawedBack, change, PostingCause::Clawback)
}

/// Whether a lot of this kind and name is given by a command, and not by time
/// or by an over-commit.
pub(crate) fn can_be_given(kind: LotKind, id: &LotId) -> bool {
    let ours = id.is_free() || *id == LotId::overdraft() || kind == LotKind::Overdraft;
    kind.credit_type() == CreditType::Pro && !ours
}

/// Sets what is clawed back of lots and schedules. The sum by which that changed,
/// with what it will be of the months to come.
pub(crate) fn claw_back(
    draft: &mut Draft,
    lots: &[Clawback],
    schedules: &[ScheduleClawback],
) -> Result<Credits, Refusal> {
    let clawed_back = claw_back_of_lots(draft, lots)?;
    Ok(clawed_back.plus(claw_back_of_schedules(draft, schedules)?)?)
}

/// Sets what is clawed back of schedules that have months to come. The sum by which
/// that of those months changed.
fn claw_back_of_schedules(
    draft: &mut Draft,
    wanted: &[ScheduleClawback],
) -> Result<Credits, Refusal> {
    let mut total = Credits::ZERO;
    for ScheduleClawback {
        schedule: id,
        targets,
    } in wanted
    {
        let Some(schedule) = draft.account.schedule(id) else {
            continue;
        };
        total = total.minus(schedule.still_clawed_back()?)?;
        set_targets(draft, id, targets)?;
        if let Some(schedule) = draft.account.schedule(id) {
            total = total.plus(schedule.still_clawed_back()?)?;
        }
    }
    Ok(total)
}

/// Notes how much is clawed back of each month to come of a schedule; no change
/// leaves no posting.
fn set_targets(draft: &mut Draft, id: &LotId, wanted: &[Credits]) -> Result<(), ApplyError> {
    let Some(schedule) = draft.account.schedule(id) else {
        return Ok(());
    };
    let targets = schedule.terms.targets_from(schedule.next, wanted);
    if targets == schedule.targets {
        return Ok(());
    }
    draft.post(Posting::Schedule(SchedulePosting::ClawedBack {
        schedule: id.clone(),
        targets,
    }))
}

/// Sets what is clawed back of each lot; a month of a schedule that has not begun
/// is reported by the schedule. The sum by which that changed.
fn claw_back_of_lots(draft: &mut Draft, claw_backs: &[Clawback]) -> Result<Credits, Refusal> {
    let mut total = Credits::ZERO;
    for Clawback {
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
            if draft
                .account
                .schedules
                .iter()
                .any(|schedule| schedule.will_open(id))
            {
                continue;
            }
            return Err(Refusal::NoSuchLot(id.clone()));
        };
        let change = lot.change_to_take_back(*target)?;
        draft.move_amount(id, LotAmount::ClawedBack, change, PostingCause::Clawback)?;
        total = total.plus(change)?;
    }
    Ok(total)
}

#[cfg(test)]
mod tests;

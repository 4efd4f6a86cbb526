//! Granting lots and clawing them back.
//!
//! Both are absolute: an existing lot is not granted again, and a clawback is a
//! target, not a step, so it may be repeated in any order.

use super::draft::Draft;
use super::{
    ApplyError, CreditType, Credits, LotAmount, LotId, LotKind, LotTerms, MAX_SCHEDULE_MONTHS,
    PastLot, Posting, PostingCause, Refusal, ScheduleMonth, SchedulePosting, ScheduleTerms,
    Timestamp,
};

/// A lot to grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its terms; it must be a pro lot.
    pub terms: LotTerms,
    /// The amount to grant.
    pub amount: Credits,
    /// The total already known to be clawed back: a refund may arrive before the
    /// purchase. Above the amount it counts as the amount.
    pub clawed_back: Credits,
}

/// A grant schedule to grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleGrant {
    /// Its terms.
    pub terms: ScheduleTerms,
    /// The clawback already known of each month, indexed by month number from 0;
    /// missing months count as 0. Above the month's part it counts as the part.
    pub targets: Vec<Credits>,
}

/// How much of a lot must be clawed back in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clawback {
    /// The lot.
    pub lot: LotId,
    /// How much of the amount granted must be clawed back in all; 0 undoes the clawback.
    pub target: Credits,
    /// The lot as stored in the past credits, if it has left the account.
    pub past: Option<PastLot>,
}

/// How much of each month of a schedule must be clawed back in all, for the months
/// that have not begun. Months that have begun are lots of the account, each with a
/// [`Clawback`] of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleClawback {
    /// The schedule. If its last month has begun it is no longer known, and this is ignored.
    pub schedule: LotId,
    /// The target of each month, indexed by month number from 0. Missing months
    /// count as 0, which undoes a clawback; above the month's part it counts as the
    /// part.
    pub targets: Vec<Credits>,
}

/// The maximum number of open lots that operators granted.
const MAX_OPEN_PROMOS: usize = 50;

/// Grants lots and schedules; those that exist stay as they are. Returns the sum
/// granted, including the totals of the schedules.
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

/// Grants schedules; those that exist stay as they are. Their months open as the
/// account is rolled forward. Returns the sum of the totals.
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

/// Opens the next month of a schedule, unless its lot exists, and ends the schedule
/// with its last month. `since` is the time from which the account is rolled
/// forward.
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

/// Opens a lot of which `clawed_back` is clawed back already. What must have lapsed
/// by `since`, before the lot was granted, lapses first, as if the clawback had
/// come after the grant.
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

/// Whether a command may grant a lot of this kind and name. Free lots come with
/// time, and the overdraft comes from over-commits.
pub(crate) fn can_be_given(kind: LotKind, id: &LotId) -> bool {
    let ours = id.is_free() || *id == LotId::overdraft() || kind == LotKind::Overdraft;
    kind.credit_type() == CreditType::Pro && !ours
}

/// Sets the clawbacks of lots and schedules. Returns the sum of the changes,
/// including those of months to come.
pub(crate) fn claw_back(
    draft: &mut Draft,
    lots: &[Clawback],
    schedules: &[ScheduleClawback],
) -> Result<Credits, Refusal> {
    let clawed_back = claw_back_of_lots(draft, lots)?;
    Ok(clawed_back.plus(claw_back_of_schedules(draft, schedules)?)?)
}

/// Sets the clawbacks of schedules that have months to come. Returns the sum of the
/// changes in those months.
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

/// Sets the clawback target of each month to come of a schedule; no change means no
/// posting.
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

/// Sets the clawback of each lot; months of a schedule that have not begun are left
/// to the schedule. Returns the sum of the changes.
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

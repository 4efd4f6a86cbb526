//! The command `settle`: all that one event of Stripe's does to an account, in
//! one entry.
//!
//! Every part is absolute, so events may be reported in any order. It refuses the
//! whole if one part is not possible, and never does a part of it.

use super::draft::Draft;
use super::grant::{can_be_given, claw_back, grant};
use super::{
    AccountPlan, ApplyError, Clawback, Credits, EntryKind, Grant, Lot, LotAmount, LotId, LotTerms,
    PastLot, Posting, PostingCause, Refusal, ScheduleClawback, ScheduleGrant, Timestamp,
};

/// All that one event of Stripe's does to an account. It is done in the order
/// plan, ends, grants, schedules, clawbacks, clawbacks of schedules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Lots to be given at once.
    pub grants: Vec<Grant>,
    /// Grant schedules to be given.
    pub schedules: Vec<ScheduleGrant>,
    /// What is to be gone of lots; among them the months of a schedule that have
    /// begun. Those that have not are allowed and change nothing.
    pub clawbacks: Vec<Clawback>,
    /// What is to be gone of schedules, for their months to come.
    pub schedule_clawbacks: Vec<ScheduleClawback>,
    /// Lots that end at another moment than was said.
    pub ends: Vec<LotEnd>,
    /// What is known of one subscription.
    pub plan: Option<PlanChange>,
}

/// What is known of one subscription; the others stay as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanChange {
    /// Stripe's subscription; a plan is kept under this id, whatever its own
    /// field says.
    pub subscription_id: String,
    /// What it entitles to; none = it has ended.
    pub plan: Option<AccountPlan>,
}

/// When a lot ends. Only pro lots that have an end and no rollover can be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotEnd {
    /// The lot.
    pub lot: LotId,
    /// The first moment at which what is left of it is gone. The one it has
    /// changes nothing.
    pub expires_at: Timestamp,
    /// What is to be clawed back of it in all: what lapsed by the old end is
    /// there again, so it counts no more as clawed back.
    pub target: Credits,
    /// The lot as it lies among the past credits, if it has left the account.
    pub past: Option<PastLot>,
}

impl Settlement {
    /// The kind of entry this leaves: by the first of its parts that gives, else
    /// by the first that claws back or moves an end, else it is about plans.
    pub fn kind(&self) -> EntryKind {
        let Settlement {
            grants,
            schedules,
            clawbacks,
            schedule_clawbacks,
            ends,
            plan: _,
        } = self;
        if !grants.is_empty() || !schedules.is_empty() {
            EntryKind::Grant
        } else if !clawbacks.is_empty() || !schedule_clawbacks.is_empty() || !ends.is_empty() {
            EntryKind::Clawback
        } else {
            EntryKind::Plans
        }
    }
}

/// Does all of it. What was given if anything is to be given, else the sum by
/// which what is clawed back changed.
pub(crate) fn settle(draft: &mut Draft, settlement: &Settlement) -> Result<Credits, Refusal> {
    let Settlement {
        grants,
        schedules,
        clawbacks,
        schedule_clawbacks,
        ends,
        plan,
    } = settlement;
    if let Some(change) = plan {
        set_plan(draft, &change.subscription_id, change.plan.as_ref())?;
    }
    let mut clawed_back = Credits::ZERO;
    for end in ends {
        clawed_back = clawed_back.plus(move_end(draft, end)?)?;
    }
    let given = grant(draft, grants, schedules)?;
    clawed_back = clawed_back.plus(claw_back(draft, clawbacks, schedule_clawbacks)?)?;
    if settlement.kind() == EntryKind::Grant {
        Ok(given)
    } else {
        Ok(clawed_back)
    }
}

/// Puts one subscription's plan in, in place of what was known of it, or takes
/// it out. What changes nothing leaves no posting.
pub(crate) fn set_plan(
    draft: &mut Draft,
    subscription_id: &str,
    plan: Option<&AccountPlan>,
) -> Result<(), ApplyError> {
    let known = &draft.account.plans;
    let mut plans = known.clone();
    plans.retain(|other| other.subscription_id != subscription_id);
    plans.extend(plan.map(|plan| AccountPlan {
        subscription_id: subscription_id.to_string(),
        ..plan.clone()
    }));
    plans.sort_by(|one, other| one.subscription_id.cmp(&other.subscription_id));
    if plans == *known {
        return Ok(());
    }
    draft.post(Posting::Plans(plans))
}

/// Moves the end of a lot, and sets what is clawed back of it as if it had had
/// that end from the beginning: what lapsed by the old end comes back, what is
/// over by the new one lapses, and only then it is clawed back. So it does not
/// matter whether the end, the lot or a refund is heard of first. The sum by
/// which what is clawed back changed.
fn move_end(draft: &mut Draft, end: &LotEnd) -> Result<Credits, Refusal> {
    let id = &end.lot;
    let past = end.past.as_ref().filter(|past| past.lot.terms.id == *id);
    let known = draft.account.lot(id).or(past.map(|past| &past.lot));
    let Some(known) = known.cloned() else {
        return Err(Refusal::NoSuchLot(id.clone()));
    };
    let now = draft.account.as_of;
    if !can_be_moved(&known) {
        return Err(Refusal::ImpossibleGrant(id.clone()));
    }
    if known.terms.expires_at == Some(end.expires_at) {
        return Ok(Credits::ZERO);
    }
    if let (None, Some(past)) = (draft.account.lot(id), past) {
        draft.post(Posting::Recalled(past.clone()))?;
    }
    draft.post(Posting::EndMoved {
        lot: id.clone(),
        expires_at: end.expires_at,
    })?;
    if known.is_closed(now) {
        draft.vacated.push(known.terms.clone());
    }
    let back = known.lapsed.negated()?;
    draft.move_amount(id, LotAmount::Lapsed, back, PostingCause::EndMoved)?;
    let fresh = Lot {
        clawed_back: Credits::ZERO,
        lapsed: Credits::ZERO,
        terms: LotTerms {
            expires_at: Some(end.expires_at),
            ..known.terms
        },
        ..known
    };
    let over = fresh.excess(now)?;
    draft.move_amount(id, LotAmount::Lapsed, over, PostingCause::Expiry)?;
    let change = match draft.account.lot(id) {
        Some(lot) => lot.change_to_take_back(end.target)?,
        None => Credits::ZERO,
    };
    draft.move_amount(id, LotAmount::ClawedBack, change, PostingCause::Clawback)?;
    Ok(change)
}

/// Whether its end is its own to have: not that of a month, and not only the
/// last of two.
fn can_be_moved(lot: &Lot) -> bool {
    let terms = &lot.terms;
    can_be_given(terms.kind, &terms.id) && terms.expires_at.is_some() && terms.rollover.is_none()
}

#[cfg(test)]
mod tests;

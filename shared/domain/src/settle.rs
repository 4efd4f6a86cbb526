//! The command `settle`: all that one Stripe event does to an account, in one
//! entry.
//!
//! Every part is absolute, so events may arrive in any order. It refuses the whole
//! settlement if one part is invalid, and never applies only some parts.

use super::draft::Draft;
use super::grant::{can_be_given, claw_back, grant};
use super::{
    AccountPlan, ApplyError, Clawback, Credits, EntryKind, Grant, Lot, LotAmount, LotId, LotTerms,
    PastLot, Posting, PostingCause, Refusal, ScheduleClawback, ScheduleGrant, Timestamp,
};

/// All that one Stripe event does to an account. It is applied in this order: plan,
/// ends, grants, schedules, clawbacks, clawbacks of schedules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Lots to grant at once.
    pub grants: Vec<Grant>,
    /// Grant schedules to grant.
    pub schedules: Vec<ScheduleGrant>,
    /// Clawbacks of lots, which may include months of a schedule. Months that have
    /// not begun are allowed and change nothing.
    pub clawbacks: Vec<Clawback>,
    /// Clawbacks of schedules, for their months to come.
    pub schedule_clawbacks: Vec<ScheduleClawback>,
    /// Lots whose end moves.
    pub ends: Vec<LotEnd>,
    /// The change of one subscription.
    pub plan: Option<PlanChange>,
}

impl Settlement {
    /// Whether it gives credits or a plan.
    pub(crate) fn gives(&self) -> bool {
        let plan = self.plan.as_ref().and_then(|change| change.plan.as_ref());
        !self.grants.is_empty() || !self.schedules.is_empty() || plan.is_some()
    }
}

/// The new state of one subscription; the others stay as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanChange {
    /// Stripe's subscription id. The plan is stored under this id, whatever its own
    /// field says.
    pub subscription_id: String,
    /// The plan it entitles to; none = the subscription has ended.
    pub plan: Option<AccountPlan>,
}

/// A new end for a lot. Only pro lots with an end and no rollover can be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotEnd {
    /// The lot.
    pub lot: LotId,
    /// The first moment at which the remaining credits lapse. The present end
    /// changes nothing.
    pub expires_at: Timestamp,
    /// How much must be clawed back in all. Credits that lapsed at the old end come
    /// back, so they no longer count towards the clawback.
    pub target: Credits,
    /// The lot as stored in the past credits, if it has left the account.
    pub past: Option<PastLot>,
}

impl Settlement {
    /// The kind of entry that records it: a grant if any part grants, else a
    /// clawback if any part claws back or moves an end, else a change of plans.
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

/// Applies the whole settlement. Returns the sum granted if it grants anything, else
/// the sum by which clawbacks changed.
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

/// Sets or removes the plan of one subscription. Without a change there is no
/// posting.
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

/// Moves the end of a lot and sets its clawback as if it had had that end from the
/// beginning: what lapsed at the old end comes back, what exceeds the new one
/// lapses, and only then is it clawed back. So the end, the lot and a refund may
/// arrive in any order. Returns the sum by which clawbacks changed.
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

/// Whether its end can be moved: not that of a free month, and not that of a lot
/// with a rollover, which has two.
fn can_be_moved(lot: &Lot) -> bool {
    let terms = &lot.terms;
    can_be_given(terms.kind, &terms.id) && terms.expires_at.is_some() && terms.rollover.is_none()
}

#[cfg(test)]
mod tests;

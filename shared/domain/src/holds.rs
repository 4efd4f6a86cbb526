//! The commands about holds, and the expiry of holds that nobody closes.
//!
//! They never hold less than was requested, and charge no more than a hold's limit.

use super::draft::Draft;
use super::spend::{allocate, use_or_overdraw};
use super::{
    Allocation, ApplyError, Balance, Credits, CreditsOverflow, Hold, HoldId, HoldPosting,
    HoldStatus, HoldSummary, LotAmount, OnExpiry, Posting, PostingCause, Refusal, Timestamp,
};

/// The maximum number of open holds of one user: more calls than anybody makes at
/// once, few enough for one item. `requests_and_units` measures what many open
/// holds cost; `docs/performance.md` states it.
pub const MAX_OPEN_HOLDS: usize = 100;
/// How long an expired hold can still be committed: 24 hours.
const REMEMBERED_SECONDS: i64 = 86_400;
/// The maximum number of expired holds that are remembered, newest first, so that a
/// burst of short holds cannot swell the account.
const MAX_REMEMBERED_HOLDS: usize = 20;

/// Opens a hold, all or nothing.
pub(crate) fn hold(
    draft: &mut Draft,
    id: &HoldId,
    amount: Credits,
    ttl_seconds: u32,
    on_expiry: OnExpiry,
    now: Timestamp,
) -> Result<HoldSummary, Refusal> {
    let open = draft.account.holds.iter().filter(|hold| hold.is_open());
    if open.count() >= MAX_OPEN_HOLDS {
        return Err(Refusal::TooManyHolds {
            limit: MAX_OPEN_HOLDS,
        });
    }
    let (allocation, missing) = allocate(&draft.account, amount, now)?;
    if missing.is_positive() {
        return Err(Refusal::insufficient(&draft.account, amount, now)?);
    }
    let expires_at = now.plus_seconds(i64::from(ttl_seconds));
    for part in &allocation {
        draft.move_amount(&part.lot, LotAmount::Held, part.amount, PostingCause::Hold)?;
    }
    draft.post(Posting::Hold(HoldPosting::Opened {
        hold: id.clone(),
        amount,
        allocation,
        opened_at: Some(now),
        expires_at,
        on_expiry,
    }))?;
    Ok(summary(id, HoldStatus::Open, expires_at))
}

/// Extends an open hold to `ttl_seconds` from now; never shortens it.
pub(crate) fn extend(
    draft: &mut Draft,
    id: &HoldId,
    ttl_seconds: u32,
    now: Timestamp,
) -> Result<(Credits, HoldSummary), Refusal> {
    let hold = open_hold(draft, id)?;
    let expires_at = now
        .plus_seconds(i64::from(ttl_seconds))
        .max(hold.expires_at);
    draft.post(Posting::Hold(HoldPosting::Extended {
        hold: id.clone(),
        expires_at,
    }))?;
    Ok((hold.amount, summary(id, HoldStatus::Open, expires_at)))
}

/// Records the use so far. The largest report counts, since reports may overtake
/// each other.
pub(crate) fn report(
    draft: &mut Draft,
    id: &HoldId,
    amount: Credits,
    now: Timestamp,
) -> Result<HoldSummary, Refusal> {
    let hold = open_hold(draft, id)?;
    check_limit(draft, &hold, amount, now)?;
    if amount > hold.reported {
        draft.post(Posting::Hold(HoldPosting::Reported {
            hold: id.clone(),
            amount,
        }))?;
    }
    Ok(summary(id, HoldStatus::Open, hold.expires_at))
}

/// Charges the final use. A hold that has expired meanwhile is charged what its
/// expiry has not charged yet.
pub(crate) fn commit(
    draft: &mut Draft,
    id: &HoldId,
    amount: Credits,
    now: Timestamp,
) -> Result<HoldSummary, Refusal> {
    let hold = known_hold(draft, id)?;
    check_limit(draft, &hold, amount, now)?;
    match hold.expired_charge {
        None => use_held(draft, &hold, amount, PostingCause::Commit, now)?,
        Some(charged) => {
            let rest = amount.minus(charged)?.max(Credits::ZERO);
            use_or_overdraw(draft, rest, PostingCause::Commit, now)?;
        }
    }
    draft.post(Posting::Hold(HoldPosting::Closed { hold: id.clone() }))?;
    Ok(summary(id, HoldStatus::Committed, hold.expires_at))
}

/// Releases everything.
pub(crate) fn release(
    draft: &mut Draft,
    id: &HoldId,
    now: Timestamp,
) -> Result<(Credits, HoldSummary), Refusal> {
    let hold = open_hold(draft, id)?;
    use_held(draft, &hold, Credits::ZERO, PostingCause::Release, now)?;
    draft.post(Posting::Hold(HoldPosting::Closed { hold: id.clone() }))?;
    let summary = summary(id, HoldStatus::Released, hold.expires_at);
    Ok((hold.amount, summary))
}

/// Expires a hold. With [`OnExpiry::Settle`] its last report is charged, up to what
/// a commit in its last second could have charged; the rest is released. The hold
/// stays known for a late commit.
pub(crate) fn expire(draft: &mut Draft, hold: &Hold) -> Result<(), ApplyError> {
    let last_second = hold.expires_at.plus_seconds(-1);
    let charged = match hold.on_expiry {
        OnExpiry::Release => Credits::ZERO,
        OnExpiry::Settle => hold.reported.min(commit_limit(draft, hold, last_second)?),
    };
    use_held(draft, hold, charged, PostingCause::HoldExpiry, last_second)?;
    draft.post(Posting::Hold(HoldPosting::Expired {
        hold: hold.id.clone(),
        charged,
    }))
}

/// Forgets holds that expired more than a day ago, and the oldest if there are too many.
pub(crate) fn forget_expired(draft: &mut Draft, now: Timestamp) -> Result<(), ApplyError> {
    let holds = draft.account.holds.iter().filter(|hold| !hold.is_open());
    let mut expired: Vec<(Timestamp, HoldId)> = holds
        .map(|hold| (hold.expires_at, hold.id.clone()))
        .collect();
    expired.sort();
    let too_many = expired.len().saturating_sub(MAX_REMEMBERED_HOLDS);
    for (index, (expired_at, hold)) in expired.into_iter().enumerate() {
        if index < too_many || expired_at.plus_seconds(REMEMBERED_SECONDS) <= now {
            draft.post(Posting::Hold(HoldPosting::Closed { hold }))?;
        }
    }
    Ok(())
}

/// Turns held credits into use, in burn order, and releases the rest from the end
/// of the allocation. Beyond the hold it takes what is available, and then the
/// overdraft.
fn use_held(
    draft: &mut Draft,
    hold: &Hold,
    amount: Credits,
    cause: PostingCause,
    now: Timestamp,
) -> Result<(), ApplyError> {
    let mut rest = amount;
    for Allocation { lot, amount: held } in &hold.allocation {
        let used = rest.min(*held);
        rest = rest.minus(used)?;
        draft.move_amount(lot, LotAmount::Held, held.negated()?, cause)?;
        draft.move_amount(lot, LotAmount::Used, used, cause)?;
    }
    if rest.is_positive() {
        use_or_overdraw(draft, rest, cause, now)?;
    }
    Ok(())
}

fn known_hold(draft: &Draft, id: &HoldId) -> Result<Hold, Refusal> {
    let hold = draft.account.holds.iter().find(|hold| hold.id == *id);
    hold.cloned().ok_or_else(|| Refusal::NoSuchHold(id.clone()))
}

fn open_hold(draft: &Draft, id: &HoldId) -> Result<Hold, Refusal> {
    let hold = known_hold(draft, id)?;
    if hold.is_open() {
        Ok(hold)
    } else {
        Err(Refusal::HoldNotOpen)
    }
}

/// The most that may be charged on a hold in all: what it keeps aside or its expiry
/// charged, plus all that is available at `now`, plus the hold's amount as
/// overdraft. Only use that no lot covers is bounded, since it becomes debt. What
/// an expiry charged beyond the hold counts as overdraft, so that the debt a hold
/// causes never exceeds its amount.
fn commit_limit(draft: &Draft, hold: &Hold, now: Timestamp) -> Result<Credits, CreditsOverflow> {
    let available = Balance::of(&draft.account, now)?.total_available()?;
    let (covered, overdraft) = match hold.expired_charge {
        None => (hold.amount, hold.amount),
        Some(charged) => {
            let beyond = charged.minus(hold.amount)?.max(Credits::ZERO);
            let overdraft = hold.amount.minus(beyond)?.max(Credits::ZERO);
            (charged, overdraft)
        }
    };
    covered.plus(available)?.plus(overdraft)
}

fn check_limit(draft: &Draft, hold: &Hold, amount: Credits, now: Timestamp) -> Result<(), Refusal> {
    let limit = commit_limit(draft, hold, now)?;
    if amount > limit {
        Err(Refusal::AboveHold { limit })
    } else {
        Ok(())
    }
}

fn summary(id: &HoldId, status: HoldStatus, expires_at: Timestamp) -> HoldSummary {
    HoldSummary {
        id: id.clone(),
        status,
        expires_at,
    }
}

#[cfg(test)]
mod tests;

//! Rolling an account forward: what time alone does to it.
//!
//! Holds expire, lots reach their end and new months bring their free credits,
//! in the order of time (at one instant: holds, lots, months), however many
//! months were missed. Reads do this in memory and write nothing; writes record
//! the postings in their own entry, so no scheduler is needed.

use super::amounts::spendable_lots;
use super::draft::Draft;
use super::holds::{expire, forget_expired};
use super::{
    ApplyError, CreditAccount, CreditType, Credits, Hold, Lot, LotAmount, LotId, LotKind, LotTerms,
    PastLot, Period, Posting, PostingCause, Timestamp,
};

/// At most this many lots leave for the past credits in one commit; the rest
/// wait, closed and empty. A transaction holds 100 items: 20 lots, the entry,
/// the account and what a webhook adds stay far below it.
pub const MAX_ARCHIVED_PER_COMMIT: usize = 20;

/// One second before the end of time, where the last period still has an end
/// that lies after it.
const LAST_MOMENT: Timestamp = Timestamp::SECOND_TO_LAST;

/// An account as time alone has left it.
#[derive(Clone, Debug)]
pub struct RolledForward {
    /// The account at the later of `now` and its own `as_of`.
    pub account: CreditAccount,
    /// What changed, in the order it happened.
    pub postings: Vec<Posting>,
    /// The lots that left.
    pub archived: Vec<PastLot>,
}

/// What time alone does to an account until `now`. The clock of one machine
/// may lag behind another's: an earlier `now` than the account's own counts as
/// that one. Errors only if the account's amounts are beyond 64 bits.
pub fn roll_forward(account: &CreditAccount, now: Timestamp) -> Result<RolledForward, ApplyError> {
    let mut draft = Draft::of(account.clone());
    roll_draft_forward(&mut draft, now)?;
    draft.archive_finished_lots()?;
    Ok(RolledForward {
        account: draft.account,
        postings: draft.postings,
        archived: draft.archived,
    })
}

pub(crate) fn roll_draft_forward(draft: &mut Draft, now: Timestamp) -> Result<(), ApplyError> {
    let since = draft.account.as_of;
    let now = now.max(since).min(LAST_MOMENT);
    draft.account.as_of = now;
    loop {
        let hold = next_hold(&draft.account, now);
        let ending = next_ending_lot(&draft.account, now)?;
        match (hold, ending) {
            (Some(hold), Some((at, _))) if hold.expires_at <= at => expire_hold(draft, &hold)?,
            (Some(hold), None) => expire_hold(draft, &hold)?,
            (_, Some((at, id))) => {
                // What comes to a lot after its end only lapses, so that it does
                // not matter in which order that and a debt become known.
                if at > since {
                    cover_debt_for_good(draft, &id, at)?;
                }
                lapse(draft, &id)?;
            }
            (None, None) => break,
        }
    }
    start_free_period(draft, now)?;
    forget_expired(draft, now)
}

/// The open hold whose time is over first.
fn next_hold(account: &CreditAccount, now: Timestamp) -> Option<Hold> {
    let over = account
        .holds
        .iter()
        .filter(|hold| hold.is_open() && hold.expires_at <= now);
    over.min_by_key(|hold| (hold.expires_at, hold.id.clone()))
        .cloned()
}

/// The lot that reached its end first and still has something to lapse.
fn next_ending_lot(
    account: &CreditAccount,
    now: Timestamp,
) -> Result<Option<(Timestamp, LotId)>, ApplyError> {
    let mut next = None;
    for lot in &account.lots {
        if let Some(at) = lot.terms.expires_at
            && at <= now
            && lot.surplus()?.is_positive()
        {
            let candidate = (at, lot.terms.id.clone());
            if next.as_ref().is_none_or(|earliest| candidate < *earliest) {
                next = Some(candidate);
            }
        }
    }
    Ok(next)
}

/// A hold that is settled may take this month's free credits, so the month it
/// ends in is opened first; at the very start of a month it is still the last.
fn expire_hold(draft: &mut Draft, hold: &Hold) -> Result<(), ApplyError> {
    start_free_period(draft, hold.expires_at.plus_seconds(-1))?;
    expire(draft, hold)
}

/// A pro lot that reaches its end covers for good what netting has used it to
/// cover so far.
fn cover_debt_for_good(draft: &mut Draft, id: &LotId, at: Timestamp) -> Result<(), ApplyError> {
    let last_second = at.plus_seconds(-1);
    let (spendable, _debt) = spendable_lots(&draft.account, last_second)?;
    let mut covered = Credits::ZERO;
    for entry in spendable.iter().filter(|entry| entry.lot.terms.id == *id) {
        covered = entry.lot.surplus()?.minus(entry.available)?;
    }
    if covered.is_positive() {
        net(draft, id, covered)?;
    }
    Ok(())
}

/// What is left unheld of a lot that has ended is gone.
fn lapse(draft: &mut Draft, id: &LotId) -> Result<(), ApplyError> {
    let surplus = match draft.account.lot(id) {
        Some(lot) => lot.surplus()?.max(Credits::ZERO),
        None => Credits::ZERO,
    };
    draft.move_amount(id, LotAmount::Lapsed, surplus, PostingCause::Expiry)
}

/// Moves use from lots that owe to the one that covers them. What a hold keeps
/// aside of a lot that owes is not used yet and stays where it is.
fn net(draft: &mut Draft, covering: &LotId, covered: Credits) -> Result<(), ApplyError> {
    let mut owing: Vec<&Lot> = draft.account.lots.iter().collect();
    owing.sort_by_cached_key(|lot| lot.burn_order());
    let mut moves = Vec::new();
    let mut rest = covered;
    for lot in owing {
        let owed = Credits::ZERO.minus(lot.surplus()?)?;
        let part = rest.min(owed).min(lot.used);
        if lot.credit_type() == CreditType::Pro && part.is_positive() {
            moves.push((lot.terms.id.clone(), part));
            rest = rest.minus(part)?;
        }
    }
    for (owing, part) in moves {
        let cause = PostingCause::Netting;
        draft.move_amount(&owing, LotAmount::Used, part.negated()?, cause)?;
        draft.move_amount(covering, LotAmount::Used, part, cause)?;
    }
    Ok(())
}

/// Opens the lot of the month that `at` lies in unless it is there. Months
/// that passed in between leave one posting with their number.
fn start_free_period(draft: &mut Draft, at: Timestamp) -> Result<(), ApplyError> {
    let account = &draft.account;
    let free_lots = || {
        account
            .lots
            .iter()
            .filter(|lot| lot.credit_type() == CreditType::Free)
    };
    if free_lots().any(|lot| !lot.is_closed(at)) {
        return Ok(());
    }
    let reset_day_of_month = account.reset_day_of_month;
    let period = Period::containing(at, reset_day_of_month);
    let skipped = free_lots()
        .map(|lot| Period::containing(lot.terms.starts_at, lot.terms.reset_day_of_month))
        .map(|last| period.periods_between(last))
        .min()
        .unwrap_or(0);
    // After a change of the reset day, the new reckoning may put the start of
    // this period into the last one; a day is never given twice.
    let last_end = free_lots().filter_map(|lot| lot.terms.expires_at).max();
    let starts_at = last_end.map_or(period.starts_at, |end| end.max(period.starts_at));
    if skipped > 0 {
        draft.post(Posting::PeriodsSkipped { periods: skipped })?;
    }
    let allocation = draft.account.monthly_allocation;
    let terms = LotTerms {
        id: LotId::free(starts_at),
        kind: LotKind::Free,
        starts_at,
        expires_at: Some(period.ends_at),
        monthly_allocation: allocation,
        reset_day_of_month,
    };
    draft.open_lot(terms, allocation, PostingCause::Reset)
}

#[cfg(test)]
mod tests;

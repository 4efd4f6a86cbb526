//! Rolling an account forward: what time alone does to it.
//!
//! Lots that reach their end lapse, and a new month brings its free credits,
//! however many months were missed. Reads do this in memory and write nothing;
//! writes record the postings in their own entry, so no scheduler is needed.

use super::draft::Draft;
use super::{
    ApplyError, CreditAccount, CreditType, Credits, LotAmount, LotId, LotKind, LotTerms, PastLot,
    Period, Posting, PostingCause, Timestamp,
};

/// At most this many lots leave for the past credits in one commit; the rest
/// wait, closed and empty. A transaction holds 100 items: 20 lots, the entry,
/// the account and what a webhook adds stay far below it.
pub const MAX_ARCHIVED_PER_COMMIT: usize = 20;

/// What the ids of free lots start with; no other lot may.
pub(crate) const FREE_LOT_PREFIX: &str = "free:";

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
    Ok(RolledForward {
        account: draft.account,
        postings: draft.postings,
        archived: draft.archived,
    })
}

pub(crate) fn roll_draft_forward(draft: &mut Draft, now: Timestamp) -> Result<(), ApplyError> {
    let now = now.max(draft.account.as_of).min(LAST_MOMENT);
    draft.account.as_of = now;
    lapse_ended_lots(draft, now)?;
    start_free_period(draft, now)?;
    archive_finished_lots(draft, now)
}

/// Whatever is left unheld of a lot at its end lapses, oldest end first.
fn lapse_ended_lots(draft: &mut Draft, now: Timestamp) -> Result<(), ApplyError> {
    let mut ended: Vec<(Timestamp, LotId)> = draft
        .account
        .lots
        .iter()
        .filter_map(|lot| Some((lot.terms.expires_at?, lot.terms.id.clone())))
        .filter(|(expires_at, _)| *expires_at <= now)
        .collect();
    ended.sort();
    for (_, id) in ended {
        let surplus = match draft.account.lot(&id) {
            Some(lot) => lot.surplus()?.max(Credits::ZERO),
            None => continue,
        };
        draft.move_amount(&id, LotAmount::Lapsed, surplus, PostingCause::Expiry)?;
    }
    Ok(())
}

/// Opens the lot of the current month unless it is there. Months that passed
/// in between leave one posting with their number.
fn start_free_period(draft: &mut Draft, now: Timestamp) -> Result<(), ApplyError> {
    let account = &draft.account;
    let free_lots = || {
        account
            .lots
            .iter()
            .filter(|lot| lot.credit_type() == CreditType::Free)
    };
    if free_lots().any(|lot| !lot.is_closed(now)) {
        return Ok(());
    }
    let reset_day_of_month = account.reset_day_of_month;
    let period = Period::containing(now, reset_day_of_month);
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
        id: free_lot_id(starts_at)?,
        kind: LotKind::Free,
        starts_at,
        expires_at: Some(period.ends_at),
        monthly_allocation: allocation,
        reset_day_of_month,
    };
    draft.open_lot(terms, allocation, PostingCause::Reset)
}

/// `free:2025-11-01`, after the day it starts.
fn free_lot_id(starts_at: Timestamp) -> Result<LotId, ApplyError> {
    let text = format!("{FREE_LOT_PREFIX}{}", starts_at.date());
    // A date is made of digits and dashes: this always parses.
    text.parse()
        .map_err(|_| ApplyError::Overflow(super::CreditsOverflow))
}

/// Closed lots with nothing held and nothing owed leave, oldest end first.
fn archive_finished_lots(draft: &mut Draft, now: Timestamp) -> Result<(), ApplyError> {
    let mut finished = Vec::new();
    for lot in &draft.account.lots {
        if let Some(ended_at) = lot.terms.expires_at
            && ended_at <= now
            && lot.held.is_zero()
            && lot.surplus()?.is_zero()
        {
            finished.push((ended_at, lot.terms.id.clone()));
        }
    }
    finished.sort();
    for (ended_at, id) in finished.into_iter().take(MAX_ARCHIVED_PER_COMMIT) {
        draft.archive(&id, ended_at)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;

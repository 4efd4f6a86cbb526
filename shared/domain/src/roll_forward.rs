//! Rolling an account forward: what time alone does to it.
//!
//! Holds expire, lots lapse, and new months bring free credits and those of
//! schedules, in order of time (at one instant: holds, lots, months), however many
//! months were missed. Reads do this in memory and write nothing; writes record the
//! postings in their own entry, so no scheduler is needed.

use super::amounts::spendable_lots;
use super::draft::Draft;
use super::grant::open_next_month;
use super::holds::{expire, forget_expired};
use super::{
    ApplyError, CreditAccount, CreditType, Credits, Hold, Lot, LotAmount, LotId, LotKind, LotTerms,
    PastLot, Period, Posting, PostingCause, Timestamp,
};

/// One second before the last moment, so that the last period still has an end
/// after it.
const LAST_MOMENT: Timestamp = Timestamp::SECOND_TO_LAST;

/// An account after a roll forward.
#[derive(Clone, Debug)]
pub struct RolledForward {
    /// The account at the later of `now` and its own `as_of`.
    pub account: CreditAccount,
    /// What changed, in the order it happened.
    pub postings: Vec<Posting>,
    /// The lots that left.
    pub archived: Vec<PastLot>,
}

/// What time alone does to an account until `now`. One machine's clock may lag
/// behind another's: a `now` earlier than the account's `as_of` counts as `as_of`.
/// Fails only if the account's amounts exceed 64 bits.
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
    draft.account.advance_to(now);
    let mut reached = since;
    while let Some((at, happening)) = next_happening(&draft.account, now)? {
        let is_late = at <= since || at < reached;
        reached = reached.max(at);
        match happening {
            TimedEvent::HoldExpires(hold) => expire_hold(draft, &hold)?,
            TimedEvent::LotLapses(id) => {
                let ends = draft.account.lot(&id).is_some_and(|lot| lot.is_closed(at));
                // Credits that are added to a lot after its end only lapse. So it
                // does not matter in which order they and a debt become known, nor
                // whether the account was read in between.
                if ends && !is_late {
                    cover_debt_for_good(draft, &id, at)?;
                }
                draft.lapse(&id, at)?;
            }
            TimedEvent::MonthBegins(schedule) => {
                // Lots are in order of time, however often the account was read in
                // between.
                start_free_period(draft, at)?;
                open_next_month(draft, &schedule, since)?;
            }
        }
    }
    start_free_period(draft, now)?;
    forget_expired(draft, now)
}

/// An event caused by time alone.
enum TimedEvent {
    HoldExpires(Hold),
    /// A lot must lapse: it has reached its end, or has outlived its period with
    /// more than its rollover cap.
    LotLapses(LotId),
    /// The next month of a schedule begins.
    MonthBegins(LotId),
}

/// The first event that is due by `now`.
fn next_happening(
    account: &CreditAccount,
    now: Timestamp,
) -> Result<Option<(Timestamp, TimedEvent)>, ApplyError> {
    let hold = next_hold(account, now);
    let lot = next_lapsing_lot(account, now)?;
    let month = next_month(account, now);
    // At one instant, the first in this list comes first.
    let next = [
        hold.map(|hold| (hold.expires_at, TimedEvent::HoldExpires(hold))),
        lot.map(|(at, lot)| (at, TimedEvent::LotLapses(lot))),
        month.map(|(at, schedule)| (at, TimedEvent::MonthBegins(schedule))),
    ];
    Ok(next.into_iter().flatten().min_by_key(|(at, _)| *at))
}

/// The open hold that expires first.
fn next_hold(account: &CreditAccount, now: Timestamp) -> Option<Hold> {
    let over = account
        .holds
        .iter()
        .filter(|hold| hold.is_open() && hold.expires_at <= now);
    over.min_by_key(|hold| (hold.expires_at, hold.id.clone()))
        .cloned()
}

/// The lot that lapses first.
fn next_lapsing_lot(
    account: &CreditAccount,
    now: Timestamp,
) -> Result<Option<(Timestamp, LotId)>, ApplyError> {
    let mut next = None;
    for lot in &account.lots {
        if let Some(at) = lot.lapses_at(now)? {
            let candidate = (at, lot.terms.id.clone());
            next = next.into_iter().chain([candidate]).min();
        }
    }
    Ok(next)
}

/// The schedule whose next month begins first.
fn next_month(account: &CreditAccount, now: Timestamp) -> Option<(Timestamp, LotId)> {
    let schedules = account.schedules.iter();
    let begun = schedules
        .filter(|schedule| schedule.next_begins_at() <= now && schedule.next_month().is_some());
    begun
        .map(|schedule| (schedule.next_begins_at(), schedule.terms.id.clone()))
        .min()
}

/// Settling a hold may use this month's free credits, so the month in which it
/// expires is opened first. A hold that expires at the very start of a month still
/// uses the previous month.
fn expire_hold(draft: &mut Draft, hold: &Hold) -> Result<(), ApplyError> {
    start_free_period(draft, hold.expires_at.plus_seconds(-1))?;
    expire(draft, hold)
}

/// A pro lot that ends covers for good the debt that netting has let it cover so
/// far.
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

/// Moves use from lots that owe to the lot that covers them. Credits of an owing
/// lot that a hold keeps aside are not used yet and stay where they are.
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

/// Opens the lot of the month that contains `at`, unless it exists. Months skipped
/// in between leave one posting with their number.
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
    // After a change of the reset day, this period may start, by the new reset day,
    // within the previous one; no day is granted twice.
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
        rollover: None,
    };
    draft.open_lot(terms, allocation, PostingCause::Reset)
}

#[cfg(test)]
mod tests;

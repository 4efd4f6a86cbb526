//! `CreditAccount`: all money-like state of one user, in one value.
//!
//! Only postings change it: a caller that holds an account can read its
//! [`AccountState`] but cannot write it.

use std::ops::Deref;

use super::{
    AccountPlan, ApplyError, CreditType, Credits, CreditsOverflow, Digest, GrantSchedule, Hold,
    HoldId, HoldPosting, Lot, LotId, Posting, ResetDay, SchedulePosting, Timestamp, UserId,
};

/// An account: its state, and the operations that may change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditAccount {
    state: AccountState,
}

impl Deref for CreditAccount {
    type Target = AccountState;

    fn deref(&self) -> &AccountState {
        &self.state
    }
}

/// Lets tests of this crate build states that no postings lead to.
#[cfg(test)]
impl std::ops::DerefMut for CreditAccount {
    fn deref_mut(&mut self) -> &mut AccountState {
        &mut self.state
    }
}

/// All money-like state of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountState {
    /// The user who owns the account.
    pub user_id: UserId,
    /// The number of entries in its ledger; 0 = never written.
    pub version: u64,
    /// The time of the latest write; no decision is made for an earlier time.
    pub as_of: Timestamp,
    /// Whether the user may spend.
    pub active: bool,
    /// Whether the user was erased. That is final: nothing is spent or granted, and
    /// what comes back of earlier payments is still clawed back.
    pub erased: bool,
    /// The free credits the user gets each month, from the next reset on.
    pub monthly_allocation: Credits,
    /// The day of the month on which they reset.
    pub reset_day_of_month: ResetDay,
    /// Every lot that has not left the account, in the order they were opened.
    pub lots: Vec<Lot>,
    /// Open holds, and expired holds that are still remembered.
    pub holds: Vec<Hold>,
    /// The grant schedules with months to come, sorted by id.
    pub schedules: Vec<GrantSchedule>,
    /// The user's subscriptions that have not ended, sorted by id.
    pub plans: Vec<AccountPlan>,
    /// The total used of pro lots that have left for the past credits.
    pub archived_pro_used: Credits,
    /// The hash of the newest entry; zeros if there is none.
    pub head_hash: Digest,
}

/// The monthly free credits of every user for whom an operator or the import set no
/// other number: 2000 credits.
const DEFAULT_MONTHLY_ALLOCATION: Credits = Credits::from_milli(2_000_000);

impl CreditAccount {
    /// The account of a user that was never written: version 0 and no lots. Rolled
    /// forward, it has the default allocation of the current month.
    pub fn unopened(user_id: UserId) -> Self {
        CreditAccount::from_state(AccountState {
            user_id,
            version: 0,
            as_of: Timestamp::MIN,
            active: true,
            erased: false,
            monthly_allocation: DEFAULT_MONTHLY_ALLOCATION,
            reset_day_of_month: ResetDay::FIRST,
            lots: Vec::new(),
            holds: Vec::new(),
            schedules: Vec::new(),
            plans: Vec::new(),
            archived_pro_used: Credits::ZERO,
            head_hash: Digest::ZERO,
        })
    }

    /// An account from a given state: that of its stored item, or of a test. The
    /// caller must ensure that the state is the fold of a ledger.
    pub fn from_state(state: AccountState) -> Self {
        CreditAccount { state }
    }

    /// Takes the state out of the account.
    pub fn into_state(self) -> AccountState {
        self.state
    }

    /// Records the entry whose postings were applied: its number, time and hash.
    pub fn record(&mut self, seq: u64, at: Timestamp, hash: Digest) {
        self.state.version = seq;
        self.state.as_of = at;
        self.state.head_hash = hash;
    }

    /// Records an entry that exists but cannot be read.
    pub fn record_unreadable(&mut self, seq: u64) {
        self.state.version = seq;
    }

    /// Moves its time forward, never back.
    pub(crate) fn advance_to(&mut self, at: Timestamp) {
        self.state.as_of = self.state.as_of.max(at);
    }

    /// Whether the account has no history here yet: it was never written, or holds
    /// only records of its past elsewhere. Every account that was opened, or
    /// written in any other way, has the lot of its current month, so its
    /// contents are enough to decide.
    pub fn has_only_a_past(&self) -> bool {
        self.lots.is_empty()
            && self.holds.is_empty()
            && self.schedules.is_empty()
            && self.plans.is_empty()
    }

    /// The open or waiting lot with this id.
    pub fn lot(&self, id: &LotId) -> Option<&Lot> {
        self.lots.iter().find(|lot| lot.terms.id == *id)
    }

    /// The grant schedule with this id, if it has months to come.
    pub fn schedule(&self, id: &LotId) -> Option<&GrantSchedule> {
        self.schedules
            .iter()
            .find(|schedule| schedule.terms.id == *id)
    }

    /// Applies one posting to the account.
    pub fn apply(&mut self, posting: &Posting) -> Result<(), ApplyError> {
        match posting {
            Posting::FreeTerms {
                monthly_allocation,
                reset_day_of_month,
            } => {
                self.state.monthly_allocation = *monthly_allocation;
                self.state.reset_day_of_month = *reset_day_of_month;
            }
            Posting::Opened(terms) => {
                if self.lot(&terms.id).is_some() {
                    return Err(ApplyError::LotExists(terms.id.clone()));
                }
                self.state.lots.push(Lot::new(terms.clone()));
            }
            Posting::Moved {
                lot: id,
                amount,
                delta,
                cause: _,
            } => {
                let lot = self.lot_mut(id)?;
                let moved = lot.amount_mut(*amount);
                let after = moved.plus(*delta)?;
                if after.is_negative() {
                    return Err(ApplyError::BelowZero {
                        lot: id.clone(),
                        amount: amount.as_str(),
                    });
                }
                *moved = after;
            }
            Posting::Archived { lot: id } => self.archive(id)?,
            Posting::Recalled(past) => self.recall(&past.lot)?,
            Posting::EndMoved { lot, expires_at } => {
                self.lot_mut(lot)?.terms.expires_at = Some(*expires_at);
            }
            Posting::Plans(plans) => self.state.plans.clone_from(plans),
            Posting::Active(active) => self.state.active = *active,
            Posting::Erased => {
                self.state.active = false;
                self.state.erased = true;
            }
            Posting::PeriodsSkipped { periods: _ } => {}
            Posting::Hold(change) => self.apply_to_hold(change)?,
            Posting::Schedule(change) => self.apply_to_schedule(change)?,
        }
        Ok(())
    }

    fn apply_to_schedule(&mut self, change: &SchedulePosting) -> Result<(), ApplyError> {
        match change {
            SchedulePosting::Opened(terms) => {
                if self.schedule(&terms.id).is_some() {
                    return Err(ApplyError::ScheduleExists(terms.id.clone()));
                }
                self.state.schedules.push(GrantSchedule::new(terms.clone()));
                // The order of arrival must not show in the state.
                self.state
                    .schedules
                    .sort_by(|one, other| one.terms.id.cmp(&other.terms.id));
            }
            SchedulePosting::ClawedBack { schedule, targets } => {
                self.schedule_mut(schedule)?.targets.clone_from(targets);
            }
            SchedulePosting::Advanced { schedule, next } => {
                self.schedule_mut(schedule)?.advance(*next)
            }
            SchedulePosting::Ended { schedule } => {
                self.schedule_mut(schedule)?;
                self.state
                    .schedules
                    .retain(|known| known.terms.id != *schedule);
            }
        }
        Ok(())
    }

    fn schedule_mut(&mut self, id: &LotId) -> Result<&mut GrantSchedule, ApplyError> {
        self.state
            .schedules
            .iter_mut()
            .find(|schedule| schedule.terms.id == *id)
            .ok_or_else(|| ApplyError::NoSuchSchedule(id.clone()))
    }

    fn apply_to_hold(&mut self, change: &HoldPosting) -> Result<(), ApplyError> {
        match change {
            HoldPosting::Opened {
                hold: id,
                amount,
                allocation,
                opened_at,
                expires_at,
                on_expiry,
            } => {
                if self.holds.iter().any(|hold| hold.id == *id) {
                    return Err(ApplyError::HoldExists(id.clone()));
                }
                self.state.holds.push(Hold {
                    id: id.clone(),
                    amount: *amount,
                    allocation: allocation.clone(),
                    opened_at: *opened_at,
                    expires_at: *expires_at,
                    on_expiry: *on_expiry,
                    reported: Credits::ZERO,
                    expired_charge: None,
                });
            }
            HoldPosting::Extended { hold, expires_at } => {
                self.hold_mut(hold)?.expires_at = *expires_at;
            }
            HoldPosting::Reported { hold, amount } => self.hold_mut(hold)?.reported = *amount,
            HoldPosting::Expired { hold, charged } => {
                let hold = self.hold_mut(hold)?;
                hold.expired_charge = Some(*charged);
                hold.allocation.clear();
            }
            HoldPosting::Closed { hold } => {
                self.hold_mut(hold)?;
                self.state.holds.retain(|known| known.id != *hold);
            }
        }
        Ok(())
    }

    fn hold_mut(&mut self, id: &HoldId) -> Result<&mut Hold, ApplyError> {
        self.state
            .holds
            .iter_mut()
            .find(|hold| hold.id == *id)
            .ok_or_else(|| ApplyError::NoSuchHold(id.clone()))
    }

    fn recall(&mut self, lot: &Lot) -> Result<(), ApplyError> {
        if self.lot(&lot.terms.id).is_some() {
            return Err(ApplyError::LotExists(lot.terms.id.clone()));
        }
        if lot.credit_type() == CreditType::Pro {
            self.state.archived_pro_used = self.archived_pro_used.minus(lot.used)?;
        }
        self.state.lots.push(lot.clone());
        Ok(())
    }

    fn lot_mut(&mut self, id: &LotId) -> Result<&mut Lot, ApplyError> {
        self.state
            .lots
            .iter_mut()
            .find(|lot| lot.terms.id == *id)
            .ok_or_else(|| ApplyError::NoSuchLot(id.clone()))
    }

    fn archive(&mut self, id: &LotId) -> Result<(), ApplyError> {
        let lot = self.lot_mut(id)?;
        let (used, credit_type) = (lot.used, lot.credit_type());
        if credit_type == CreditType::Pro {
            self.state.archived_pro_used = self.archived_pro_used.plus(used)?;
        }
        self.state.lots.retain(|lot| lot.terms.id != *id);
        Ok(())
    }

    /// All credits ever used of pro lots, archived lots included.
    pub fn lifetime_pro_used(&self) -> Result<Credits, CreditsOverflow> {
        let open = Credits::sum(
            self.lots
                .iter()
                .filter(|lot| lot.credit_type() == CreditType::Pro)
                .map(|lot| lot.used),
        )?;
        self.archived_pro_used.plus(open)
    }
}

#[cfg(test)]
mod tests;

//! Postings: the smallest steps of the ledger.
//!
//! An account changes only by postings, so folding the postings of all its
//! entries from an empty account gives the account again.

use serde::{Deserialize, Serialize};

use super::{
    AccountPlan, Allocation, Credits, CreditsOverflow, HoldId, LotAmount, LotId, LotTerms,
    OnExpiry, PastLot, ResetDay, ScheduleTargets, ScheduleTerms, Timestamp,
};

/// Why an amount moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostingCause {
    /// The balance an account was opened with.
    Opening,
    /// A new month of free credits.
    Reset,
    /// The end of a lot.
    Expiry,
    /// A charge.
    Charge,
    /// A hold was opened.
    Hold,
    /// A hold was committed.
    Commit,
    /// A hold was given back.
    Release,
    /// The end of a hold that nobody closed.
    HoldExpiry,
    /// Credits were given.
    Grant,
    /// Credits were clawed back, or given back after that.
    #[serde(rename = "claw_back")]
    Clawback,
    /// A lot that ends has covered what another owed.
    Netting,
    /// A lot outlives its period with no more than its cap.
    Rollover,
    /// The end of a lot was moved, so what lapsed by the old one comes back.
    EndMoved,
}

impl PostingCause {
    /// The cause's name in items and digests.
    pub fn as_str(self) -> &'static str {
        match self {
            PostingCause::Opening => "opening",
            PostingCause::Reset => "reset",
            PostingCause::Expiry => "expiry",
            PostingCause::Charge => "charge",
            PostingCause::Hold => "hold",
            PostingCause::Commit => "commit",
            PostingCause::Release => "release",
            PostingCause::HoldExpiry => "hold_expiry",
            PostingCause::Grant => "grant",
            PostingCause::Clawback => "claw_back",
            PostingCause::Netting => "netting",
            PostingCause::Rollover => "rollover",
            PostingCause::EndMoved => "end_moved",
        }
    }
}

/// One step of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posting {
    /// The user's own free allocation, from the next period on.
    FreeTerms {
        /// Credits a month.
        monthly_allocation: Credits,
        /// The anchor day of the months.
        reset_day_of_month: ResetDay,
    },
    /// A lot begins, with nothing in it.
    Opened(LotTerms),
    /// One of a lot's amounts grows (or, negative, shrinks).
    Moved {
        /// The lot.
        lot: LotId,
        /// Which of its amounts.
        amount: LotAmount,
        /// By how much.
        delta: Credits,
        /// Why.
        cause: PostingCause,
    },
    /// A lot leaves the account for the past credits.
    Archived {
        /// The lot.
        lot: LotId,
    },
    /// A lot comes back from the past credits, with all its amounts.
    Recalled(PastLot),
    /// A lot ends at another moment than its terms said.
    EndMoved {
        /// The lot; it has an end.
        lot: LotId,
        /// The first moment at which what is left is gone.
        expires_at: Timestamp,
    },
    /// A hold changes; what it keeps aside is moved by postings of its own.
    Hold(HoldPosting),
    /// A grant schedule changes; the lots of its months have postings of their own.
    Schedule(SchedulePosting),
    /// The user's subscriptions that have not ended.
    Plans(Vec<AccountPlan>),
    /// Whether the user may spend.
    Active(bool),
    /// Months that passed untouched and left no lot of their own.
    PeriodsSkipped {
        /// How many.
        periods: u32,
    },
}

/// What becomes of a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldPosting {
    /// It begins.
    Opened {
        /// The hold.
        hold: HoldId,
        /// What it keeps aside.
        amount: Credits,
        /// From which lots.
        allocation: Vec<Allocation>,
        /// When it ends by itself.
        expires_at: Timestamp,
        /// What happens then.
        on_expiry: OnExpiry,
    },
    /// It lives longer.
    Extended {
        /// The hold.
        hold: HoldId,
        /// Until when.
        expires_at: Timestamp,
    },
    /// More of it was used so far.
    Reported {
        /// The hold.
        hold: HoldId,
        /// How much in all.
        amount: Credits,
    },
    /// Its time is over; it stays known.
    Expired {
        /// The hold.
        hold: HoldId,
        /// What was charged then.
        charged: Credits,
    },
    /// It is known no more.
    Closed {
        /// The hold.
        hold: HoldId,
    },
}

/// What becomes of a grant schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchedulePosting {
    /// It begins, with none of its months.
    Opened(ScheduleTerms),
    /// So much of each month to come is clawed back in all.
    ClawedBack {
        /// The schedule.
        schedule: LotId,
        /// How much of which months.
        targets: ScheduleTargets,
    },
    /// A month has begun.
    Advanced {
        /// The schedule.
        schedule: LotId,
        /// The month that begins next, counted from 0.
        next: u32,
    },
    /// The last month has begun.
    Ended {
        /// The schedule.
        schedule: LotId,
    },
}

/// A posting that does not fit the account it is applied to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// A sum does not fit.
    #[error(transparent)]
    Overflow(#[from] CreditsOverflow),
    /// The lot is not among the open ones.
    #[error("there is no open lot {0}")]
    NoSuchLot(LotId),
    /// The lot is there already.
    #[error("the lot {0} is already open")]
    LotExists(LotId),
    /// The hold is not among the known ones.
    #[error("there is no hold {0}")]
    NoSuchHold(HoldId),
    /// The hold is there already.
    #[error("the hold {0} is already known")]
    HoldExists(HoldId),
    /// The schedule is not among those with months to come.
    #[error("there is no grant schedule {0}")]
    NoSuchSchedule(LotId),
    /// The schedule is there already.
    #[error("the grant schedule {0} exists already")]
    ScheduleExists(LotId),
    /// An amount would fall below nothing.
    #[error("{amount} of lot {lot} would fall below zero")]
    BelowZero {
        /// The lot.
        lot: LotId,
        /// The amount's name.
        amount: &'static str,
    },
}

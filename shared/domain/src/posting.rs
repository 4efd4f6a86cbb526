//! Postings: the smallest steps of the ledger.
//!
//! Only postings change an account, so folding the postings of all its entries over
//! an empty account rebuilds it.

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
    /// A hold was released.
    Release,
    /// A hold that nobody closed has expired.
    HoldExpiry,
    /// Credits were granted.
    Grant,
    /// Credits were clawed back, or a clawback was reduced.
    #[serde(rename = "claw_back")]
    Clawback,
    /// A lot that ends covers what another lot owes.
    Netting,
    /// A lot outlives its period, with at most its rollover cap.
    Rollover,
    /// The end of a lot was moved, so credits that lapsed at the old end come back.
    EndMoved,
    /// An operator took credits.
    Adjustment,
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
            PostingCause::Adjustment => "adjustment",
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
    /// A lot was opened, with all amounts zero.
    Opened(LotTerms),
    /// One of a lot's amounts grows, or shrinks if `delta` is negative.
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
    /// A lot gets another end than its terms said.
    EndMoved {
        /// The lot; it must have an end.
        lot: LotId,
        /// The first moment at which the remaining credits lapse.
        expires_at: Timestamp,
    },
    /// A hold changes; separate postings move the credits it keeps aside.
    Hold(HoldPosting),
    /// A grant schedule changes; the lots of its months have separate postings.
    Schedule(SchedulePosting),
    /// The user's subscriptions that have not ended.
    Plans(Vec<AccountPlan>),
    /// Whether the user may spend.
    Active(bool),
    /// The user was erased: from now on nothing is spent or granted.
    Erased,
    /// Months that passed without any command and left no lot.
    PeriodsSkipped {
        /// How many.
        periods: u32,
    },
}

/// A change of a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldPosting {
    /// The hold was opened.
    Opened {
        /// The hold.
        hold: HoldId,
        /// The amount it keeps aside.
        amount: Credits,
        /// The lots it takes them from.
        allocation: Vec<Allocation>,
        /// When it was opened; none in entries of releases that did not note it.
        opened_at: Option<Timestamp>,
        /// When it expires.
        expires_at: Timestamp,
        /// What happens when it expires.
        on_expiry: OnExpiry,
    },
    /// The hold was extended.
    Extended {
        /// The hold.
        hold: HoldId,
        /// The new expiry.
        expires_at: Timestamp,
    },
    /// A higher use was reported for the hold.
    Reported {
        /// The hold.
        hold: HoldId,
        /// The total used so far.
        amount: Credits,
    },
    /// The hold has expired; it stays known.
    Expired {
        /// The hold.
        hold: HoldId,
        /// The amount charged at the expiry.
        charged: Credits,
    },
    /// The hold was closed and is forgotten.
    Closed {
        /// The hold.
        hold: HoldId,
    },
}

/// A change of a grant schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchedulePosting {
    /// The schedule was granted; no month has begun.
    Opened(ScheduleTerms),
    /// Sets the total clawback of each month to come.
    ClawedBack {
        /// The schedule.
        schedule: LotId,
        /// The clawback target of each month.
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
    #[error("the grant schedule {0} already exists")]
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

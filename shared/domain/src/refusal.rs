//! Why a command may not happen.

use super::{
    ApplyError, Balance, CreditAccount, Credits, CreditsOverflow, HoldId, LotId, Timestamp,
};

/// Why a command may not happen. Nothing is written then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There are not enough credits.
    #[error("{required} credits are required and {available} are available")]
    InsufficientCredits {
        /// What was asked.
        required: Credits,
        /// What can be spent.
        available: Credits,
        /// Whether a paid subscription is past its grace and not ended.
        renewal_due: bool,
    },
    /// The user may not spend.
    #[error("the user is not active")]
    UserInactive,
    /// There is no such hold, as far as the account knows.
    #[error("there is no hold {0}")]
    NoSuchHold(HoldId),
    /// The hold was committed, released, or its time is over.
    #[error("the hold is not open")]
    HoldNotOpen,
    /// Too many holds are open.
    #[error("{limit} holds are open already")]
    TooManyHolds {
        /// How many may be.
        limit: usize,
    },
    /// More than may be charged on a hold.
    #[error("at most {limit} may be charged on this hold")]
    AboveHold {
        /// What it holds, all that is available now, and the amount of the
        /// hold once more as overdraft.
        limit: Credits,
    },
    /// There is no such lot to claw back from.
    #[error("there is no lot {0}")]
    NoSuchLot(LotId),
    /// Too many lots made by operators are open.
    #[error("{limit} such lots are open already")]
    TooManyLots {
        /// How many may be.
        limit: usize,
    },
    /// A grant that makes no sense: not pro, negative, named like a free month,
    /// or ending before it is over.
    #[error("the lot {0} cannot be granted")]
    ImpossibleGrant(LotId),
    /// A schedule whose period has no end after its start or has too many months.
    #[error("the grant schedule {schedule} must last between 1 and {limit} months")]
    ImpossibleSchedule {
        /// The schedule.
        schedule: LotId,
        /// How many months it may have.
        limit: u32,
    },
    /// An opening balance for an account that has entries already.
    #[error("the account is already open")]
    AlreadyOpen,
    /// An opening balance that contradicts itself.
    #[error("the opening balance is inconsistent: {0}")]
    ImpossibleOpening(String),
    /// Something past that contradicts itself.
    #[error("inconsistent history: {0}")]
    ImpossiblePast(String),
    /// A command that contradicts the account.
    #[error("the account does not allow it: {0}")]
    Impossible(ApplyError),
    /// Less than nothing, or more than any lot may hold.
    #[error("{0} is no amount of credits")]
    ImpossibleAmount(Credits),
    /// The amounts involved do not fit 64 bits of milli-credits.
    #[error("the amounts are too large")]
    AmountsTooLarge,
}

impl Refusal {
    /// Not enough of an account's credits for `required`.
    pub(crate) fn insufficient(
        account: &CreditAccount,
        required: Credits,
        now: Timestamp,
    ) -> Result<Self, CreditsOverflow> {
        Ok(Refusal::InsufficientCredits {
            required,
            available: Balance::of(account, now)?.total_available()?,
            renewal_due: account.plans.iter().any(|plan| plan.is_renewal_due(now)),
        })
    }
}

impl From<CreditsOverflow> for Refusal {
    fn from(_: CreditsOverflow) -> Self {
        Refusal::AmountsTooLarge
    }
}

impl From<ApplyError> for Refusal {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Overflow(_) => Refusal::AmountsTooLarge,
            ApplyError::NoSuchLot(_)
            | ApplyError::LotExists(_)
            | ApplyError::NoSuchHold(_)
            | ApplyError::HoldExists(_)
            | ApplyError::NoSuchSchedule(_)
            | ApplyError::ScheduleExists(_)
            | ApplyError::BelowZero { .. } => Refusal::Impossible(error),
        }
    }
}

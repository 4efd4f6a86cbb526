//! Refusals: why a command is not allowed.
//!
//! A refused command writes nothing.

use super::rating::RatingError;
use super::{
    ApplyError, Balance, CreditAccount, Credits, CreditsOverflow, HoldId, LotId, Timestamp,
};

/// Why a command is not allowed. Nothing is written then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There are not enough credits.
    #[error("{required} credits are required and {available} are available")]
    InsufficientCredits {
        /// The amount requested.
        required: Credits,
        /// The amount that can be spent.
        available: Credits,
        /// Whether a paid subscription is past its grace but not ended.
        renewal_due: bool,
    },
    /// The user may not spend.
    #[error("the user is not active")]
    UserInactive,
    /// The user was erased, so nothing can be given.
    #[error("the user was erased")]
    UserErased,
    /// The account knows no such hold.
    #[error("there is no hold {0}")]
    NoSuchHold(HoldId),
    /// The hold was committed or released, or has expired.
    #[error("the hold is not open")]
    HoldNotOpen,
    /// Too many holds are open.
    #[error("{limit} holds are already open")]
    TooManyHolds {
        /// The maximum number.
        limit: usize,
    },
    /// The amount is more than may be charged on the hold.
    #[error("at most {limit} may be charged on this hold")]
    AboveHold {
        /// The maximum: what the hold keeps aside, plus all that is available, plus
        /// the hold's amount once more as overdraft.
        limit: Credits,
    },
    /// What was used costs more than may be charged on the hold.
    #[error("what was used costs more than {limit}, the most that may be charged on this hold")]
    UseAboveHold {
        /// The maximum, as in [`AboveHold`](Refusal::AboveHold).
        limit: Credits,
    },
    /// No rate card of the model is in force.
    #[error("the model {model_id} has no rate card in force")]
    NoRateCard {
        /// The model.
        model_id: String,
    },
    /// The rate card has no rate for something that was used.
    #[error(transparent)]
    Unrated(RatingError),
    /// The rate card has no rate for something that a hold expects.
    #[error(transparent)]
    Unestimated(RatingError),
    /// There is no such lot to claw back from.
    #[error("there is no lot {0}")]
    NoSuchLot(LotId),
    /// Too many lots granted by operators are open.
    #[error("{limit} such lots are already open")]
    TooManyLots {
        /// The maximum number.
        limit: usize,
    },
    /// An invalid grant: not pro, negative, with the name of a free month, or
    /// ending before its period is over.
    #[error("the lot {0} cannot be granted")]
    ImpossibleGrant(LotId),
    /// A schedule whose period has no end after its start or has too many months.
    #[error("the grant schedule {schedule} must last between 1 and {limit} months")]
    ImpossibleSchedule {
        /// The schedule.
        schedule: LotId,
        /// The maximum number of months.
        limit: u32,
    },
    /// An opening balance for an account that has entries already.
    #[error("the account is already open")]
    AlreadyOpen,
    /// An opening balance that is inconsistent.
    #[error("the opening balance is inconsistent: {0}")]
    ImpossibleOpening(String),
    /// A record of the past that is inconsistent.
    #[error("inconsistent history: {0}")]
    ImpossiblePast(String),
    /// A command that contradicts the account.
    #[error("the account does not allow it: {0}")]
    Impossible(ApplyError),
    /// A negative amount, or more than a lot may hold.
    #[error("{0} is not an amount of credits")]
    ImpossibleAmount(Credits),
    /// The amounts do not fit 64 bits of milli-credits.
    #[error("the amounts are too large")]
    AmountsTooLarge,
}

impl Refusal {
    /// The refusal of a command that states a use instead of an amount.
    pub(crate) fn of_use(self) -> Self {
        if let Refusal::AboveHold { limit } = self {
            Refusal::UseAboveHold { limit }
        } else {
            self
        }
    }

    /// Fewer credits are available than `required`.
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

//! Commands: everything that may be asked of an account.

use super::{
    AccountPlan, Clawback, Credits, Digest, EntryKey, EntryKind, Erasable, Grant, HoldId, LotId,
    LotKind, OnExpiry, PastCredits, PastUse, ResetDay, ScheduleClawback, ScheduleGrant, Settlement,
    Timestamp, Usage,
};

/// One thing asked of an account, by somebody, under a key that makes it
/// happen at most once.
#[derive(Clone, Debug)]
pub struct Command {
    /// Under which key it is remembered.
    pub key: EntryKey,
    /// Digest of what was asked: method, route, path ids and parsed body, or
    /// the business object. Reports a repeat from a key used for something else.
    pub request_hash: Digest,
    /// Who asks.
    pub actor: Erasable,
    /// What the caller wants to find it by again, at most 100 characters.
    pub label: Option<Erasable>,
    /// What is asked.
    pub action: Action,
}

/// What is asked of an account.
#[derive(Clone, Debug)]
pub enum Action {
    /// Open the account with a balance it had elsewhere.
    Open(OpeningBalance),
    /// Keep on record what was used elsewhere, before the account was opened.
    PastUse(PastUse),
    /// Keep on record credits that were over elsewhere, before the account was
    /// opened.
    PastCredits(PastCredits),
    /// Take credits, all or nothing.
    Charge {
        /// How much; 0 is a charge too.
        amount: Credits,
        /// What for.
        usage: Usage,
    },
    /// Keep credits aside, all or nothing.
    Hold {
        /// The name it will go by.
        hold: HoldId,
        /// How much.
        amount: Credits,
        /// For how long, unless it is extended.
        ttl_seconds: u32,
        /// What happens then.
        on_expiry: OnExpiry,
    },
    /// Let a hold live longer.
    Extend {
        /// The hold.
        hold: HoldId,
        /// From now on.
        ttl_seconds: u32,
    },
    /// Say what was used of a hold so far.
    Report {
        /// The hold.
        hold: HoldId,
        /// How much in all.
        amount: Credits,
        /// What for.
        usage: Usage,
    },
    /// Charge what was used and give back the rest of a hold.
    Commit {
        /// The hold.
        hold: HoldId,
        /// How much in all; at most what it holds, all that is available, and
        /// its amount once more as overdraft.
        amount: Credits,
        /// What for.
        usage: Usage,
    },
    /// Give back all of a hold.
    Release {
        /// The hold.
        hold: HoldId,
    },
    /// Give lots, at once or month by month.
    Grant {
        /// What comes at once.
        lots: Vec<Grant>,
        /// What comes month by month.
        schedules: Vec<ScheduleGrant>,
    },
    /// Claw back of lots, up to absolute figures.
    Clawback {
        /// The lots; among them the months of a schedule that have begun. Those
        /// that have not are allowed and change nothing.
        lots: Vec<Clawback>,
        /// What is clawed back of schedules, for their months to come.
        schedules: Vec<ScheduleClawback>,
    },
    /// Note what is known of one subscription; the others stay as they are, so
    /// it does not matter in which order they become known.
    SetPlan {
        /// Stripe's subscription; a plan is kept under this id, whatever its
        /// own field says.
        subscription_id: String,
        /// What it entitles to; none = it has ended.
        plan: Option<AccountPlan>,
    },
    /// All that one event of Stripe's does to the account, in one entry.
    Settle(Settlement),
    /// An operator's adjustment.
    Adjust(Adjustment),
}

/// What an operator may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adjustment {
    /// Whether the user may spend.
    Active(bool),
    /// The user's own free allocation, from the next reset on.
    FreeTerms {
        /// Credits a month.
        monthly_allocation: Credits,
        /// The anchor day of the months.
        reset_day_of_month: ResetDay,
    },
}

impl Action {
    /// The kind of entry this leaves.
    pub fn kind(&self) -> EntryKind {
        match self {
            Action::Open(_) => EntryKind::Open,
            Action::PastUse(_) => EntryKind::PastUse,
            Action::PastCredits(_) => EntryKind::PastCredits,
            Action::Charge { .. } => EntryKind::Charge,
            Action::Hold { .. } => EntryKind::Hold,
            Action::Extend { .. } => EntryKind::Extend,
            Action::Report { .. } => EntryKind::Report,
            Action::Commit { .. } => EntryKind::Commit,
            Action::Release { .. } => EntryKind::Release,
            Action::Grant { .. } => EntryKind::Grant,
            Action::Clawback { .. } => EntryKind::Clawback,
            Action::SetPlan { .. } => EntryKind::Plans,
            Action::Settle(settlement) => settlement.kind(),
            Action::Adjust(_) => EntryKind::Adjust,
        }
    }
}

/// A balance an account starts with, as it stood at one moment. Whatever ended
/// between that moment and now is closed by the same command.
#[derive(Clone, Debug)]
pub struct OpeningBalance {
    /// When the figures were true; not in the future.
    pub as_of: Timestamp,
    /// The free credits of the period that `as_of` lies in.
    pub free: OpeningFree,
    /// The other lots, at most 50.
    pub lots: Vec<OpeningLot>,
}

/// The free credits an account starts with.
#[derive(Clone, Debug)]
pub struct OpeningFree {
    /// Credits a month, from the next reset on.
    pub monthly_allocation: Credits,
    /// The anchor day of the months.
    pub reset_day_of_month: ResetDay,
    /// What this month gave, if that is not the allocation.
    pub granted: Option<Credits>,
    /// What was used of this month's; at most what it gave.
    pub used: Credits,
}

/// A pro lot an account starts with.
#[derive(Clone, Debug)]
pub struct OpeningLot {
    /// Named by its cause.
    pub id: LotId,
    /// Where it came from; not free.
    pub kind: LotKind,
    /// When it came; not in the future.
    pub starts_at: Timestamp,
    /// Its end, if it has one.
    pub expires_at: Option<Timestamp>,
    /// What it was given.
    pub granted: Credits,
    /// What was used of it; at most what it was given.
    pub used: Credits,
}

//! Commands: every request to change an account.
//!
//! Plain data: whether a command is allowed is decided in `decide`.

use super::{
    AccountPlan, Clawback, Credits, Digest, EntryKey, EntryKind, Erasable, Grant, HoldId, LotId,
    LotKind, Metered, MeteredRequest, OnExpiry, PastCredits, PastUse, ResetDay, ScheduleClawback,
    ScheduleGrant, Settlement, Timestamp, Usage,
};

/// One request to change an account, under a key that lets it happen at most once.
#[derive(Clone, Debug)]
pub struct Command {
    /// The key of the entry that records it.
    pub key: EntryKey,
    /// Digest of the request: method, route, path ids and parsed body, or the
    /// business object. It distinguishes a repeat from a key used for another
    /// request.
    pub request_hash: Digest,
    /// Who sent it.
    pub actor: Erasable,
    /// The caller's own label for the entry, at most 100 characters.
    pub label: Option<Erasable>,
    /// What it requests.
    pub action: Action,
}

/// What a command requests.
#[derive(Clone, Debug)]
pub enum Action {
    /// Open the account with a balance from another system.
    Open(OpeningBalance),
    /// Record use in another system, before the account was opened.
    PastUse(PastUse),
    /// Record credits that ended in another system, before the account was opened.
    PastCredits(PastCredits),
    /// Charge credits, all or nothing.
    Charge {
        /// The amount; 0 is allowed.
        amount: Credits,
        /// What the credits were used for.
        usage: Usage,
    },
    /// Hold credits, all or nothing.
    Hold {
        /// The hold's name.
        hold: HoldId,
        /// The amount.
        amount: Credits,
        /// Its lifetime, unless it is extended.
        ttl_seconds: u32,
        /// What happens when it expires.
        on_expiry: OnExpiry,
    },
    /// Extend a hold.
    Extend {
        /// The hold.
        hold: HoldId,
        /// Its new lifetime, from now on.
        ttl_seconds: u32,
    },
    /// Report the use of a hold so far.
    Report {
        /// The hold.
        hold: HoldId,
        /// The total used so far.
        amount: Credits,
        /// What the credits were used for.
        usage: Usage,
    },
    /// Charge what was used of a hold and release the rest.
    Commit {
        /// The hold.
        hold: HoldId,
        /// The total to charge; at most what the hold keeps aside, plus all that is
        /// available, plus the hold's amount once more as overdraft.
        amount: Credits,
        /// What the credits were used for.
        usage: Usage,
    },
    /// Release all of a hold.
    Release {
        /// The hold.
        hold: HoldId,
    },
    /// Charge, hold, report or commit what a use of a model costs.
    Metered(Box<Metered>),
    /// Grant lots, at once or month by month.
    Grant {
        /// The lots to grant at once.
        lots: Vec<Grant>,
        /// The grant schedules.
        schedules: Vec<ScheduleGrant>,
    },
    /// Claw back from lots, up to absolute targets.
    Clawback {
        /// The lots, which may include months of a schedule. Months that have not
        /// begun are allowed and change nothing.
        lots: Vec<Clawback>,
        /// The clawbacks of schedules, for their months to come.
        schedules: Vec<ScheduleClawback>,
    },
    /// Set what is known of one subscription. The others stay as they are, so the
    /// order in which they become known does not matter.
    SetPlan {
        /// Stripe's subscription id. The plan is stored under this id, whatever its
        /// own field says.
        subscription_id: String,
        /// The plan it entitles to; none = the subscription has ended.
        plan: Option<AccountPlan>,
    },
    /// Apply all that one Stripe event does to the account, in one entry.
    Settle(Settlement),
    /// Apply an operator's adjustment.
    Adjust(Adjustment),
}

/// A setting that an operator may change, or credits that an operator takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adjustment {
    /// Whether the user may spend.
    Active(bool),
    /// The user was erased, for ever.
    Erased,
    /// The user's own free allocation, from the next reset on.
    FreeTerms {
        /// Credits a month.
        monthly_allocation: Credits,
        /// The anchor day of the months.
        reset_day_of_month: ResetDay,
    },
    /// Take available credits, all or nothing, in burn order. They count as used, but
    /// not as use of a model.
    Take {
        /// The amount.
        amount: Credits,
    },
}

impl Action {
    /// The kind of entry that records this action.
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
            Action::Metered(metered) => match &metered.request {
                MeteredRequest::Charge { .. } => EntryKind::Charge,
                MeteredRequest::Hold { .. } => EntryKind::Hold,
                MeteredRequest::Report { .. } => EntryKind::Report,
                MeteredRequest::Commit { .. } => EntryKind::Commit,
            },
            Action::Grant { .. } => EntryKind::Grant,
            Action::Clawback { .. } => EntryKind::Clawback,
            Action::SetPlan { .. } => EntryKind::Plans,
            Action::Settle(settlement) => settlement.kind(),
            Action::Adjust(_) => EntryKind::Adjust,
        }
    }
}

/// The balance an account starts with, as it stood at one moment. The same command
/// closes whatever ended between that moment and now.
#[derive(Clone, Debug)]
pub struct OpeningBalance {
    /// When the figures were true; not in the future.
    pub as_of: Timestamp,
    /// The free credits of the period that contains `as_of`.
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
    /// The amount granted this month, if it differs from the allocation.
    pub granted: Option<Credits>,
    /// The amount used this month; at most the amount granted.
    pub used: Credits,
}

/// A pro lot an account starts with.
#[derive(Clone, Debug)]
pub struct OpeningLot {
    /// Named after its cause.
    pub id: LotId,
    /// Where the credits came from; not free.
    pub kind: LotKind,
    /// When it was granted; not in the future.
    pub starts_at: Timestamp,
    /// Its end, if it has one.
    pub expires_at: Option<Timestamp>,
    /// The amount granted.
    pub granted: Credits,
    /// The amount used; at most the amount granted.
    pub used: Credits,
}

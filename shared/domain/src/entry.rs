//! An entry of the ledger: what one command did to one account.
//!
//! The entry is also the idempotency record of its command: it is written once
//! under the command's key and never changed. Each entry carries the hash of the
//! one before it, so any edit, loss or swap shows. Every answer is rendered from
//! the entry alone, so a replay returns the same bytes.

use serde::{Deserialize, Serialize};

use super::rating::Rating;
use super::{
    Alert, Balance, Credits, CreditsOverflow, Digest, EntryKey, Erasable, HoldSummary, LotAmount,
    Posting, PostingCause, Timestamp, Usage, UserId,
};

/// The kind of command that an entry records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// The account was opened with a balance.
    Open,
    /// Use in another system was recorded.
    PastUse,
    /// Credits that ended in another system were recorded.
    PastCredits,
    /// Credits were charged.
    Charge,
    /// A hold was opened.
    Hold,
    /// A hold was extended.
    Extend,
    /// Use of a hold was reported.
    Report,
    /// A hold was committed.
    Commit,
    /// A hold was released.
    Release,
    /// Credits were granted.
    Grant,
    /// Credits were clawed back.
    #[serde(rename = "claw_back")]
    Clawback,
    /// Subscriptions changed.
    Plans,
    /// An operator changed a setting.
    Adjust,
}

impl EntryKind {
    /// All kinds, in order of declaration.
    pub const ALL: [EntryKind; 13] = [
        EntryKind::Open,
        EntryKind::PastUse,
        EntryKind::PastCredits,
        EntryKind::Charge,
        EntryKind::Hold,
        EntryKind::Extend,
        EntryKind::Report,
        EntryKind::Commit,
        EntryKind::Release,
        EntryKind::Grant,
        EntryKind::Clawback,
        EntryKind::Plans,
        EntryKind::Adjust,
    ];

    /// The kind's name in items, answers and digests.
    pub fn as_str(self) -> &'static str {
        match self {
            EntryKind::Open => "open",
            EntryKind::PastUse => "past_use",
            EntryKind::PastCredits => "past_credits",
            EntryKind::Charge => "charge",
            EntryKind::Hold => "hold",
            EntryKind::Extend => "extend",
            EntryKind::Report => "report",
            EntryKind::Commit => "commit",
            EntryKind::Release => "release",
            EntryKind::Grant => "grant",
            EntryKind::Clawback => "claw_back",
            EntryKind::Plans => "plans",
            EntryKind::Adjust => "adjust",
        }
    }
}

/// What a command did, besides its postings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The amount the command was about.
    pub amount: Credits,
    /// The change of the free credits that can be spent.
    pub free_delta: Credits,
    /// The change of the pro credits that can be spent.
    pub pro_delta: Credits,
    /// The hold it was about.
    pub hold: Option<HoldSummary>,
    /// What the credits were used for.
    pub usage: Usage,
    /// What the amount was rated by; none if the caller named it.
    pub rating: Option<Rating>,
    /// The thresholds it crossed.
    pub alerts: Vec<Alert>,
}

/// Balances in whole credits, as the user sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShownBalance {
    /// What the next call may spend.
    pub total_available: i64,
    /// The amount that open holds keep aside.
    pub held: i64,
    /// The debt.
    pub debt: i64,
}

/// One entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The user whose account it is.
    pub user_id: UserId,
    /// The key of the command, which is never executed again under this key.
    pub key: EntryKey,
    /// 1 for the first entry; equals the account's version after the entry.
    pub seq: u64,
    /// What kind of command it was.
    pub kind: EntryKind,
    /// The digest of the request; it distinguishes a repeat from a key used for
    /// another request.
    pub request_hash: Digest,
    /// The changes, in order.
    pub postings: Vec<Posting>,
    /// What the command did.
    pub outcome: Outcome,
    /// The exact totals after it.
    pub balance_after: Balance,
    /// The same totals as the user sees them.
    pub shown_after: ShownBalance,
    /// When it was decided; never before the entry it follows.
    pub at: Timestamp,
    /// Who sent the command: a client, Stripe, an operator or the seeds.
    pub actor: Erasable,
    /// The caller's own label.
    pub label: Option<Erasable>,
    /// The hash of the previous entry; zeros for the first.
    pub previous_hash: Digest,
    /// SHA-256 over all fields above, in canonical form.
    pub hash: Digest,
}

impl Entry {
    /// Whether the entry still matches its hash.
    pub fn is_authentic(&self) -> bool {
        self.hash == self.compute_hash()
            && self.actor.is_consistent()
            && self.label.as_ref().is_none_or(Erasable::is_consistent)
            && self
                .outcome
                .usage
                .session
                .as_ref()
                .is_none_or(Erasable::is_consistent)
    }

    /// The free and pro credits that this entry used for the command itself.
    pub fn used_by_command(&self) -> Result<(Credits, Credits), CreditsOverflow> {
        self.used(|cause| matches!(cause, PostingCause::Charge | PostingCause::Commit))
    }

    /// All credits that this entry used, including those of expired holds. Past use
    /// in another system moves no lot here, so its recorded amount counts.
    pub fn used_in_all(&self) -> Result<Credits, CreditsOverflow> {
        if self.kind == EntryKind::PastUse {
            return Ok(self.outcome.amount);
        }
        let (free, pro) = self.used(|cause| {
            matches!(
                cause,
                PostingCause::Charge | PostingCause::Commit | PostingCause::HoldExpiry
            )
        })?;
        free.plus(pro)
    }

    fn used(
        &self,
        counts: impl Fn(PostingCause) -> bool,
    ) -> Result<(Credits, Credits), CreditsOverflow> {
        let (mut free, mut pro) = (Credits::ZERO, Credits::ZERO);
        for posting in &self.postings {
            if let Posting::Moved {
                lot,
                amount: LotAmount::Used,
                delta,
                cause,
            } = posting
                && counts(*cause)
            {
                let sum = if lot.is_free() { &mut free } else { &mut pro };
                *sum = sum.plus(*delta)?;
            }
        }
        Ok((free, pro))
    }
}

#[cfg(test)]
mod tests;
